import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshSample, SAMPLE, SAMPLE_FILES } from './support/sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'rundry-sample-'));
let fresh: Record<string, string> = {};
beforeAll(async () => {
  fresh = await freshSample(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(SAMPLE_FILES)(
  'reports/sample/%s is what this version writes; if it should differ: node test/support/refresh-sample.ts',
  (name) => {
    const file = join(SAMPLE, name);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : null).toBe(fresh[name]);
  },
);
