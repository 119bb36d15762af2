/** `rundry plan`: which settings meet the thresholds, searched by simulation and verified on fresh seeds; or arithmetic alone. */
import type { CommandModule } from 'yargs';
import { ScenarioError } from '../../model/errors.ts';
import { analyse } from '../../plan/analytic.ts';
import { analyticText } from '../../report/analytic-text.ts';
import { type PlanView, planMarkdown, planText } from '../../report/plan-text.ts';
import { openFolder, writeText } from '../../run/output-folder.ts';
import { type Plan, plan } from '../../run/plan.ts';
import { planJson } from '../../run/plan-file.ts';
import { progress } from '../../run/progress.ts';
import { readScenario } from '../../run/scenario-file.ts';
import { parseSetting } from '../../scenario/settings.ts';
import { printBestStart, whenOptions } from '../plan-when.ts';
import { requireFiles, writeOptions, writePlan } from '../plan-write.ts';
import { colourWanted } from '../show.ts';
import { onInterrupt } from '../signals.ts';

interface Arguments {
  file: string;
  analytic: boolean;
  set: string[];
  seed?: number;
  verify?: number;
  workers?: number;
  when?: string;
  every?: string;
  seeds?: number;
  write?: string;
  'write-client'?: string;
  out?: string;
  force: boolean;
  json: boolean;
  quiet: boolean;
}

const FILE = 'plan.json';
/** The same for people. */
const MARKDOWN = 'plan.md';
/** Nothing that is allowed meets the goals. */
const INFEASIBLE = 99;

const command: CommandModule<object, Arguments> = {
  command: 'plan <file>',
  describe: 'What to change so that the thresholds hold, with proof; --analytic for arithmetic alone',
  builder: (args) =>
    writeOptions(whenOptions(args))
      .positional('file', { type: 'string', demandOption: true, describe: 'Scenario file' })
      .option('analytic', { type: 'boolean', default: false, describe: 'Formulas and numbers only, nothing simulated' })
      .option('set', { type: 'string', array: true, nargs: 1, default: [], describe: 'PATH=VALUE, as for run' })
      .option('seed', { type: 'number', describe: "Instead of the scenario's: where the seeds of the search begin" })
      .option('verify', { type: 'number', describe: 'Fresh seeds that verify the choice (200, fewer for long scenarios)' })
      .option('workers', { type: 'number', describe: 'Threads, as many as there are cores; the answer is the same' })
      .option('out', { type: 'string', describe: 'Folder for plan.json and plan.md, or when.json and when.csv (none)' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite results in that folder, and files to be written' })
      .option('json', { type: 'boolean', default: false, describe: 'Print plan.json' })
      .option('quiet', { type: 'boolean', default: false, describe: 'Write the file, print nothing' })
      .check(({ verify, workers }) => {
        const wrong = Object.entries({ verify, workers }).filter(
          ([, value]) => value !== undefined && !(Number.isInteger(value) && value > 0),
        );
        if (wrong.length > 0)
          throw new ScenarioError(wrong.map(([name, value]) => `--${name}: expected a whole number above 0, found ${value}`));
        return true;
      })
      .example('$0 plan day.yaml', 'what to change, in which order, and what that is worth')
      .example('$0 plan day.yaml --analytic', 'each line with its formula')
      .example('$0 plan day.yaml --set quota.tier=2 --out plans/day', 'from another tier on, as a file')
      .example('$0 plan day.yaml --write better.yaml --write-client client.env', 'the answer as files')
      .example('$0 plan day.yaml --when catalogue', 'the best start of a nightly batch') as never,
  handler: async (args) => {
    const settings = args.set.map(parseSetting);
    refuseIdle(args);
    if (args.analytic) {
      printAnalytic(args);
      return;
    }
    if (args.when !== undefined) {
      await printBestStart({ ...args, when: args.when });
      return;
    }
    requireFiles(args);
    if (args.out !== undefined) openFolder(args.out, args.force, [FILE, MARKDOWN]);
    const interruption = onInterrupt();
    const bar = progress(args.quiet ? { write: () => {} } : process.stderr);
    try {
      const found = await plan(args.file, {
        settings,
        signal: interruption.signal,
        ...(args.seed === undefined ? {} : { seed: args.seed }),
        ...(args.verify === undefined ? {} : { verify: args.verify }),
        ...(args.workers === undefined ? {} : { workers: args.workers }),
        progress: ({ stage, done, total }) => bar.update(done, total, `${stage}: ${done} of ${total} simulations`),
      });
      bar.end(`${found.simulations} simulations in ${found.seconds.toFixed(1)} s`); // beside the answer, which is the same on any machine
      const json = `${JSON.stringify(planJson(found), null, 2)}\n`;
      if (args.out !== undefined) {
        writeText(args.out, FILE, json);
        writeText(args.out, MARKDOWN, planMarkdown(viewOf(found)));
      }
      if (args.json) process.stdout.write(json);
      else if (!args.quiet) process.stdout.write(planText(viewOf(found), { colour: colourWanted(), width: process.stdout.columns ?? 100 }));
      const written = writePlan(found, args);
      if (!args.quiet) (args.json ? process.stderr : process.stdout).write(written);
      process.exitCode = interruption.exitCode() ?? (found.result.feasible ? 0 : INFEASIBLE);
    } catch (error) {
      if (!(interruption.signal.aborted && error instanceof DOMException)) throw error;
      process.exitCode = interruption.exitCode() ?? 0;
    } finally {
      bar.end();
      interruption.release();
    }
  },
};

/** @throws ScenarioError for what the mode would not write, or not heed */
function refuseIdle({ analytic, when, write, 'write-client': client, ...given }: Arguments): void {
  const alone = when === undefined ? (['every', 'seeds'] as const) : [];
  const problems = [
    ...(analytic && when !== undefined ? ['--when: not with --analytic'] : []),
    ...alone.flatMap((name) => (given[name] === undefined ? [] : [`--${name}: only with --when`])),
    ...(given.verify !== undefined && (analytic || when !== undefined) ? [`--verify: not with ${analytic ? '--analytic' : '--when'}`] : []),
    ...(analytic && write !== undefined ? ['--write: not with --analytic, which chooses nothing'] : []),
    ...(client !== undefined && (analytic || when !== undefined) ? [`--write-client: not with ${analytic ? '--analytic' : '--when'}`] : []),
  ];
  if (problems.length > 0) throw new ScenarioError(problems);
}

function printAnalytic(args: Arguments): void {
  const { scenario } = readScenario(args.file, { settings: args.set.map(parseSetting) });
  const analytic = analyse(scenario, args.seed ?? scenario.seed);
  if (args.out !== undefined) {
    openFolder(args.out, args.force, [FILE]);
    writeText(args.out, FILE, `${JSON.stringify({ analytic }, null, 2)}\n`);
  }
  if (args.json || !args.quiet)
    process.stdout.write(
      args.json ? `${JSON.stringify(analytic, null, 2)}\n` : analyticText(scenario, analytic, { colour: colourWanted() }),
    );
}

function viewOf({ loaded, result, recommendation, verified, analytic, simulations }: Plan): PlanView {
  return { name: loaded.scenario.name, result, recommendation, verified, analytic, simulations };
}

export default command;
