/** node test/support/refresh-sample.ts: writes reports/sample anew, after a change that is meant to change results. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshSample, SAMPLE } from './sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'rundry-sample-'));
mkdirSync(SAMPLE, { recursive: true });
for (const [name, text] of Object.entries(await freshSample(folder))) writeFileSync(join(SAMPLE, name), text);
rmSync(folder, { recursive: true });
