/** `rundry replay`: recorded traffic, each of its lanes an entry of its own, under other limits, tiers or clients. */
import type { CommandModule } from 'yargs';
import { replayScenario } from '../../run/replay-scenario.ts';
import { annotatingProblems } from '../formats.ts';
import { type RunArguments, runAll, runOptions, settingsOf } from '../run-options.ts';

const command: CommandModule<object, RunArguments & { source: string }> = {
  command: 'replay <source>',
  describe: 'Run recorded traffic under other limits, tiers or clients',
  builder: (args) =>
    runOptions(args.positional('source', { type: 'string', demandOption: true, describe: 'A journal.ndjson, a run folder, or a trace' }))
      .example('$0 replay reports/burst-1/journal.ndjson --set quota.tier=2', 'the same traffic a tier higher')
      .example('$0 replay recorded --set traffic.recorded-batch.lane=interactive', 'what the batch lane is worth')
      .example('$0 replay trace.csv --set client.concurrency=8', 'a recorded trace against the best-known limits') as never,
  handler: async (args) => {
    await annotatingProblems(args, async () => {
      await runAll([replayScenario(args.source, { settings: settingsOf(args), mode: args.mode })], args);
    });
  },
};
export default command;
