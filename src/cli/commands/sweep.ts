/** `rundry sweep`: a scenario over a grid of settings, or up to the highest traffic that its thresholds bear. */
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { METRICS } from '../../analysis/metrics.ts';
import type { ThresholdResult } from '../../analysis/summary.ts';
import { ScenarioError } from '../../model/errors.ts';
import { epochNowMs, isoInstant } from '../../model/time.ts';
import { carriedBy, foundBy } from '../../plan/carried.ts';
import { dayItHappens, daysUntil, parseGrowth } from '../../plan/scale.ts';
import { type SweepPoint, sweepCsv, sweepTable } from '../../report/sweep-table.ts';
import { counted, metricText, observedText } from '../../report/words.ts';
import { runEach } from '../../run/combinations.ts';
import { openFolder, writeText } from '../../run/output-folder.ts';
import { progress } from '../../run/progress.ts';
import { grid, type HighestScale, highestScale, type Point, parseAxes } from '../../run/sweep.ts';
import { parseSetting } from '../../scenario/settings.ts';
import { colourWanted } from '../show.ts';
import { onInterrupt } from '../signals.ts';
import { printTornado } from '../sweep-tornado.ts';

interface Arguments {
  file: string;
  vary: string[];
  seeds: number;
  seed?: number;
  'until-threshold': boolean;
  growth?: string;
  tornado: boolean;
  by: string;
  metric: string;
  set: string[];
  duration?: string;
  out?: string;
  force: boolean;
  quiet: boolean;
}

const command: CommandModule<object, Arguments> = {
  command: 'sweep <file>',
  describe: 'Run a scenario over a grid of settings, or up to what its thresholds bear',
  builder: (args) =>
    args
      .positional('file', { type: 'string', demandOption: true, describe: 'Scenario file' })
      .option('vary', { type: 'string', array: true, default: [], describe: 'PATH=VALUES: client.concurrency=1,2,4 or 1..8' })
      .option('seeds', { type: 'number', default: 1, describe: 'Seeds for each point, the same for all' })
      .option('seed', { type: 'number', describe: "The first seed, instead of the scenario's" })
      .option('until-threshold', {
        type: 'boolean',
        default: false,
        describe: 'Find the highest scale of the traffic under the thresholds',
      })
      .option('growth', { type: 'string', describe: 'With --until-threshold: 8%/week, and the day it happens' })
      .option('tornado', { type: 'boolean', default: false, describe: 'What moves the metric most: one number of the scenario at a time' })
      .option('by', { type: 'string', default: '25%', describe: 'With --tornado: how much less and more' })
      .option('metric', { type: 'string', default: 'success_ratio', describe: 'What the heat map of two paths or the tornado shows' })
      .option('set', { type: 'string', array: true, nargs: 1, default: [], describe: 'PATH=VALUE, as for run' })
      .option('duration', { type: 'string', describe: 'Instead of clock.duration, e.g. 10m' })
      .option('out', { type: 'string', describe: 'Folder for sweep.csv (reports/sweep-<time>)' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite results in that folder' })
      .option('quiet', { type: 'boolean', default: false, describe: 'Write files, print nothing' })
      .example('$0 sweep day.yaml --vary client.concurrency=1..8', 'a table')
      .example('$0 sweep day.yaml --vary quota.tier=1,2,3 --vary traffic[0].shape.rate=5/min,9/min,20/min --seeds 5', 'a heat map')
      .example('$0 sweep day.yaml --until-threshold --growth 8%/week', 'how long it will hold')
      .example('$0 sweep day.yaml --tornado --metric latency_ms_p95 --seeds 5', 'what the wait hangs on') as never,
  handler: async (args) => {
    const axes = parseAxes(args.vary);
    const growth = growthOf(args, axes.length);
    const settings = [
      ...args.set.map(parseSetting),
      ...(args.duration === undefined ? [] : [{ path: 'clock.duration', value: args.duration }]),
    ];
    const folder = args.out ?? join('reports', `sweep-${isoInstant(epochNowMs()).replace(/[-:]|\.\d+/g, '')}`);
    if (args.tornado) {
      await printTornado(args, settings, folder);
      return;
    }
    const points = grid(args.file, axes, { settings });
    if (args['until-threshold']) requireThresholds(points, args.file);
    openFolder(folder, args.force, ['sweep.csv']);

    const interruption = onInterrupt();
    const bar = progress(args.quiet ? { write: () => {} } : process.stderr);
    const paths = axes.map(({ path }) => path);
    const seedsOf = ({ loaded }: Point): number[] => Array.from({ length: args.seeds }, (_, k) => (args.seed ?? loaded.scenario.seed) + k);
    const rows: SweepPoint[] = [];
    const lines: string[] = [];
    let done = 0;
    for (const [index, point] of points.entries()) {
      if (interruption.signal.aborted) break;
      if (args['until-threshold']) {
        const highest = await highestScale(point.loaded, seedsOf(point), interruption.signal);
        if (highest.isUnfinished) break;
        const { held, scale } = highest;
        if (held) rows.push({ values: [...point.values, scaleText(scale)], runs: [{ results: held, found: foundBy(held) }] });
        lines.push(`${named(paths, point)}${scaleWords(highest, growth, point.loaded.scenario.clock.startAtMs)}\n`);
      } else {
        const runs = await runsOf(point, seedsOf(point), interruption.signal);
        if (runs.length < args.seeds) break;
        rows.push({ values: point.values, runs });
      }
      done++;
      bar.update(index + 1, points.length, named(paths, point));
    }
    bar.end();
    interruption.release();

    const columns = args['until-threshold'] ? [...paths, 'scale'] : paths;
    writeText(folder, 'sweep.csv', sweepCsv(columns, rows));
    const text = args['until-threshold'] ? lines.join('') : sweepTable(paths, rows, args.metric, colourWanted());
    if (!args.quiet)
      process.stdout.write(
        `Simulated, ${counted(args.seeds, 'seed')} a point.${done < points.length ? ` Interrupted: ${done} of ${counted(points.length, 'point')} done.` : ''}\n${text}${notKnown(rows)}\nResults: ${folder}\n`,
      );
    process.exitCode = interruption.exitCode() ?? 0;
  },
};

async function runsOf({ loaded }: Point, seeds: readonly number[], signal: AbortSignal): Promise<SweepPoint['runs']> {
  const runs: SweepPoint['runs'][number][] = [];
  for (const seed of seeds)
    await runEach([loaded], { seed, signal, each: (results) => void runs.push({ results, found: foundBy(results) }) });
  return runs;
}

/** @throws ScenarioError with every problem of the command line */
function growthOf(args: Arguments, axes: number): ReturnType<typeof parseGrowth> {
  const growth = args.growth === undefined ? null : parseGrowth(args.growth);
  const problems = [
    ...(axes === 0 && !args['until-threshold'] && !args.tornado
      ? ['sweep: name what to vary with --vary PATH=VALUES, or ask --until-threshold or --tornado']
      : []),
    ...(args.tornado && (axes > 0 || args['until-threshold']) ? ['--tornado: varies by itself, without --vary and --until-threshold'] : []),
    ...(Number.isInteger(args.seeds) && args.seeds > 0 ? [] : [`--seeds: expected a whole number above 0, found ${args.seeds}`]),
    ...(args.growth !== undefined && growth === null ? [`--growth: expected a growth such as 8%/week, found ${args.growth}`] : []),
    ...(args.growth !== undefined && !args['until-threshold'] ? ['--growth: only with --until-threshold'] : []),
    ...(args.metric in METRICS && (args.tornado || !args.metric.endsWith('_bucket'))
      ? []
      : [`--metric: expected a metric that is a number, such as success_ratio, found ${args.metric}`]),
  ];
  if (problems.length > 0) throw new ScenarioError(problems);
  return growth;
}

function requireThresholds(points: readonly Point[], file: string): void {
  const has = points.every(({ loaded: { scenario } }) => [scenario, ...scenario.traffic].some(({ thresholds }) => thresholds.length > 0));
  if (!has) throw new ScenarioError([`${file}: --until-threshold needs thresholds, such as thresholds: [success_ratio >= 0.99]`]);
}

function named(paths: readonly string[], { values }: Point): string {
  return paths.length === 0 ? '' : `${paths.map((path, index) => `${path}=${values[index]}`).join(', ')}: `;
}

function scaleWords({ scale, missed }: HighestScale, growth: ReturnType<typeof parseGrowth>, startAtMs: number): string {
  const why = missed?.summary.thresholds.find(({ passed }) => !passed);
  const because = why ? `; above it ${why.expression} is missed (${observedIn(why)})` : '';
  if (scale === 0) return `no scale of this traffic meets the thresholds${because}`;
  if (scale === Infinity) return 'the thresholds hold at every scale up to 1,024 times this traffic';
  const days = growth ? daysUntil(scale, growth) : null;
  const when =
    days === null
      ? ''
      : scale < 1
        ? '; they are missed today'
        : `; growing so, that is passed after ${counted(Math.floor(days), 'day')}, on ${isoInstant(dayItHappens(startAtMs, days)).slice(0, 10)}`;
  return `the thresholds hold up to ${scaleText(scale)} times this traffic${because}${when}`;
}

/** In the unit of its metric, which the expression begins with. */
function observedIn({ expression, observed }: ThresholdResult): string {
  const metric = /^\s*(\w+)/.exec(expression)?.[1] ?? '';
  return typeof observed === 'number' ? metricText(metric, observed) : observedText(observed);
}

/** What refuses nothing only because nobody knows it must not pass for unlimited. */
function notKnown(rows: readonly SweepPoint[]): string {
  const buckets = new Set(rows.flatMap(({ runs }) => runs.flatMap(({ results }) => carriedBy(results)?.unknown ?? [])));
  if (buckets.size === 0) return '';
  return `Limits not known at some of these points refused nothing there, and may in reality: ${[...buckets].join(' ')}\n`;
}

function scaleText(scale: number): string {
  return scale === Infinity ? '1024' : String(Number(scale.toPrecision(4)));
}

export default command;
