/** Options that `run` and `replay` share, and what they mean. */
import { join } from 'node:path';
import type { Argv } from 'yargs';
import type { Results } from '../analysis/analysis.ts';
import { ScenarioError } from '../model/errors.ts';
import { SCHEMA_VERSION } from '../model/rows.ts';
import type { Setting } from '../model/scenario.ts';
import { epochNowMs, isoInstant } from '../model/time.ts';
import { oldLimitsOf } from '../quota/limits-age.ts';
import type { CiRun } from '../report/ci-run.ts';
import { type SeedRun, seedRun, seedsTable } from '../report/seeds.ts';
import { requireFolder, writeText } from '../run/output-folder.ts';
import { progress } from '../run/progress.ts';
import { capacityCsv } from '../run/result-files.ts';
import { run } from '../run/run.ts';
import type { LoadedScenario } from '../run/scenario-file.ts';
import { simulateSeeds } from '../run/seeds.ts';
import { parseSetting } from '../scenario/settings.ts';
import { thresholdLines } from '../scenario/threshold-lines.ts';
import { FORMAT_OPTION, formatsOf, inRepository, tellCi } from './formats.ts';
import { colourWanted, show } from './show.ts';
import { onInterrupt } from './signals.ts';

export interface RunArguments {
  mode: 'sim' | 'mock';
  seed?: number;
  seeds?: number;
  duration?: string;
  set: string[];
  speed: number;
  driver: 'sdk' | 'autocannon';
  'base-url'?: string;
  out?: string;
  force: boolean;
  quiet: boolean;
  json: boolean;
  format: string[];
}

/** @param modes those that the command knows */
export function runOptions(args: Argv, modes: readonly string[] = ['sim', 'mock']): Argv {
  return args
    .option('mode', {
      choices: modes,
      default: 'sim',
      describe: `Virtual time, or real HTTP against the mock${modes.includes('live') ? ', or against Google: real money' : ''}`,
    })
    .option('seed', { type: 'number', describe: "Instead of the scenario's" })
    .option('seeds', { type: 'number', describe: 'Run N seeds: mean and interval for each metric (sim)' })
    .option('duration', { type: 'string', describe: 'Instead of clock.duration, e.g. 10m' })
    .option('set', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'PATH=VALUE, as in messages: traffic[0].shape.rate=9/min',
    })
    .option('speed', { type: 'number', default: 1, describe: 'mock: run both clocks this many times faster' })
    .option('driver', {
      choices: ['sdk', 'autocannon'] as const,
      default: 'sdk',
      describe: 'mock: what sends; autocannon for bursts and floods',
    })
    .option('base-url', { type: 'string', describe: 'mock: a mock that runs elsewhere on this machine; live: a gateway' })
    .option('out', { type: 'string', describe: 'Folder for the results (reports/<scenario>-<time>)' })
    .option('force', { type: 'boolean', default: false, describe: 'Overwrite another run in that folder' })
    .option('quiet', { type: 'boolean', default: false, describe: 'Write files, print nothing (but annotations of --format github)' })
    .option('json', { type: 'boolean', default: false, describe: 'Print summary.json' })
    .option('format', FORMAT_OPTION)
    .check(({ speed, seeds, mode, driver, 'base-url': baseUrl }) => {
      const problems = [
        ...(speed > 0 ? [] : [`--speed: expected a number above 0, found ${speed}`]),
        ...(seeds === undefined || (Number.isInteger(seeds) && seeds > 0)
          ? []
          : [`--seeds: expected a whole number above 0, found ${seeds}`]),
        ...(mode === 'mock' && (seeds ?? 1) > 1 ? ['--seeds: only in sim mode'] : []),
        ...(mode === 'sim' && speed !== 1 ? ['--speed: only in mock mode'] : []),
        ...(mode === 'sim' && driver === 'autocannon' ? ['--driver autocannon: only in mock mode'] : []),
        ...(mode === 'sim' && baseUrl !== undefined ? ['--base-url: only in mock mode'] : []),
      ];
      if (problems.length > 0) throw new ScenarioError(problems);
      return true;
    }) as never;
}

/** `--set` and `--duration`, in the words of the scenario file. */
export function settingsOf({ set, duration }: RunArguments): Setting[] {
  return [...set.map(parseSetting), ...(duration === undefined ? [] : [{ path: 'clock.duration', value: duration }])];
}

/** Runs scenarios one after another and sets the exit code: the worst of 0, 99 (a threshold missed), 130 and 143. */
export async function runAll(loaded: readonly LoadedScenario[], args: RunArguments): Promise<void> {
  const formats = formatsOf(args.format);
  if (!args.quiet) warnOfOldLimits(loaded);
  const interruption = onInterrupt();
  const told: CiRun[] = [];
  const folderOf = foldersFor(loaded, args);
  requireFolders(loaded, folderOf, args);
  try {
    for (const one of loaded) {
      told.push(await runOne(one, folderOf(one), args, interruption.signal));
      if (interruption.exitCode() !== null) break;
    }
  } finally {
    interruption.release();
  }
  const all = told.map(({ results }) => results);
  if (loaded.length > 1) {
    writeText(folderOf(null), 'capacity.csv', capacityCsv(all));
    writeText(folderOf(null), 'summary.json', jointSummary(all));
  }
  await tellCi(told, { formats, folder: folderOf(loaded.length === 1 ? loaded[0]! : null), json: args.json });
  process.exitCode = interruption.exitCode() ?? (all.every(({ summary }) => summary.passed) ? 0 : 99);
}

/** All before the first run: several would else end in the middle. The joint files are refused where one run alone has left its own. */
function requireFolders(loaded: readonly LoadedScenario[], folderOf: ReturnType<typeof foldersFor>, { force }: RunArguments): void {
  if (loaded.length > 1) requireFolder(folderOf(null), force);
  for (const one of loaded) requireFolder(folderOf(one), force);
}

/** On stderr: results must not depend on the day they were made. */
function warnOfOldLimits(loaded: readonly LoadedScenario[]): void {
  const said = new Set(loaded.flatMap(({ scenario }) => oldLimitsOf(scenario.quota, epochNowMs()) ?? []));
  for (const text of said) process.stderr.write(`${text}\n`);
}

async function runOne(loaded: LoadedScenario, folder: string, args: RunArguments, signal: AbortSignal): Promise<CiRun> {
  const bar = progress(args.quiet ? { write: () => {} } : process.stderr);
  const first = args.seed ?? loaded.scenario.seed;
  const seeds = args.seeds ?? 1;
  const runs: SeedRun[] = [];
  const { results } = await run(loaded, {
    mode: args.mode,
    seed: first,
    folder,
    force: args.force,
    speed: args.speed,
    driver: args.driver,
    baseUrl: args['base-url'] ?? null,
    signal,
    onProgress: (atMs, endMs) => bar.update(atMs, endMs, loaded.scenario.name),
  });
  runs.push(seedRun(results));
  const others = (more: Results, k: number): void => {
    runs.push(seedRun(more));
    bar.update(k + 2, seeds, `${loaded.scenario.name}, ${k + 2} of ${seeds} seeds`);
  };
  if (seeds > 1) await simulateSeeds(loaded, first + 1, seeds - 1, others, signal);
  bar.end();
  show(results, {
    json: args.json,
    quiet: args.quiet,
    folder,
    ...(seeds > 1 ? { seedsTable: seedsTable(runs, { colour: colourWanted() }) } : {}),
  });
  return {
    results,
    file: inRepository(loaded.file),
    thresholdLines: thresholdLines(loaded.document, loaded.settings, loaded.scenario),
    seeds: runs,
  };
}

/** What several runs come to: whether all passed, and each summary in the order of the command line. */
function jointSummary(all: readonly Results[]): string {
  const runs = all.map(({ summary }) => summary);
  return `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, passed: runs.every(({ passed }) => passed), runs }, null, 2)}\n`;
}

/** One run has the folder to itself; several have one each inside it. */
export function foldersFor(loaded: readonly LoadedScenario[], { out }: RunArguments): (one: LoadedScenario | null) => string {
  const stamp = isoInstant(epochNowMs()).replace(/[-:]|\.\d+/g, '');
  const slug = (name: string): string =>
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'scenario';
  if (loaded.length === 1) return () => out ?? join('reports', `${slug(loaded[0]!.scenario.name)}-${stamp}`);
  const base = out ?? join('reports', `runs-${stamp}`);
  const taken = new Map<LoadedScenario, string>();
  for (const one of loaded) {
    const name = slug(one.scenario.name);
    const same = [...taken.values()].filter((path) => path === name || path.startsWith(`${name}-`)).length;
    taken.set(one, same === 0 ? name : `${name}-${same + 1}`);
  }
  return (one) => (one === null ? base : join(base, taken.get(one)!));
}
