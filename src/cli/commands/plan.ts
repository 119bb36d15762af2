/** `rundry plan --analytic`: what follows from the scenario by arithmetic alone, with formula and numbers. */
import type { CommandModule } from 'yargs';
import { ScenarioError } from '../../model/errors.ts';
import { analyse } from '../../plan/analytic.ts';
import { analyticText } from '../../report/analytic-text.ts';
import { openFolder, writeText } from '../../run/output-folder.ts';
import { readScenario } from '../../run/scenario-file.ts';
import { parseSetting } from '../../scenario/settings.ts';
import { colourWanted } from '../show.ts';

interface Arguments {
  file: string;
  analytic: boolean;
  set: string[];
  seed?: number;
  out?: string;
  force: boolean;
  json: boolean;
}

const command: CommandModule<object, Arguments> = {
  command: 'plan <file>',
  describe: 'What the quota carries and what binds, by arithmetic alone (--analytic)',
  builder: (args) =>
    args
      .positional('file', { type: 'string', demandOption: true, describe: 'Scenario file' })
      .option('analytic', { type: 'boolean', default: false, describe: 'Formulas and numbers only, nothing simulated' })
      .option('set', { type: 'string', array: true, nargs: 1, default: [], describe: 'PATH=VALUE, as for run' })
      .option('seed', { type: 'number', describe: "Instead of the scenario's: draws the traffic that is counted" })
      .option('out', { type: 'string', describe: 'Folder for plan.json (none)' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite plan.json in that folder' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the analysis as JSON' })
      .example('$0 plan day.yaml --analytic', 'each line with its formula')
      .example('$0 plan day.yaml --analytic --set quota.tier=2', 'at another tier') as never,
  handler: (args) => {
    if (!args.analytic) throw new ScenarioError(['plan: only --analytic is there yet; the search for settings is not']);
    const { scenario } = readScenario(args.file, { settings: args.set.map(parseSetting) });
    const analytic = analyse(scenario, args.seed ?? scenario.seed);
    if (args.out !== undefined) {
      openFolder(args.out, args.force, ['plan.json']);
      writeText(args.out, 'plan.json', `${JSON.stringify({ analytic }, null, 2)}\n`);
    }
    process.stdout.write(
      args.json ? `${JSON.stringify(analytic, null, 2)}\n` : analyticText(scenario, analytic, { colour: colourWanted() }),
    );
  },
};

export default command;
