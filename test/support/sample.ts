/** The committed sample of real output: reports/sample is what `rundry run`, `plan` and `capacity` write and print for scenarios/burst.yaml. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULT_FILES } from '../../src/run/output-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
export const SAMPLE = join(ROOT, 'reports/sample');
export const SAMPLE_FILES = [...RESULT_FILES, 'terminal.txt', 'plan.txt', 'capacity.md'];

/** The files of a fresh run in `folder`, and what it printed. */
export async function freshSample(folder: string): Promise<Record<string, string>> {
  const terminal = await printedBy(['run', 'scenarios/burst.yaml', '--format', 'junit,markdown', '--out', folder]);
  const files = RESULT_FILES.map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
  const plan = await printedBy(['plan', 'scenarios/burst.yaml']);
  const tables = join(folder, 'capacity');
  await printedBy(['capacity', 'scenarios/burst.yaml', '--models', 'gemini-3-pro-image,gemini-3.1-flash-lite-image', '--out', tables]);
  return Object.fromEntries([
    ...files,
    ['terminal.txt', terminal.replace(folder, 'reports/sample')],
    ['plan.txt', plan],
    ['capacity.md', readFileSync(join(tables, 'capacity.md'), 'utf8')],
  ]);
}

function printedBy(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const main = join(ROOT, 'src/cli/main.ts');
    execFile(process.execPath, [main, ...args], { cwd: ROOT, env: { ...process.env, NO_COLOR: '1', COLUMNS: '100' } }, (error, out) => {
      if (error) reject(error);
      else resolve(out);
    });
  });
}
