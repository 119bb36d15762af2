/** The run itself: the engine in real time, guarded, with every row on disk before anything follows from it. */
import { join } from 'node:path';
import { Budget, type Spent } from '../../client/budget.ts';
import { drive } from '../../engine/engine.ts';
import { line } from '../../journal/lines.ts';
import type { Target } from '../../model/attempt.ts';
import { RANK } from '../../model/clock.ts';
import { invariant } from '../../model/errors.ts';
import type { EndRow, Recorder } from '../../model/rows.ts';
import type { Scenario } from '../../model/scenario.ts';
import { epochNowMs, isoInstant } from '../../model/time.ts';
import { reservedMicroUsd } from '../../model/worst-case.ts';
import { gemini } from '../../targets/gemini.ts';
import { geminiBatch } from '../../targets/gemini-batch.ts';
import type { Exchange } from '../../targets/sdk.ts';
import { FileSink } from '../output-folder.ts';
import { RealClock } from '../real-clock.ts';
import { clientsOf } from '../simulate.ts';
import { Guard, type Stop } from './guard.ts';
import { hasBegun, type Sending } from './sending.ts';
import { worstCase } from './worst-case-pricing.ts';

export interface Playing {
  /** With the instant at which its time began. */
  readonly scenario: Scenario;
  readonly runId: string;
  readonly spent: Spent;
}

/**
 * @returns why it stopped itself; null: it did not
 */
export async function play(sending: Sending, { scenario, runId, spent }: Playing, exchange: Exchange): Promise<Stop | null> {
  const { seed, options, earlier, save } = sending;
  const { prompts, signal } = options;
  const before = earlier !== null && hasBegun(earlier) ? earlier : null;
  const fromMs = before?.lastMs ?? 0;
  const clock = new RealClock();
  const journal = new FileSink(join(options.folder, 'journal.ndjson'), true, 'a');
  const endMs = scenario.clock.durationMs + scenario.clock.drainMs;
  const guard = new Guard({
    budget: new Budget(scenario.budget, worstCase(prompts.bytesMax), spent),
    wallMs: options.wallMs,
    errorRatioMax: options.errorRatioMax,
    cheapestMicroUsd: cheapest(scenario, prompts.bytesMax),
    batchRows: before?.inJobs.length ?? 0,
    onQuiet: () => clock.at(clock.nowMs, RANK.closing, { fire: () => quiet() }),
  });
  let isEnded = false;
  const record: Recorder = (row) => {
    isEnded = row.kind === 'end';
    journal.write(line(row.kind === 'end' ? ended(row, clock, guard) : row));
    options.onProgress?.(clock.nowMs, endMs);
  };
  const shown = save === null ? {} : { onImage: save };
  const wire = gemini(clock, {
    connection: options.connection,
    exchange,
    isOwnMock: false,
    prompt: prompts.prompt,
    ...shown,
  });
  const batches = geminiBatch(clock, {
    connection: options.connection,
    exchange,
    prompt: prompts.prompt,
    pollMs: options.batchPollMs,
    ...shown,
    displayName: (number) => `rundry ${runId} ${isoInstant(scenario.clock.startAtMs)} ${number}`,
    onJob: (job) => {
      if (!isEnded) record({ kind: 'job', atMs: clock.nowMs, ...job });
    },
  });
  const target: Target = {
    send: (attempt) => wire.send(attempt),
    submit: (batch) => batches.submit(batch),
    abandon: (attempt) => (attempt.lane === 'batch' ? batches : wire).abandon(attempt),
  };
  clock.start(fromMs);
  if (before) record({ kind: 'resume', atMs: fromMs, at: isoInstant(epochNowMs()), unanswered: before.unanswered.length });
  // While nobody ran it the calendar went on: clients are told when midnight really is.
  const policies = before === null ? scenario : { ...scenario, clock: { ...scenario.clock, startAtMs: epochNowMs() - fromMs } };
  const running = drive({
    scenario,
    seed,
    clock,
    target,
    clients: clientsOf(policies, seed, record, guard),
    record,
    announceSends: true,
    isResumable: true,
    ...(before === null ? {} : { past: before.past }),
  });
  const reason = (): EndRow['reason'] => (signal.reason === 'terminated' ? 'terminated' : 'interrupted');
  const quiet = (): void => {
    if (guard.stopped === null) running.interrupt(reason());
    else clock.rush(() => running.interrupt('stopped'));
  };
  const hold = (): void => guard.hold();
  if (options.wallMs !== null) clock.at(options.wallMs, RANK.timer, { fire: (atMs) => guard.lookAtClock(atMs) });
  if (signal.aborted) hold();
  else signal.addEventListener('abort', hold, { once: true });
  try {
    await clock.run();
    return guard.stopped;
  } finally {
    signal.removeEventListener('abort', hold);
    await batches.close();
    journal.close();
  }
}

function ended(row: EndRow, clock: RealClock, guard: Guard): EndRow {
  const stop = guard.stopped;
  return { ...row, lateness: clock.late, ...(stop === null ? {} : { reason: 'stopped', stop }) };
}

/** Of what entries ask for; 0 where a trace may ask for something cheaper. */
function cheapest(scenario: Scenario, promptBytesMax: number): number {
  if (scenario.traffic.some(({ shape }) => shape.kind === 'replay')) return 0;
  const prices = scenario.traffic.map(({ request, lane }) =>
    reservedMicroUsd({ ...request, lane, listMicroUsd: lane === 'batch' ? request.batchMicroUsd : request.listMicroUsd }, promptBytesMax),
  );
  invariant(prices.length > 0, 'a scenario has traffic');
  return Math.min(...prices);
}
