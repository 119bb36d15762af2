/** What a command prints about a run. */
import type { Results } from '../analysis/analysis.ts';
import { summaryJson } from '../report/summary-json.ts';
import { terminalReport } from '../report/terminal.ts';
import { notModelled } from '../scenario/not-modelled.ts';

export interface ShowOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Where the files are; null: not worth saying. */
  readonly folder: string | null;
  readonly seedsTable?: string;
}

export function show(results: Results, { json, quiet, folder, seedsTable }: ShowOptions): void {
  if (json) process.stdout.write(summaryJson(results.summary));
  else if (!quiet) {
    const report = terminalReport(results, {
      colour: colourWanted(),
      width: process.stdout.columns ?? 100,
      notModelled: notModelled(results.header.resolved),
      ...(seedsTable === undefined ? {} : { seedsTable }),
    });
    process.stdout.write(folder === null ? report : `${report}\nResults: ${folder}\n`);
  }
}

/** NO_COLOR and pipes switch colours off; FORCE_COLOR switches them on. */
export function colourWanted(): boolean {
  const { env } = process;
  if (env['NO_COLOR']) return false;
  return Boolean(env['FORCE_COLOR']) || process.stdout.isTTY === true;
}
