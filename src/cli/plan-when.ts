/** `rundry plan FILE --when ENTRY`: the best start of an entry that may wait, and the curve of its day. */
import { basename } from 'node:path';
import type { Argv } from 'yargs';
import { ScenarioError } from '../model/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../model/time.ts';
import type { BestStart } from '../plan/best-start.ts';
import { bestStartCsv, bestStartText } from '../report/best-start.ts';
import { findStart } from '../run/best-start.ts';
import { openFolder, requireFile, writeText } from '../run/output-folder.ts';
import { progress } from '../run/progress.ts';
import { type LoadedScenario, readScenario } from '../run/scenario-file.ts';
import { TOOL } from '../run/tool.ts';
import { writeScenario } from '../run/write-scenario.ts';
import { parseSetting } from '../scenario/settings.ts';
import { parseDuration } from '../scenario/units.ts';
import { colourWanted } from './show.ts';
import { onInterrupt } from './signals.ts';

export interface WhenArguments {
  file: string;
  when?: string;
  every?: string;
  seeds?: number;
  set: string[];
  seed?: number;
  workers?: number;
  write?: string;
  out?: string;
  force: boolean;
  json: boolean;
  quiet: boolean;
}

export function whenOptions(args: Argv): Argv {
  return args
    .option('when', { type: 'string', describe: 'The best start of this traffic entry, over a day: the answer and its curve' })
    .option('every', { type: 'string', describe: 'With --when: between two starts (1h); finer near the best' })
    .option('seeds', { type: 'number', describe: 'With --when: seeds for each start, the same for all (3)' });
}

const FILES = ['when.csv', 'when.json'];
const STEPS_MAX = 1_440;

/** Sets the exit code: 0, 130 or 143; 99 where the thresholds hold on no seed at any start. */
export async function printBestStart(args: WhenArguments & { when: string }): Promise<void> {
  const { every = '1h', seeds = 3 } = args;
  const stepMs = stepOf(every, seeds);
  const loaded = readScenario(args.file, { settings: args.set.map(parseSetting) });
  if (args.write !== undefined) requireFile(args.write, args.force);
  if (args.out !== undefined) openFolder(args.out, args.force, FILES);
  const interruption = onInterrupt();
  const bar = progress(args.quiet ? { write: () => {} } : process.stderr);
  const first = args.seed ?? loaded.scenario.seed;
  try {
    const found = await findStart(loaded, args.when, {
      stepMs,
      seeds: Array.from({ length: seeds }, (_, k) => first + k),
      signal: interruption.signal,
      progress: (done, total) => bar.update(done, total, `${done} of ${total} starts of ${args.when}`),
      ...(args.workers === undefined ? {} : { workers: args.workers }),
    });
    bar.end();
    if (found) {
      const json = `${JSON.stringify(found, null, 2)}\n`;
      if (args.out !== undefined) {
        writeText(args.out, 'when.csv', bestStartCsv(found));
        writeText(args.out, 'when.json', json);
      }
      if (args.json) process.stdout.write(json);
      else if (!args.quiet) process.stdout.write(bestStartText(found, colourWanted()));
      const written = writeStart(loaded, found, args);
      if (!args.quiet) (args.json ? process.stderr : process.stdout).write(written);
    }
    process.exitCode = interruption.exitCode() ?? (found?.best.holdsRatio === 0 ? 99 : 0);
  } finally {
    bar.end();
    interruption.release();
  }
}

/** The file with that start in it, and in words where. */
function writeStart(loaded: LoadedScenario, { entry, best, own }: BestStart, { write, force }: WhenArguments): string {
  if (write === undefined) return '';
  if (best.holdsRatio === 0) return 'Nothing was written: the thresholds hold at no start.\n';
  const index = loaded.scenario.traffic.findIndex(({ name }) => name === entry);
  const path = `traffic[${index}].startAt`;
  const value = `+${best.startMs % MINUTE_MS === 0 ? `${best.startMs / MINUTE_MS}m` : `${best.startMs / SECOND_MS}s`}`;
  const settings = best.startMs === own.startMs ? [] : [{ path, value }];
  const title = `${basename(loaded.file)} with ${entry} at its best start of a day, by rundry plan --when ${TOOL.version}`;
  writeScenario(loaded, settings, write, { force, notes: [title, `  ${path}: ${value}`, ''] });
  return `\nWritten: ${write}\n`;
}

/** @throws ScenarioError with every problem of the options */
function stepOf(every: string, seeds: number): number {
  const stepMs = parseDuration(every) ?? 0;
  const problems = [
    ...(stepMs >= MINUTE_MS && stepMs <= STEPS_MAX * MINUTE_MS ? [] : [`--every: expected a duration from 1m to 24h, found ${every}`]),
    ...(Number.isInteger(seeds) && seeds > 0 ? [] : [`--seeds: expected a whole number above 0, found ${seeds}`]),
  ];
  if (problems.length > 0) throw new ScenarioError(problems);
  return stepMs;
}
