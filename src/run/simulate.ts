/** A scenario in virtual time, start to end, in one synchronous call: for workers, browsers and a thousand days of a plan. */
import { Analysis, type AnalysisOptions, type Results } from '../analysis/analysis.ts';
import { Budget } from '../client/budget.ts';
import { client } from '../client/client.ts';
import type { Client } from '../client/gate.ts';
import { drive } from '../engine/engine.ts';
import { virtualClock } from '../engine/virtual-clock.ts';
import type { HeaderRow, Recorder } from '../model/rows.ts';
import type { Scenario } from '../model/scenario.ts';
import { nextMidnightMs } from '../quota/calendar.ts';
import { service } from '../service/service.ts';
import { simulated } from '../targets/simulated.ts';
import { header } from './header.ts';

export interface SimulateOptions extends AnalysisOptions {
  /** The journal's first row, when something is to be written; made up otherwise. */
  readonly header?: HeaderRow;
  /** Told every row after the header. */
  readonly record?: Recorder;
}

/** Pure: the same scenario and seed give the same results on any machine. */
export function simulate(scenario: Scenario, seed: number, options: SimulateOptions = {}): Results {
  const { clock, analysis } = begin(scenario, seed, options);
  clock.run();
  return analysis.finish();
}

/** All of it, ready to run. */
export function begin(scenario: Scenario, seed: number, options: SimulateOptions) {
  const analysis = new Analysis(options.header ?? header({ scenario, seed, mode: 'sim' }), options);
  const { record: tell } = options;
  const record: Recorder = tell
    ? (row) => {
        tell(row);
        analysis.add(row);
      }
    : (row) => analysis.add(row);
  const clock = virtualClock();
  const target = simulated(service(scenario, seed), clock, scenario.clock.startAtMs);
  const running = drive({ scenario, seed, clock, target, clients: clientsOf(scenario, seed, record), record });
  return { clock, analysis, running };
}

/** The clients of a scenario as they are at the start of a run; they share its budget, or the one that is handed in. */
export function clientsOf(scenario: Scenario, seed: number, record: Recorder, handed: Client['budget'] = null): Client[] {
  const { budget, quota, clock } = scenario;
  const shared = handed ?? (budget.microUsd === null && budget.requests === null ? null : new Budget(budget));
  const spend = quota.limits.find((limit) => limit.bucket === 'spend10m');
  const context = {
    seed,
    startAtMs: clock.startAtMs,
    providers: scenario.providers,
    spend10mMicroUsd: spend?.limit ?? null,
    nextDailyResetMs: (atMs: number): number => nextMidnightMs(clock.startAtMs + atMs) - clock.startAtMs,
  };
  return scenario.clients.map((spec) => client(spec, context, shared, record));
}
