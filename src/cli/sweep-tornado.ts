/** `rundry sweep FILE --tornado`: what a metric hangs on most, one number of the scenario at a time. */
import { METRICS } from '../analysis/metrics.ts';
import { ScenarioError } from '../model/errors.ts';
import type { Setting } from '../model/scenario.ts';
import { tornado } from '../plan/tornado.ts';
import { tornadoCsv, tornadoText } from '../report/tornado.ts';
import { openFolder, writeText } from '../run/output-folder.ts';
import { progress } from '../run/progress.ts';
import { readScenario } from '../run/scenario-file.ts';
import { workerPool } from '../run/worker-pool.ts';
import { onInterrupt } from './signals.ts';

export interface TornadoArguments {
  file: string;
  metric: string;
  by: string;
  seeds: number;
  seed?: number;
  force: boolean;
  quiet: boolean;
}

const FILE = 'tornado.csv';

/** Sets the exit code after a signal; results are written whole or not at all. */
export async function printTornado(args: TornadoArguments, settings: readonly Setting[], folder: string): Promise<void> {
  const ratio = ratioOf(args);
  const loaded = readScenario(args.file, { settings });
  openFolder(folder, args.force, [FILE]);
  const interruption = onInterrupt();
  const bar = progress(args.quiet ? { write: () => {} } : process.stderr);
  const pool = workerPool(loaded);
  const first = args.seed ?? loaded.scenario.seed;
  try {
    const found = await tornado(loaded.scenario, {
      evaluate: pool.evaluate,
      seeds: Array.from({ length: args.seeds }, (_, k) => first + k),
      metric: args.metric,
      ratio,
      signal: interruption.signal,
      progress: (done, total) => bar.update(done, total, `${done} of ${total} simulations`),
    });
    bar.end();
    if (found) writeText(folder, FILE, tornadoCsv(found));
    if (found && !args.quiet) process.stdout.write(`${tornadoText(found)}\nResults: ${folder}\n`);
    process.exitCode = interruption.exitCode() ?? 0;
  } finally {
    bar.end();
    interruption.release();
    await pool.close();
  }
}

/** @throws ScenarioError with every problem of the options */
function ratioOf({ by, metric }: TornadoArguments): number {
  const ratio = Number(/^(\d+(?:\.\d+)?) ?%$/.exec(by)?.[1]) / 100;
  const isNumber = metric in METRICS && !metric.endsWith('_bucket');
  const problems = [
    ...(ratio > 0 && ratio < 1 ? [] : [`--by: expected a share such as 25%, found ${by}`]),
    ...(isNumber ? [] : [`--metric: expected a metric that is a number, such as success_ratio, found ${metric}`]),
  ];
  if (problems.length > 0) throw new ScenarioError(problems);
  return ratio;
}
