/** `rundry run`: the main job. */
import type { CommandModule } from 'yargs';
import { ScenarioError } from '../../model/errors.ts';
import type { Mode } from '../../model/names.ts';
import { type LoadedScenario, type ReadOptions, readScenario } from '../../run/scenario-file.ts';
import { annotatingProblems } from '../formats.ts';
import { type LiveArguments, liveOptions, refuseLiveOptions, runLive } from '../live-options.ts';
import { type RunArguments, runAll, runOptions, settingsOf } from '../run-options.ts';

type Arguments = Omit<RunArguments, 'mode'> & LiveArguments & { mode: Mode; files: string[] };

const command: CommandModule<object, Arguments> = {
  command: 'run <files..>',
  describe: 'Run scenarios and say which quota runs dry first',
  builder: (args) =>
    liveOptions(
      runOptions(args.positional('files', { type: 'string', array: true, demandOption: true, describe: 'Scenario files' }), [
        'sim',
        'mock',
        'live',
      ]),
    )
      .example('$0 run scenarios/burst.yaml', 'in virtual time; results in reports/')
      .example('$0 run day.yaml --set quota.tier=2 --seeds 20', 'another tier, twenty seeds')
      .example('$0 run burst.yaml --mode mock --duration 1m', 'the SDK over HTTP against the mock')
      .example('$0 run burst.yaml --mode mock --driver autocannon', 'raw HTTP for bursts and floods')
      .example('$0 run burst.yaml --mode live --budget-usd 20 --scale 0.2', 'for real, after a plan and a yes')
      .example('$0 run scenarios/*.yaml --out out --format junit,github', 'in CI: a case and an annotation for each threshold') as never,
  handler: async (args) => {
    const { mode } = args;
    await annotatingProblems(args, () => {
      if (mode === 'live') return runLive(args);
      refuseLiveOptions(args);
      return runAll(readAll(args.files, { settings: settingsOf({ ...args, mode }), mode }), { ...args, mode });
    });
  },
};

/** @throws ScenarioError with the problems of all files at once */
function readAll(files: readonly string[], options: ReadOptions): LoadedScenario[] {
  const problems: string[] = [];
  const loaded = files.flatMap((file) => {
    try {
      return [readScenario(file, options)];
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new ScenarioError(problems);
  return loaded;
}

export default command;
