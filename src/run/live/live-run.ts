/** A scenario against the real service: planned, confirmed, tried with one request, guarded, and able to go on after a crash. */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../analysis/analysis.ts';
import { Budget } from '../../client/budget.ts';
import { drive } from '../../engine/engine.ts';
import { line } from '../../journal/lines.ts';
import type { Target } from '../../model/attempt.ts';
import { RANK } from '../../model/clock.ts';
import { invariant, ScenarioError, SetupError } from '../../model/errors.ts';
import type { EndRow, HeaderRow, Recorder, Row } from '../../model/rows.ts';
import type { Scenario } from '../../model/scenario.ts';
import { epochNowMs, isoInstant, MINUTE_MS } from '../../model/time.ts';
import { reservedMicroUsd } from '../../model/worst-case.ts';
import { livePlanText } from '../../report/live-plan.ts';
import { askOnce } from '../../targets/ask.ts';
import { gemini } from '../../targets/gemini.ts';
import { geminiBatch } from '../../targets/gemini-batch.ts';
import { poolExchange } from '../../targets/pool.ts';
import type { Connection, Exchange } from '../../targets/sdk.ts';
import { header } from '../header.ts';
import { FileSink, openFolder, RESULT_FILES } from '../output-folder.ts';
import { RealClock } from '../real-clock.ts';
import { rebuild } from '../rebuild.ts';
import { type LoadedScenario, runIdOf, sha256 } from '../scenario-file.ts';
import { clientsOf } from '../simulate.ts';
import { withoutSecret } from './api-key.ts';
import { announced, answered, canarySpec, whyNot } from './canary.ts';
import { type EarlierPart, earlierPart } from './earlier-part.ts';
import { Guard, type Stop } from './guard.ts';
import { imageSaver } from './images.ts';
import { type LiveTerms, liveProblems, liveScenario } from './live-scenario.ts';
import { lockFolder } from './lock.ts';
import { livePlan } from './plan.ts';
import type { Prompts } from './prompts.ts';
import { worstCase } from './worst-case-pricing.ts';

export interface LiveOptions {
  readonly seed: number;
  readonly folder: string;
  readonly force: boolean;
  /** Whether `folder` holds a run that broke off and is to be gone on with. */
  readonly isResumed: boolean;
  readonly connection: Connection;
  /** For people: who asks. */
  readonly identity: string;
  readonly prompts: Prompts;
  /** Folder; null: answers are thrown away. */
  readonly imagesTo: string | null;
  readonly budgetUsd: number | null;
  readonly budgetRequests: number | null;
  /** ms of the run; null: no bound. */
  readonly wallMs: number | null;
  readonly errorRatioMax: number;
  readonly scale: number;
  /** Real ms between two looks at a batch job. */
  readonly batchPollMs: number;
  /** Aborting sends nothing more, waits for what is in flight and ends. */
  readonly signal: AbortSignal;
  /** Shown what will happen; false: nothing does. */
  readonly confirm: (plan: string) => Promise<boolean>;
  readonly onWarning: (text: string) => void;
  readonly onProgress?: (atMs: number, endMs: number) => void;
}

export interface LiveOutcome {
  readonly results: Results;
  /** Why it stopped itself; null: it did not. */
  readonly stopped: Stop | null;
}

/**
 * @returns null when it was not confirmed
 * @throws ScenarioError, SetupError, InputError before anything is sent; SetupError also when key or network failed the first request
 */
export async function liveRun(loaded: LoadedScenario, options: LiveOptions): Promise<LiveOutcome | null> {
  return options.isResumed ? await goOn(loaded, options) : await startAnew(loaded, options);
}

async function startAnew(loaded: LoadedScenario, options: LiveOptions): Promise<LiveOutcome | null> {
  const { folder, seed } = options;
  const scenario = scenarioOf(loaded, null, options);
  if (!(await options.confirm(livePlanText(livePlan(scenario, seed, null, options))))) return null;
  const unlock = lockFolder(folder);
  try {
    openFolder(folder, options.force, LIVE_FILES);
    return await outcome({ loaded, scenario, seed, earlier: null, options });
  } finally {
    unlock();
  }
}

/** The folder is taken before its journal is read: what another process still writes would be sent again. */
async function goOn(loaded: LoadedScenario, options: LiveOptions): Promise<LiveOutcome | null> {
  const { folder, prompts } = options;
  if (!existsSync(folder)) throw new ScenarioError([`--resume ${folder}: there is no journal.ndjson in it`]);
  const unlock = lockFolder(folder);
  try {
    const earlier = await earlierPart(folder, prompts.bytesMax);
    const scenario = withTimeToDrain(scenarioOf(loaded, earlier, options), earlier.lastMs);
    const { seed } = earlier.header;
    if (!(await options.confirm(livePlanText(livePlan(scenario, seed, earlier, options))))) return null;
    return await outcome({ loaded, scenario, seed, earlier, options });
  } finally {
    unlock();
  }
}

/** A run that broke off while it drained has the whole of that time again. */
function withTimeToDrain(scenario: Scenario, fromMs: number): Scenario {
  const { durationMs, drainMs } = scenario.clock;
  return { ...scenario, clock: { ...scenario.clock, drainMs: Math.max(drainMs, fromMs + drainMs - durationMs) } };
}

async function outcome(sending: Sending): Promise<LiveOutcome> {
  const stopped = await send(sending);
  return { results: await rebuild(sending.options.folder), stopped };
}

const LIVE_FILES = [...RESULT_FILES, 'live.json', 'limits-revealed.yaml'];

/** Of a run that goes on: what its journal says, with the traces that a journal does not hold. */
function scenarioOf(loaded: LoadedScenario, earlier: EarlierPart | null, options: LiveOptions): Scenario {
  const { budgetUsd, budgetRequests, isResumed } = options;
  const terms: LiveTerms = {
    budgetUsd,
    budgetRequests,
    isResumed,
    scale: earlier === null ? options.scale : 1,
    isPlatform: options.connection.kind === 'platform',
  };
  const base = earlier === null ? loaded.scenario : withTraces(loaded, earlier.header, options.folder);
  const problems = liveProblems(base, loaded.file, terms);
  if (problems.length > 0) throw new ScenarioError(problems);
  return liveScenario(base, terms);
}

function withTraces(loaded: LoadedScenario, { resolved, scenario, traces }: HeaderRow, folder: string): Scenario {
  if (scenario.sha256 !== loaded.sha256)
    throw new ScenarioError([`--resume ${folder}: that run was of another ${loaded.file} (it has changed since, or is another file)`]);
  const known = new Map(
    loaded.scenario.traffic.flatMap(({ shape }) =>
      shape.kind === 'replay' && shape.trace !== null ? [[shape.trace.sha256, shape.trace]] : [],
    ),
  );
  let next = 0;
  const traffic = resolved.traffic.map((entry) => {
    if (entry.shape.kind !== 'replay') return entry;
    const trace = known.get(traces[next++]?.sha256 ?? '');
    if (!trace) throw new ScenarioError([`--resume ${folder}: ${entry.shape.file} is not the trace that the run began with`]);
    return { ...entry, shape: { ...entry.shape, trace } };
  });
  return { ...resolved, traffic };
}

interface Sending {
  readonly loaded: LoadedScenario;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly earlier: EarlierPart | null;
  readonly options: LiveOptions;
}

/** Everything between the first and the last byte. @returns why it stopped itself */
async function send(sending: Sending): Promise<Stop | null> {
  const { options, earlier } = sending;
  const pool = poolExchange(CONNECTIONS_MAX, true);
  const secret = options.connection.kind === 'key' ? options.connection.apiKey : null;
  const exchange = discreet(pool.exchange, secret);
  try {
    if (earlier === null || !hasBegun(earlier)) {
      const begun = await begin(sending, exchange);
      return begun.stop ?? (await play(sending, begun.scenario, begun.spent, exchange));
    }
    await earlier.continue();
    return await play(sending, sending.scenario, earlier.spent, exchange);
  } catch (error) {
    throw secret === null ? error : harmless(error, secret);
  } finally {
    await pool.close();
  }
}

const CONNECTIONS_MAX = 1024;

/** Whether it came to sending what the scenario says: the request that goes ahead was answered. */
function hasBegun({ canaries }: EarlierPart): boolean {
  return canaries.at(-1)?.doneMs != null;
}

/** Bodies may echo what was sent: the secret is gone before anybody reads them. */
function discreet(exchange: Exchange, secret: string | null): Exchange {
  return async (url, init) => {
    const answer = await exchange(url, init);
    const bearer = /^Bearer (\S+)$/i.exec(new Headers(init.headers).get('authorization') ?? '')?.[1];
    const secrets = [secret, bearer ?? null].filter((one) => one !== null);
    const clean = (text: string): string => secrets.reduce(withoutSecret, text);
    const headers = Object.fromEntries(Object.entries(answer.headers ?? {}).map(([name, value]) => [name, clean(value)]));
    return { ...answer, headers, bodyText: clean(answer.bodyText) };
  };
}

/** The same error, with its text without the secret. */
function harmless(error: unknown, secret: string): unknown {
  if (!(error instanceof Error)) return error;
  error.message = withoutSecret(error.message, secret);
  if (error.stack !== undefined) error.stack = withoutSecret(error.stack, secret);
  if (error.cause !== undefined) error.cause = harmless(error.cause, secret);
  return error;
}

interface Begun {
  readonly scenario: Scenario;
  readonly spent: { readonly microUsd: number; readonly requests: number };
  readonly stop: Stop | null;
}

/** The head of the journal and the one request that goes ahead. The run's own time begins when that was answered. */
async function begin(sending: Sending, exchange: Exchange): Promise<Begun> {
  const { loaded, seed, options, earlier } = sending;
  const { folder, prompts, scale } = options;
  const journal = join(folder, 'journal.ndjson');
  const spec = canarySpec(sending.scenario);
  const id = runIdOf(loaded, seed, 'live');
  const runId = earlier?.header.runId ?? (scale === 1 ? id : sha256(`${id} ${scale}`).slice(0, 16));
  const lost = earlier?.canaries ?? [];
  const scenario = startingNow(sending.scenario);
  const first = (now: Scenario): HeaderRow => header({ scenario: now, seed, mode: 'live', runId, sha256: loaded.sha256 });
  const before = earlier?.spent ?? { microUsd: 0, requests: 0 };
  if (spec === null) {
    replaceWith(journal, [first(scenario)]);
    return { scenario, spent: before, stop: null };
  }
  const reserved = reservedMicroUsd({ ...spec, lane: 'interactive' }, prompts.bytesMax);
  if (!new Budget(scenario.budget, worstCase(prompts.bytesMax), before).fits(reserved))
    throw new ScenarioError([
      `${loaded.file} budget: too small for a single request to ${spec.model}, which may cost up to $${(reserved / 1e6).toFixed(2)} (several drafts, long thinking)`,
    ]);
  replaceWith(journal, [first(scenario), ...lost, announced(spec)]);
  const startedMs = performance.now();
  const reply = await askOnce({
    connection: options.connection,
    exchange,
    spec,
    prompt: prompts.prompt(spec.promptTokens, 0),
    timeoutMs: CANARY_TIMEOUT_MS,
    signal: options.signal,
  });
  const canary = answered(spec, reply, performance.now() - startedMs, prompts.bytesMax);
  const now = startingNow(scenario);
  const stop = whyNot(canary);
  replaceWith(journal, [first(now), ...lost, canary, ...(stop === null ? [] : [endOf(stop)])]);
  if (stop !== null && (stop.class?.startsWith('auth.') || stop.class === 'network.unreachable')) throw new SetupError(stop.text);
  return { scenario: now, spent: { microUsd: before.microUsd + canary.costMicroUsd, requests: before.requests + 1 }, stop };
}

/** Longer than any image was seen to take. Source: 617 production requests, P90 252 s, dev.to/super_lewis, 2026-10. */
const CANARY_TIMEOUT_MS = 10 * MINUTE_MS;

function startingNow(scenario: Scenario): Scenario {
  return { ...scenario, clock: { ...scenario.clock, startAtMs: epochNowMs() } };
}

function endOf(stop: Stop): EndRow {
  return { kind: 'end', atMs: 0, reason: 'stopped', requests: 0, attempts: 0, lateness: null, stop };
}

/** In one step: a crash leaves the old journal or the new one. */
function replaceWith(path: string, rows: readonly Row[]): void {
  const sink = new FileSink(`${path}.next`);
  for (const row of rows) sink.write(line(row));
  sink.close();
  renameSync(`${path}.next`, path);
}

/** @param scenario with the instant at which its time began */
async function play(sending: Sending, scenario: Scenario, spent: Begun['spent'], exchange: Exchange): Promise<Stop | null> {
  const { seed, options, earlier } = sending;
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
    onQuiet: () => clock.at(clock.nowMs, RANK.closing, { fire: () => quiet() }),
  });
  const record: Recorder = (row) => {
    journal.write(line(row.kind === 'end' ? ended(row, clock, guard) : row));
    options.onProgress?.(clock.nowMs, endMs);
  };
  const save = options.imagesTo === null ? null : imageSaver(options.imagesTo, once(options.onWarning));
  const wire = gemini(clock, {
    connection: options.connection,
    exchange,
    isOwnMock: false,
    prompt: prompts.prompt,
    ...(save === null ? {} : { onImage: save }),
  });
  const batches = geminiBatch(clock, { connection: options.connection, exchange, prompt: prompts.prompt, pollMs: options.batchPollMs });
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

/** Over models, lanes and fallbacks. */
function cheapest(scenario: Scenario, promptBytesMax: number): number {
  const prices = scenario.traffic.map(({ request, lane }) =>
    reservedMicroUsd({ ...request, lane, listMicroUsd: lane === 'batch' ? request.batchMicroUsd : request.listMicroUsd }, promptBytesMax),
  );
  invariant(prices.length > 0, 'a scenario has traffic');
  return Math.min(...prices);
}

function once(tell: (text: string) => void): (text: string) => void {
  let isTold = false;
  return (text) => {
    if (isTold) return;
    isTold = true;
    tell(text);
  };
}
