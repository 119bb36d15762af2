/**
 * Faults that a scenario asks for: which attempt meets one, where on its way, and what it is answered.
 *
 * One draw decides for an attempt: the shares of the rules in force add up, in the order of the service's own steps and within a
 * step in the order of the file, so that `{class: A, ratio: 0.3}` and `{class: B, ratio: 0.2}` are 30 % and 20 % of all attempts.
 * What passes 1 never comes. A fault of a later step is met only by attempts that get that far.
 */
import { chance, LABEL } from '../model/chance.ts';
import type { BucketName, ErrorClass, ModelId, Tier } from '../model/names.ts';
import type { Reply, Violation } from '../model/reply.ts';
import type { RequestSpec } from '../model/request-spec.ts';
import type { FaultRule } from '../model/scenario.ts';
import { MINUTE_MS } from '../model/time.ts';
import type { Bucket } from '../quota/bucket.ts';
import { nextMidnightMs } from '../quota/calendar.ts';
import { quotaName } from '../quota/quota-ids.ts';
import { holds } from './overload.ts';

/** Where an attempt meets its fault, in the order of the service's work; `latency` delivers, but late. */
const STAGES = ['entry', 'promptFilter', 'overload', 'error', 'latency', 'outputFilter'] as const;
export type FaultStage = (typeof STAGES)[number];

export interface Fault {
  readonly stage: FaultStage;
  readonly rule: FaultRule;
}

/** HTTP status of the class's first answer in the error catalogue: what a fault of the class is answered. A test holds the two together. */
const STATUS = {
  'quota.rpm': 429,
  'quota.tpm': 429,
  'quota.ipm': 429,
  'quota.rpd': 429,
  'quota.tpd': 429,
  'quota.spend': 429,
  'quota.zero-limit': 429,
  'quota.unspecified': 429,
  'quota.shared-capacity': 429,
  'billing.monthly-cap': 429,
  'billing.prepay-depleted': 429,
  'capacity.overloaded': 503,
  'server.internal': 500,
  'server.timeout': 504,
  'server.bad-gateway': 502,
  'client.cancelled': 499,
  'auth.key-invalid': 400,
  'auth.key-expired': 400,
  'auth.key-leaked': 403,
  'auth.key-missing': 403,
  'auth.key-mismatch': 403,
  'auth.api-blocked': 403,
  'auth.api-disabled': 403,
  'auth.iam': 403,
  'auth.region': 403,
  'auth.billing-disabled': 403,
  'auth.suspended': 403,
  'auth.project-denied': 403,
  'auth.referrer-or-ip-blocked': 403,
  'auth.provider-block': 403,
  'request.invalid': 400,
  'request.location-unsupported': 400,
  'request.free-tier-unavailable': 400,
  'request.model-not-found': 404,
  'request.model-closed': 404,
  'safety.prompt': 200,
  'safety.image': 200,
  'safety.prohibited': 200,
  'safety.no-image': 200,
  'safety.recitation': 200,
} as const satisfies Partial<Record<ErrorClass, number>>;

export type FaultClass = keyof typeof STATUS;
/** Classes that an answer can carry. */
export const FAULT_CLASSES = Object.keys(STATUS) as readonly FaultClass[];

/** Faults of one model. */
export class Faults {
  private readonly faults: readonly Fault[];
  private readonly seed: number;

  constructor(rules: readonly FaultRule[], seed: number, model: ModelId) {
    this.seed = seed;
    this.faults = rules
      .filter(({ models }) => models === null || models.includes(model))
      .map((rule) => ({ stage: stageOf(rule.class), rule }))
      .sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
  }

  /** The fault that an attempt meets if it gets that far; null for none. */
  drawn(request: number, attempt: number, atMs: number): Fault | null {
    let left = chance(this.seed, LABEL.fault, request, attempt);
    for (const fault of this.faults) {
      const { span, ratio } = fault.rule;
      if (span !== null && !holds(span, atMs)) continue;
      if (left < ratio) return fault;
      left -= ratio;
    }
    return null;
  }

  /** How long a fault lets its attempt wait, where its rule says so; uniform between the two ends. */
  afterMs({ rule }: Fault, request: number, attempt: number): number | null {
    if (rule.afterMs === null) return null;
    const { fromMs, toMs } = rule.afterMs;
    return Math.round(fromMs + (toMs - fromMs) * chance(this.seed, LABEL.faultLatency, request, attempt));
  }
}

function stageOf(faultClass: FaultRule['class']): FaultStage {
  if (faultClass === 'slow') return 'latency';
  if (faultClass === 'safety.prompt') return 'promptFilter';
  switch (faultClass.slice(0, faultClass.indexOf('.'))) {
    case 'capacity':
      return 'overload';
    case 'server':
    case 'client':
      return 'error';
    case 'safety':
      return 'outputFilter';
    default:
      return 'entry';
  }
}

/** What a fault says beyond its class. */
export interface FaultContext {
  readonly spec: RequestSpec;
  readonly tier: Tier;
  /** Whose limits a quota's name states. */
  readonly buckets: readonly Bucket[];
  /** Epoch ms at which the answer reaches the caller, from where told delays count. */
  readonly atMs: number;
}

/**
 * The reply of a class: its status, and for a quota its name, its limit where one is known, and the wait until the minute or the
 * Pacific day is over. Money names only itself and tells no delay, as real answers do.
 */
export function faultReply(faultClass: FaultClass, context: FaultContext): Reply {
  const httpStatus = STATUS[faultClass];
  if (httpStatus === 200) return { kind: 'blocked', class: faultClass, usage: withheldUsage(faultClass, context.spec) };
  const named = NAMED[faultClass];
  return {
    kind: 'refused',
    httpStatus,
    class: faultClass,
    violations: named === undefined ? [] : [violationOf(named, faultClass === 'quota.zero-limit', context)],
    retryAfterMs: untilMs(faultClass, context.atMs),
    message: null,
  };
}

/** Nothing is drawn when the prompt is refused; afterwards the model has thought. */
function withheldUsage(faultClass: FaultClass, { usage }: RequestSpec): typeof usage {
  const thoughtsTokens = faultClass === 'safety.prompt' ? 0 : usage.thoughtsTokens;
  return { promptTokens: usage.promptTokens, imageTokens: 0, thoughtsTokens, otherTokens: 0 };
}

type Named = 'rpm' | 'tpm' | 'ipm' | 'rpd' | 'tpd' | 'monthly' | 'spend10m';

const NAMED: Partial<Readonly<Record<FaultClass, Named>>> = {
  'quota.rpm': 'rpm',
  'quota.tpm': 'tpm',
  'quota.ipm': 'ipm',
  'quota.rpd': 'rpd',
  'quota.tpd': 'tpd',
  'quota.zero-limit': 'rpm',
  'quota.spend': 'spend10m',
  'billing.monthly-cap': 'monthly',
};

function violationOf(bucket: Named, isZero: boolean, { spec, tier, buckets }: FaultContext): Violation {
  if (bucket === 'monthly' || bucket === 'spend10m') return { bucket, model: null, limit: null, quotaId: null, quotaMetric: null };
  const { quotaId, quotaMetric } = quotaName(bucket, tier);
  return { bucket, model: spec.model, limit: isZero ? 0 : limitOf(bucket, spec.model, buckets), quotaId, quotaMetric };
}

/** null where no limit above 0 is enforced: a limit of 0 is another class. */
function limitOf(bucket: BucketName, model: ModelId, buckets: readonly Bucket[]): number | null {
  return buckets.find(({ spec }) => spec.bucket === bucket && spec.model === model)?.spec.limit || null;
}

function untilMs(faultClass: FaultClass, atMs: number): number | null {
  switch (faultClass) {
    case 'quota.rpm':
    case 'quota.tpm':
    case 'quota.ipm':
      return MINUTE_MS - (atMs % MINUTE_MS);
    case 'quota.rpd':
    case 'quota.tpd':
      return nextMidnightMs(atMs) - atMs;
    default:
      return null;
  }
}
