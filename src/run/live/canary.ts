/** One request ahead of all others: whether key, project and model can do this at all costs one image to know. */
import { Budget, type Spent } from '../../client/budget.ts';
import { ScenarioError } from '../../model/errors.ts';
import type { ErrorClass } from '../../model/names.ts';
import { classOf, httpStatusOf, type Reply } from '../../model/reply.ts';
import type { RequestSpec } from '../../model/request-spec.ts';
import type { CanaryRow } from '../../model/rows.ts';
import type { Scenario } from '../../model/scenario.ts';
import { reservedMicroUsd, spentMicroUsd } from '../../model/worst-case.ts';
import { isFatal, type Stop } from './guard.ts';
import { worstCase } from './worst-case-pricing.ts';

/** What it asks for: the first entry that sends at all, on the interactive lane. */
export function canarySpec(scenario: Scenario): RequestSpec | null {
  const { durationMs } = scenario.clock;
  const sending = scenario.traffic.filter(({ startMs }) => startMs < durationMs);
  return [...sending].sort((a, b) => a.startMs - b.startMs)[0]?.request ?? null;
}

export interface CanaryTerms {
  /** Named in the message. */
  readonly file: string;
  readonly promptBytesMax: number;
  readonly spent: Spent;
}

/** @throws ScenarioError when the budget does not bear it at what it may cost at most */
export function requireRoomForCanary(scenario: Scenario, { file, promptBytesMax, spent }: CanaryTerms): void {
  const spec = canarySpec(scenario);
  if (spec === null) return;
  const reserved = reservedMicroUsd({ ...spec, lane: 'interactive' }, promptBytesMax);
  if (new Budget(scenario.budget, worstCase(promptBytesMax), spent).fits(reserved)) return;
  throw new ScenarioError([
    `${file} budget: too small for a single request to ${spec.model}, which may cost up to $${(Math.ceil(reserved / 1e4) / 100).toFixed(2)} (several drafts, long thinking)`,
  ]);
}

/** Before its bytes leave. */
export function announced(spec: RequestSpec): CanaryRow {
  const { model, size, inputTokens, listMicroUsd } = spec;
  return {
    kind: 'canary',
    model,
    size,
    inputTokens,
    listMicroUsd,
    doneMs: null,
    httpStatus: null,
    class: null,
    usage: null,
    costMicroUsd: listMicroUsd,
    message: null,
  };
}

/** @param tookMs real ms */
export function answered(spec: RequestSpec, reply: Reply, tookMs: number, promptBytesMax: number): CanaryRow {
  const usage = reply.kind === 'image' || reply.kind === 'blocked' ? reply.usage : null;
  const answer = { httpStatus: httpStatusOf(reply), usage, isDelivered: reply.kind === 'image' };
  return {
    ...announced(spec),
    doneMs: Math.round(tookMs),
    httpStatus: answer.httpStatus,
    class: classOf(reply),
    usage,
    costMicroUsd: spentMicroUsd({ ...spec, lane: 'interactive' }, answer, promptBytesMax),
    message: reply.kind === 'refused' ? reply.message : null,
  };
}

/** Why the run does not begin; null: it does. */
export function whyNot({ class: errorClass, httpStatus, message }: CanaryRow): Stop | null {
  const isPage = errorClass === 'server.bad-gateway' && httpStatus === 200;
  if (errorClass === null || !(isPage || endsRun(errorClass))) return null;
  const status = httpStatus === null ? 'no answer' : `HTTP ${httpStatus}`;
  const page = isPage ? ', a page where an answer should be: is that the address of the API?' : '';
  const said = message === null ? '' : `: ${message}`;
  return { cause: 'canary', class: errorClass, text: `The request that went ahead got ${errorClass} (${status}${page})${said}` };
}

/** Also what would meet every other request: one that is malformed, and a service that cannot be reached. */
function endsRun(errorClass: ErrorClass): boolean {
  return isFatal(errorClass) || errorClass === 'request.invalid' || errorClass === 'network.unreachable' || errorClass === 'unknown';
}
