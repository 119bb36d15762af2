/** `rundry capacity`: what each tier, model, size and profile would carry, as a table for a launch review. */
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import type { Results } from '../../analysis/analysis.ts';
import { ScenarioError } from '../../model/errors.ts';
import { TIERS } from '../../model/names.ts';
import { epochNowMs, isoInstant } from '../../model/time.ts';
import { carriedBy, foundBy } from '../../plan/carried.ts';
import { CAPACITY_COLUMNS, capacityHeader } from '../../report/capacity-csv.ts';
import { type CapacityRow, capacityMarkdown, capacityTable, combinationCells, warningsOf } from '../../report/capacity-table.ts';
import { rowsToCsv } from '../../report/csv.ts';
import { type Axes, combinations, runEach } from '../../run/combinations.ts';
import { openFolder, writeText } from '../../run/output-folder.ts';
import { progress } from '../../run/progress.ts';
import { parseSetting } from '../../scenario/settings.ts';
import { onInterrupt } from '../signals.ts';

interface Arguments {
  files: string[];
  tiers: string;
  models?: string;
  sizes?: string;
  profiles?: string;
  set: string[];
  duration?: string;
  seed?: number;
  out?: string;
  force: boolean;
  quiet: boolean;
  json: boolean;
}

const command: CommandModule<object, Arguments> = {
  command: 'capacity <files..>',
  describe: 'What each tier, model, size and profile would carry: a table',
  builder: (args) =>
    args
      .positional('files', { type: 'string', array: true, demandOption: true, describe: 'Scenario files' })
      .option('tiers', { type: 'string', default: '1,2,3', describe: 'Tiers to look at' })
      .option('models', { type: 'string', describe: "Models to look at, for all traffic (the file's own)" })
      .option('sizes', { type: 'string', describe: "Image sizes to look at (the file's own)" })
      .option('profiles', { type: 'string', describe: "Limit profiles to look at (the file's own)" })
      .option('set', { type: 'string', array: true, nargs: 1, default: [], describe: 'PATH=VALUE, as for run' })
      .option('duration', { type: 'string', describe: 'Instead of clock.duration, e.g. 10m' })
      .option('seed', { type: 'number', describe: "Instead of the scenario's" })
      .option('out', { type: 'string', describe: 'Folder for capacity.csv and capacity.md (reports/capacity-<time>)' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite results in that folder' })
      .option('quiet', { type: 'boolean', default: false, describe: 'Write files, print nothing' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the rows as JSON' })
      .example('$0 capacity day.yaml', 'tiers 1, 2 and 3')
      .example('$0 capacity day.yaml --tiers 1,2 --models gemini-3-pro-image,gemini-3.1-flash-image --sizes 1K,2K', '')
      .example('$0 capacity day.yaml --profiles best-known,community-2026-02', 'how much hangs on who is right') as never,
  handler: async (args) => {
    const axes = axesOf(args);
    const settings = [
      ...args.set.map(parseSetting),
      ...(args.duration === undefined ? [] : [{ path: 'clock.duration', value: args.duration }]),
    ];
    const all = args.files.map((file) => combinations(file, axes, { settings }));
    const loaded = all.flatMap((one) => one.loaded);
    const leftOut = all.flatMap((one) => one.leftOut);
    if (loaded.length === 0) throw new ScenarioError(leftOut);
    const folder = args.out ?? join('reports', `capacity-${isoInstant(epochNowMs()).replace(/[-:]|\.\d+/g, '')}`);
    openFolder(folder, args.force, ['capacity.csv', 'capacity.md']);

    const interruption = onInterrupt();
    const bar = progress(args.quiet ? { write: () => {} } : process.stderr);
    const rows: CapacityRow[] = [];
    const each = (results: Results, index: number): void => {
      rows.push({ results, found: foundBy(results), carried: carriedBy(results) });
      bar.update(index + 1, loaded.length, results.header.scenario.name);
    };
    await runEach(loaded, { ...(args.seed === undefined ? {} : { seed: args.seed }), signal: interruption.signal, each });
    bar.end();
    interruption.release();
    if (rows.length < loaded.length) process.stderr.write(`Interrupted: ${rows.length} of ${loaded.length} combinations done.\n`);

    const csv = rowsToCsv(CAPACITY_COLUMNS);
    writeText(folder, 'capacity.csv', capacityHeader() + rows.map((row) => csv.row(combinationCells(row))).join(''));
    writeText(folder, 'capacity.md', capacityMarkdown(rows, leftOut));
    if (args.json) process.stdout.write(`${JSON.stringify(rows.map(objectOf), null, 2)}\n`);
    else if (!args.quiet) {
      const notes = [...warningsOf(rows).map(({ text }) => text), ...leftOut].map((text) => `  ! ${text}\n`);
      process.stdout.write(`${capacityTable(rows)}${notes.join('')}\nResults: ${folder}\n`);
    }
    process.exitCode = interruption.exitCode() ?? 0;
  },
};

/** @throws ScenarioError with every problem */
function axesOf({ tiers, models, sizes, profiles }: Arguments): Axes {
  const list = (text: string | undefined): string[] => [...new Set((text ?? '').split(',').flatMap((part) => part.trim() || []))];
  const axes = { tiers: list(tiers), models: list(models), sizes: list(sizes), profiles: list(profiles) };
  const problems = axes.tiers.flatMap((tier) =>
    (TIERS as readonly string[]).includes(tier) ? [] : [`--tiers: expected some of ${TIERS.join(', ')}, found ${tier}`],
  );
  if (problems.length > 0) throw new ScenarioError(problems);
  return axes;
}

function objectOf(row: CapacityRow): object {
  const cells = combinationCells(row);
  const { unknown = [], minute = null, day = null } = row.carried ?? {};
  return { ...Object.fromEntries(CAPACITY_COLUMNS.map((column, index) => [column, cells[index]])), unknown, minute, day };
}

export default command;
