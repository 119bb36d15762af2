/** `rundry compare`: one run against another, and whether it got worse by more than it may. */
import { basename, dirname } from 'node:path';
import type { CommandModule } from 'yargs';
import type { Comparison } from '../../analysis/compare.ts';
import type { ChangeRule } from '../../model/change-rule.ts';
import { ScenarioError } from '../../model/errors.ts';
import { type ComparedFolders, comparisonJson, comparisonText } from '../../report/comparison.ts';
import { compareRuns } from '../../run/compare.ts';
import { requireFolder } from '../../run/output-folder.ts';
import { progress } from '../../run/progress.ts';
import { parseChangeRule } from '../../scenario/change-rules.ts';
import { annotatingProblems, FORMAT_OPTION, formatsOf, tellComparison } from '../formats.ts';
import { colourWanted } from '../show.ts';

interface Arguments {
  base: string;
  new: string;
  'fail-on': string[];
  seeds: number;
  out?: string;
  json: boolean;
  quiet: boolean;
  format: string[];
}

const command: CommandModule<object, Arguments> = {
  command: 'compare <base> <new>',
  describe: 'One run against another, with intervals: what changed, and which bucket changed it',
  builder: (args) =>
    args
      .positional('base', { type: 'string', demandOption: true, describe: 'Run folder (or journal) to compare with' })
      .positional('new', { type: 'string', demandOption: true, describe: 'Run folder (or journal) that is judged' })
      .option('fail-on', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'METRIC OP CHANGE, exit 99 when it holds: -5% is a share of BASE, -5s an amount; first_bucket != base',
      })
      .option('seeds', { type: 'number', default: 1, describe: 'Simulate both under N seeds that they share: intervals for every metric' })
      .option('out', { type: 'string', describe: 'Where --format writes compare-junit.xml and compare.md (the folder NEW)' })
      .option('json', { type: 'boolean', default: false, describe: 'For machines' })
      .option('quiet', { type: 'boolean', default: false, describe: 'Print nothing (but annotations of --format github)' })
      .option('format', FORMAT_OPTION)
      .check(({ seeds }) => {
        if (!(Number.isInteger(seeds) && seeds > 0)) throw new ScenarioError([`--seeds: expected a whole number above 0, found ${seeds}`]);
        return true;
      })
      .example('$0 compare baselines/app out/app --fail-on "delivered_per_min < -5%"', 'exit 99 when a twentieth is lost')
      .example('$0 compare a b --seeds 20 --fail-on "latency_ms_p95 > 5s" --fail-on "first_bucket != base"', 'twenty seeds, two rules')
      .epilogue(
        'A rule holds where the measured change is past it and its interval excludes no change; two simulated runs of one seed differ by nothing but their settings, and runs without an interval are judged as measured.',
      ) as never,
  handler: async (args) => {
    const formats = formatsOf(args.format);
    await annotatingProblems(args, async () => {
      const rules = rulesOf(args['fail-on']);
      const bar = progress(args.quiet ? { write: () => {} } : process.stderr);
      const folders = { base: args.base, next: args.new };
      const told = args.out ?? (basename(args.new) === 'journal.ndjson' ? dirname(args.new) : args.new);
      if (formats.some((format) => format !== 'github')) requireFolder(told, true, []);
      const comparison = await compareRuns(args.base, args.new, {
        rules,
        seeds: args.seeds,
        onProgress: (done, total) => bar.update(done, total, `${done} of ${total} seeds`),
      });
      bar.end();
      show(comparison, folders, args);
      await tellComparison(comparison, folders, { formats, folder: told, json: args.json });
      process.exitCode = comparison.passed ? 0 : 99;
    });
  },
};

/** @throws ScenarioError with everything that is wrong with them */
function rulesOf(written: readonly string[]): ChangeRule[] {
  const read = written.map(parseChangeRule);
  const problems = read.filter((rule) => typeof rule === 'string');
  if (problems.length > 0) throw new ScenarioError(problems.map((problem) => `--fail-on ${problem}`));
  return read.filter((rule) => typeof rule !== 'string');
}

function show(comparison: Comparison, folders: ComparedFolders, { json, quiet }: Arguments): void {
  if (json) process.stdout.write(comparisonJson(comparison, folders));
  else if (!quiet) process.stdout.write(comparisonText(comparison, folders, { colour: colourWanted() }));
}

export default command;
