/** `rundry run`: the main job. */
import type { CommandModule } from 'yargs';
import { readScenario } from '../../run/scenario-file.ts';
import { type RunArguments, runAll, runOptions, settingsOf } from '../run-options.ts';

const command: CommandModule<object, RunArguments & { files: string[] }> = {
  command: 'run <files..>',
  describe: 'Run scenarios and say which quota runs dry first',
  builder: (args) =>
    runOptions(args.positional('files', { type: 'string', array: true, demandOption: true, describe: 'Scenario files' }))
      .example('$0 run scenarios/burst.yaml', 'in virtual time; results in reports/')
      .example('$0 run day.yaml --set quota.tier=2 --seeds 20', 'another tier, twenty seeds')
      .example('$0 run burst.yaml --mode mock --duration 1m', 'the SDK over HTTP against the mock')
      .example('$0 run burst.yaml --mode mock --driver autocannon', 'raw HTTP for bursts and floods') as never,
  handler: async (args) => {
    const settings = settingsOf(args);
    const loaded = args.files.map((file) => readScenario(file, { settings, mode: args.mode }));
    await runAll(loaded, args);
  },
};
export default command;
