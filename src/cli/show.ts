/** What a command prints about a run. */
import type { Results } from '../analysis/analysis.ts';
import { summaryJson } from '../report/summary-json.ts';
import { terminalReport } from '../report/terminal.ts';

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
      ...(seedsTable === undefined ? {} : { seedsTable }),
    });
    process.stdout.write(folder === null ? report : `${report}\nResults: ${folder}\n`);
  }
}

/** What a live run taught, from its journal; writes the files that say it. */
export async function showLessons(folder: string, { summary }: Results, { isSilent }: { readonly isSilent: boolean }): Promise<void> {
  const [{ learn }, { liveLessonsText }] = await Promise.all([import('../run/live/lessons.ts'), import('../report/live-lessons.ts')]);
  const { lessons, header, limitsFile } = await learn(folder, summary);
  if (!isSilent) process.stdout.write(`\n${liveLessonsText(lessons, header.resolved.quota, limitsFile)}`);
}

/** NO_COLOR and pipes switch colours off; FORCE_COLOR switches them on, and off where it is 0 or false. */
export function colourWanted(): boolean {
  const { NO_COLOR: none, FORCE_COLOR: forced } = process.env;
  if (none || forced === '0' || forced === 'false') return false;
  return Boolean(forced) || process.stdout.isTTY === true;
}
