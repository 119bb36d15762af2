/** `rundry validate`: is the scenario right, what does its traffic look like, and what would we change before running it? */
import type { CommandModule } from 'yargs';
import { ScenarioError } from '../../model/errors.ts';
import type { Scenario } from '../../model/scenario.ts';
import { epochNowMs } from '../../model/time.ts';
import { oldLimitsOf } from '../../quota/limits-age.ts';
import { trafficChart } from '../../report/traffic-chart.ts';
import { readScenario } from '../../run/scenario-file.ts';
import { trafficBins } from '../../run/traffic-bins.ts';
import { adviseScenario } from '../../scenario/advice.ts';
import { parseSetting } from '../../scenario/settings.ts';
import { colourWanted } from '../show.ts';

interface Arguments {
  files: string[];
  set: string[];
  json: boolean;
  quiet: boolean;
}

const command: CommandModule<object, Arguments> = {
  command: 'validate <files..>',
  describe: 'Check scenarios, draw their traffic, advise',
  builder: (args) =>
    args
      .positional('files', { type: 'string', array: true, demandOption: true, describe: 'Scenario files' })
      .option('set', { type: 'string', array: true, nargs: 1, default: [], describe: 'PATH=VALUE, as in run' })
      .option('json', { type: 'boolean', default: false, describe: 'For machines' })
      .option('quiet', { type: 'boolean', default: false, describe: 'Problems only' })
      .example('$0 validate scenarios/*.yaml', 'exit 2 with every problem of every file') as never,
  handler: ({ files, set, json, quiet }) => {
    const problems: string[] = [];
    const settings = set.map(parseSetting);
    const checked = files.flatMap((file) => {
      try {
        return [{ file, ...check(readScenario(file, { settings }).scenario) }];
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
        problems.push(...error.problems);
        return [];
      }
    });
    if (json) process.stdout.write(`${JSON.stringify({ valid: problems.length === 0, problems, files: checked }, null, 2)}\n`);
    else if (!quiet) for (const one of checked) process.stdout.write(text(one));
    if (problems.length > 0) throw new ScenarioError(problems);
  },
};

interface Checked {
  readonly file: string;
  readonly name: string;
  readonly traffic: ReturnType<typeof trafficBins>;
  readonly advice: readonly { readonly code: string; readonly text: string }[];
  readonly warnings: readonly { readonly code: string; readonly text: string }[];
}

function check(scenario: Scenario): Omit<Checked, 'file'> {
  const old = oldLimitsOf(scenario.quota, epochNowMs());
  return {
    name: scenario.name,
    traffic: trafficBins(scenario, scenario.seed),
    advice: adviseScenario(scenario),
    warnings: old === null ? scenario.warnings : [...scenario.warnings, { code: 'limits-old', text: old }],
  };
}

function text(checked: Checked): string {
  const lines = [`${checked.file}: valid`, '', trafficChart(checked.traffic, { colour: colourWanted(), width: 100 }).trimEnd(), ''];
  for (const { code, text: said } of [...checked.advice, ...checked.warnings]) lines.push(`${code}: ${said}`);
  return `${lines.join('\n')}\n\n`;
}
export default command;
