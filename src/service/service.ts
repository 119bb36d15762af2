/**
 * What Gemini does with a request: quota, prompt filter, overload, error, latency and deadline, output filter.
 * The whole fate is drawn at admission, and each bucket is charged once, at that instant, with what the attempt will
 * finally cost. Told request, draw and time; keeps no clock.
 */
import { findModel } from '../model/catalogue.ts';
import { chance, LABEL } from '../model/chance.ts';
import { invariant } from '../model/errors.ts';
import type { EnforcedBucket, ErrorClass, ModelId, Size } from '../model/names.ts';
import type { Reply, Violation } from '../model/reply.ts';
import { providerOf, type RequestSpec } from '../model/request-spec.ts';
import type { LatencySpec, Scenario, ServiceSpec } from '../model/scenario.ts';
import { smallInteger } from '../model/small-integer.ts';
import type { Admission, Refusal } from '../quota/admission.ts';
import type { Bucket } from '../quota/bucket.ts';
import { bucketSet } from '../quota/bucket-set.ts';
import { REQUESTS_ONLY, unpaidCost, wholeCost } from '../quota/costs.ts';
import { type NamedBucket, quotaName } from '../quota/quota-ids.ts';
import { type Fault, type FaultClass, Faults, faultReply } from './faults.ts';
import { type Latency, latency } from './latency.ts';
import { Overload } from './overload.ts';
import { Provider } from './provider.ts';

export interface ServiceRequest {
  /** From 0. */
  readonly project: number;
  readonly spec: RequestSpec;
}

/** Which draw is meant: chance is a function of these, not of who asked before. */
export interface Draw {
  readonly request: number;
  readonly attempt: number;
}

/** What the service knows beyond what the wire says; for tests and the mock's control API only. */
export interface Truth {
  readonly fate: 'image' | 'refused' | 'overloaded' | 'errored' | 'timedOut' | 'promptBlocked' | 'imageBlocked' | 'faulted';
  /** Every refusing bucket with its own retry instant (epoch ms, Infinity: never), primary first. */
  readonly refusal: Refusal | null;
}

/** Valid until the next call of `answer`. */
export interface Answer {
  readonly reply: Reply;
  readonly afterMs: number;
  readonly truth: Truth;
}

export interface Service {
  /** @param atMs epoch ms, never decreasing */
  answer(request: ServiceRequest, draw: Draw, atMs: number): Answer;
  /** What a fault of a class is answered, whatever the scenario says; takes nothing. */
  fault(faultClass: FaultClass, spec: RequestSpec, atMs: number): Reply;
  /** The second door: a job of rows, whose fate is decided at submission. */
  answerBatch(batch: BatchRequest, atMs: number): BatchAnswer;
  /** Every bucket, for the control API and summaries. */
  readonly buckets: readonly Bucket[];
  /** What it emulates: tier and batch limits are read from here by whoever stands before it. */
  readonly scenario: Scenario;
}

export interface BatchRequest {
  readonly number: number;
  readonly project: number;
  readonly rows: readonly { readonly spec: RequestSpec; readonly request: number; readonly n: number }[];
}

export interface BatchAnswer {
  /** From submission to the end of the job. */
  readonly afterMs: number;
  readonly state: 'succeeded' | 'failed' | 'expired';
  /** One for each row, in order. */
  readonly replies: readonly Reply[];
}

export function service(scenario: Scenario, seed: number): Service {
  return new Gemini(scenario, seed);
}

class Gemini implements Service {
  readonly buckets: readonly Bucket[];
  readonly scenario: Scenario;
  private readonly spec: ServiceSpec;
  private readonly seed: number;
  private readonly tier: Scenario['quota']['tier'];
  private readonly admissions: ReadonlyMap<ModelId, readonly Admission[]>;
  private readonly models = new Map<ModelId, ModelService>();
  private readonly overloadRules: ServiceSpec['overload'];
  /** null: the scenario names none. */
  private readonly providers: ReadonlyMap<string, Provider> | null;
  private readonly answerCell: { reply: Reply; afterMs: number; truth: Truth };
  private readonly refusedTruth: { fate: 'refused'; refusal: Refusal | null } = { fate: 'refused', refusal: null };
  private lastModel: ModelService | null = null;

  constructor(scenario: Scenario, seed: number) {
    this.scenario = scenario;
    this.spec = scenario.service;
    this.seed = seed;
    this.tier = scenario.quota.tier;
    this.overloadRules = scenario.service.overload;
    const providers = Object.entries(scenario.providers);
    this.providers = providers.length === 0 ? null : new Map(providers.map(([name, spec]) => [name, new Provider(spec, seed)]));
    const set = bucketSet(scenario.quota, scenario.clock.startAtMs);
    this.buckets = set.all;
    this.admissions = set.admissions;
    this.answerCell = { reply: OVERLOADED, afterMs: 0, truth: IMAGE };
  }

  answer(request: ServiceRequest, draw: Draw, atMs: number): Answer {
    const { spec } = request;
    if (this.providers !== null) {
      const provider = this.providers.get(providerOf(spec.model) ?? '');
      if (provider) return this.provided(spec, provider, draw, atMs);
    }
    const model = this.lastModel?.id === spec.model ? this.lastModel : this.modelOf(spec.model);
    const admission = model.admissions[request.project];
    invariant(admission, `project ${request.project} is one of the scenario's`);
    const fault = model.faults === null ? null : model.faults.drawn(draw.request, draw.attempt, atMs);
    if (fault !== null && fault.stage === 'entry') return this.turnedAway(fault, model, spec, draw, atMs);
    const costs = model.costsOf(spec);
    const refusal = admission.refusal(costs.whole, atMs);
    if (refusal) return this.refuse(refusal, atMs);
    return this.fate(spec, model, admission, costs, draw, atMs, fault);
  }

  fault(faultClass: FaultClass, spec: RequestSpec, atMs: number): Reply {
    return faultReply(faultClass, { spec, tier: this.tier, buckets: this.buckets, atMs });
  }

  /**
   * Rows touch `monthly` (and `spend10m` where the scenario says so), at half price; a job that the month has no room for is
   * refused whole, and so is one that meets a fault at the door. One draw decides the turnaround of the job; filters and the other
   * faults are drawn for each row.
   */
  answerBatch(batch: BatchRequest, atMs: number): BatchAnswer {
    const { batch: lane, refusalLatencyMs } = this.spec;
    const model = this.modelOf(batch.rows[0]!.spec.model);
    const fault = model.faults?.drawn(batch.number, 0, atMs) ?? null;
    if (fault !== null && fault.stage === 'entry') {
      const { reply, afterMs } = this.turnedAway(fault, model, batch.rows[0]!.spec, { request: batch.number, attempt: 0 }, atMs);
      return { afterMs, state: 'failed', replies: batch.rows.map(() => reply) };
    }
    const account = model.admissions[batch.project]?.buckets ?? [];
    const monthly = account.find((bucket) => bucket.spec.bucket === 'monthly');
    const spend = lane.countsToSpend10m ? account.find((bucket) => bucket.spec.bucket === 'spend10m') : undefined;
    const whole = batch.rows.reduce((sum, row) => sum + row.spec.batchMicroUsd, 0);
    const refusing = [monthly, spend].find((bucket) => bucket && bucket.readyAtMs(whole, atMs) > atMs);
    if (refusing) {
      const body = refusalBody([refusing], this.tier);
      const reply: Reply = {
        kind: 'refused',
        httpStatus: 429,
        ...body,
        retryAfterMs: null,
        message: null,
      };
      return { afterMs: refusalLatencyMs, state: 'failed', replies: batch.rows.map(() => reply) };
    }
    const drawnMs = Math.round(latency({ kind: 'lognormal', ...lane.turnaround })(chance(this.seed, LABEL.turnaround, batch.number, 0)));
    if (drawnMs > lane.expireAfterMs) return { afterMs: lane.expireAfterMs, state: 'expired', replies: batch.rows.map(() => EXPIRED) };
    const replies = batch.rows.map((row) => this.rowReply(row, model, atMs));
    const billed = batch.rows.reduce((sum, row, i) => sum + (replies[i]!.kind === 'image' ? row.spec.batchMicroUsd : 0), 0);
    monthly?.take(billed, atMs);
    spend?.take(billed, atMs);
    return { afterMs: drawnMs, state: 'succeeded', replies };
  }

  private rowReply(row: BatchRequest['rows'][number], model: ModelService, atMs: number): Reply {
    const { blockRatio, promptBlockRatio } = this.spec;
    const fault = model.faults?.drawn(row.request, row.n, atMs) ?? null;
    if (fault !== null && fault.stage !== 'latency' && fault.stage !== 'entry')
      return this.fault(fault.rule.class as FaultClass, row.spec, atMs);
    if (promptBlockRatio > 0 && chance(this.seed, LABEL.promptFilter, row.request, row.n) < promptBlockRatio)
      return model.promptBlocked(row.spec);
    if (blockRatio > 0 && chance(this.seed, LABEL.outputFilter, row.request, row.n) < blockRatio) return model.imageBlocked(row.spec);
    return model.image(row.spec);
  }

  private provided(spec: RequestSpec, provider: Provider, { request, attempt }: Draw, atMs: number): Answer {
    const afterMs = provider.afterMs(request, attempt, atMs);
    if (provider.fails(request, attempt)) return this.say(ERRORED, afterMs, ERROR);
    return this.say({ kind: 'image', images: 1, usage: spec.usage }, afterMs, IMAGE);
  }

  /** A fault of the caller's own making or of its account: touches no bucket. A 429 takes what 429s take, the others no time. */
  private turnedAway(fault: Fault, model: ModelService, spec: RequestSpec, { request, attempt }: Draw, atMs: number): Answer {
    const faultClass = fault.rule.class as FaultClass; // only the later stage `latency` has another
    const usualMs = faultClass.startsWith('quota.') ? this.spec.refusalLatencyMs : 0;
    const afterMs = model.faults?.afterMs(fault, request, attempt) ?? usualMs;
    return this.say(this.fault(faultClass, spec, atMs + afterMs), afterMs, FAULTED);
  }

  /** @param fault what this attempt was drawn to meet, if it gets that far */
  private fate(
    spec: RequestSpec,
    model: ModelService,
    admission: Admission,
    costs: Charges,
    draw: Draw,
    atMs: number,
    fault: Fault | null,
  ): Answer {
    const { seed, spec: service } = this;
    const { request, attempt } = draw;
    const stage = fault === null ? null : fault.stage;
    const faultMs = fault === null || model.faults === null ? null : model.faults.afterMs(fault, request, attempt);
    if (
      stage === 'promptFilter' ||
      (service.promptBlockRatio > 0 && chance(seed, LABEL.promptFilter, request, attempt) < service.promptBlockRatio)
    ) {
      admission.take(costs.unpaid, atMs);
      return this.say(model.promptBlocked(spec), 0, PROMPT_BLOCKED);
    }
    if (stage === 'overload' || model.overload.strikes(request, attempt, atMs)) {
      if (service.overloadConsumes) admission.take(costs.requestsOnly, atMs);
      return this.say(OVERLOADED, faultMs ?? service.overloadLatencyMs, OVERLOAD);
    }
    if (fault !== null && stage === 'error') return this.failed(fault, faultMs, spec, admission, costs, atMs);
    if (service.errorRatio > 0 && chance(seed, LABEL.serverError, request, attempt) < service.errorRatio) {
      if (service.overloadConsumes) admission.take(costs.requestsOnly, atMs);
      return this.say(ERRORED, service.overloadLatencyMs, ERROR);
    }
    const drawnMs = model.latencyOf(spec.size)(chance(seed, LABEL.latency, request, attempt)) * model.overload.latencyFactor(atMs);
    const latencyMs = smallInteger(stage === 'latency' && faultMs !== null ? faultMs : Math.round(drawnMs));
    if (latencyMs > service.deadlineMs) {
      admission.take(costs.whole, atMs);
      return this.say(DEADLINE, service.deadlineMs, TIMED_OUT);
    }
    if (fault !== null && stage === 'outputFilter') {
      admission.take(costs.unpaid, atMs);
      return this.say(this.fault(fault.rule.class as FaultClass, spec, atMs), latencyMs, IMAGE_BLOCKED);
    }
    if (service.blockRatio > 0 && chance(seed, LABEL.outputFilter, request, attempt) < service.blockRatio) {
      admission.take(costs.unpaid, atMs);
      return this.say(model.imageBlocked(spec), latencyMs, IMAGE_BLOCKED);
    }
    admission.take(costs.whole, atMs);
    return this.say(model.image(spec), latencyMs, IMAGE);
  }

  /** A 504 comes when the deadline does and costs everything, as any other; the rest are as quick and as cheap as a 500. */
  private failed(fault: Fault, faultMs: number | null, spec: RequestSpec, admission: Admission, costs: Charges, atMs: number): Answer {
    const { overloadConsumes, overloadLatencyMs, deadlineMs } = this.spec;
    if (fault.rule.class === 'server.timeout') {
      admission.take(costs.whole, atMs);
      return this.say(DEADLINE, faultMs ?? deadlineMs, TIMED_OUT);
    }
    if (overloadConsumes) admission.take(costs.requestsOnly, atMs);
    return this.say(this.fault(fault.rule.class as FaultClass, spec, atMs), faultMs ?? overloadLatencyMs, ERROR);
  }

  /** Takes nothing. The body is the primary's: money names only itself and tells no delay, the others list all their kind. */
  private refuse(refusal: Refusal, atMs: number): Answer {
    const { refusalLatencyMs } = this.spec;
    const body = this.bodyOf(refusal.violations);
    const tellsDelay = refusal.primary.spec.model !== null && refusal.retryAtMs !== Infinity;
    const retryAfterMs = tellsDelay ? smallInteger(Math.max(0, refusal.retryAtMs - atMs - refusalLatencyMs)) : null;
    let reply = body.said;
    if (reply === null || reply.retryAfterMs !== retryAfterMs) {
      reply = { kind: 'refused', httpStatus: 429, class: body.class, violations: body.violations, retryAfterMs, message: null };
      body.said = reply;
    }
    this.refusedTruth.refusal = refusal;
    return this.say(reply, refusalLatencyMs, this.refusedTruth);
  }

  private lastRefusing: readonly Bucket[] | null = null;
  private lastBody: RefusalBody = { class: 'quota.unspecified', violations: [], said: null };
  private readonly bodies = new WeakMap<readonly Bucket[], RefusalBody>();

  /** What refusals by these buckets say, the primary first; made once, since refusals come in crowds. */
  private bodyOf(refusing: readonly Bucket[]): RefusalBody {
    if (refusing === this.lastRefusing) return this.lastBody;
    let body = this.bodies.get(refusing);
    if (!body) {
      body = refusalBody(refusing, this.tier);
      this.bodies.set(refusing, body);
    }
    this.lastRefusing = refusing;
    this.lastBody = body;
    return body;
  }

  private say(reply: Reply, afterMs: number, truth: Truth): Answer {
    const cell = this.answerCell;
    cell.reply = reply;
    cell.afterMs = afterMs;
    cell.truth = truth;
    return cell;
  }

  private modelOf(id: ModelId): ModelService {
    let model = this.models.get(id);
    if (!model) {
      const admissions = this.admissions.get(id);
      invariant(admissions, `limits of ${id} are resolved`);
      model = new ModelService(id, admissions, new Overload(this.overloadRules, this.seed, id), this.faultsOf(id), this.spec.latency[id]);
      this.models.set(id, model);
    }
    this.lastModel = model;
    return model;
  }

  private faultsOf(id: ModelId): Faults | null {
    const { faults } = this.spec;
    return faults.length === 0 ? null : new Faults(faults, this.seed, id);
  }
}

/** What an attempt costs each bucket, by how it ends; aligned with BUCKETS. */
interface Charges {
  readonly whole: readonly number[];
  /** A blocked prompt or image: everything but dollars. */
  readonly unpaid: readonly number[];
  /** A 503 or 500. */
  readonly requestsOnly: readonly number[];
}

class ModelService {
  readonly id: ModelId;
  readonly admissions: readonly Admission[];
  readonly overload: Overload;
  /** null: the scenario asks for none. */
  readonly faults: Faults | null;
  private readonly named: Latency | null;
  private readonly latencies = new Map<Size, Latency>();
  private lastSpec: RequestSpec | null = null;
  private lastCharges: Charges | null = null;
  private readonly charges = new Map<RequestSpec, Charges>();
  private readonly images = new Map<RequestSpec, Reply>();
  private lastImageSpec: RequestSpec | null = null;
  private lastImage: Reply | null = null;

  constructor(id: ModelId, admissions: readonly Admission[], overload: Overload, faults: Faults | null, spec: LatencySpec | undefined) {
    this.id = id;
    this.admissions = admissions;
    this.overload = overload;
    this.faults = faults;
    this.named = spec ? latency(spec) : null;
  }

  costsOf(spec: RequestSpec): Charges {
    if (spec === this.lastSpec) return this.lastCharges!;
    let charges = this.charges.get(spec);
    if (!charges) {
      const whole = wholeCost(spec.inputTokens, spec.listMicroUsd);
      charges = { whole, unpaid: unpaidCost(spec.inputTokens), requestsOnly: REQUESTS_ONLY };
      this.charges.set(spec, charges);
    }
    this.lastSpec = spec;
    this.lastCharges = charges;
    return charges;
  }

  latencyOf(size: Size): Latency {
    if (this.named) return this.named;
    let drawn = this.latencies.get(size);
    if (!drawn) {
      drawn = latency(catalogueLatency(this.id, size));
      this.latencies.set(size, drawn);
    }
    return drawn;
  }

  image(spec: RequestSpec): Reply {
    if (spec === this.lastImageSpec) return this.lastImage!;
    let reply = this.images.get(spec);
    if (!reply) {
      reply = { kind: 'image', images: 1, usage: spec.usage };
      this.images.set(spec, reply);
    }
    this.lastImageSpec = spec;
    this.lastImage = reply;
    return reply;
  }

  imageBlocked(spec: RequestSpec): Reply {
    return { kind: 'blocked', class: 'safety.image', usage: { ...spec.usage, imageTokens: 0, otherTokens: 0 } };
  }

  promptBlocked(spec: RequestSpec): Reply {
    return { kind: 'blocked', class: 'safety.prompt', usage: { ...spec.usage, imageTokens: 0, thoughtsTokens: 0, otherTokens: 0 } };
  }
}

/** Latency that the catalogue knows for a model at a size. */
export function catalogueLatency(id: ModelId, size: Size): LatencySpec {
  const model = findModel(id);
  const known = model?.latencyMs[size] ?? model?.latencyMs[model.defaultSize];
  invariant(known, `the catalogue knows the latency of ${id}`);
  return { kind: 'lognormal', p50Ms: known.p50, p95Ms: known.p95 };
}

function violationOf(bucket: Bucket, tier: Scenario['quota']['tier']): Violation {
  const { spec } = bucket;
  if (spec.model === null) return { bucket: spec.bucket, model: null, limit: null, quotaId: null, quotaMetric: null };
  const name = quotaName(spec.bucket as NamedBucket, tier);
  return { bucket: spec.bucket, model: spec.model, limit: spec.limit, quotaId: name.quotaId, quotaMetric: name.quotaMetric };
}

/** What a quota refusal says but for its delay. */
interface RefusalBody {
  readonly class: ErrorClass;
  readonly violations: readonly Violation[];
  /** The last reply with this body: in a crowd most are told the same delay. */
  said: (Reply & { kind: 'refused' }) | null;
}

/** @param refusing the primary first: a bucket of the account names only itself, the others leave the account's out */
function refusalBody(refusing: readonly Bucket[], tier: Scenario['quota']['tier']): RefusalBody {
  const primary = refusing[0]!;
  const named = primary.spec.model === null ? [primary] : refusing.filter((bucket) => bucket.spec.model !== null);
  const violations = named.map((bucket) => violationOf(bucket, tier));
  return { class: refusalClass(primary.spec.bucket, violations), violations, said: null };
}

function refusalClass(bucket: EnforcedBucket, violations: readonly Violation[]): ErrorClass {
  if (bucket === 'monthly') return 'billing.monthly-cap';
  if (bucket === 'spend10m') return 'quota.spend';
  if (violations.some((violation) => violation.limit === 0)) return 'quota.zero-limit';
  // As the classifier reads a body: the longest period among those named governs.
  return violations.some((violation) => violation.bucket === 'rpd') ? 'quota.rpd' : `quota.${bucket}`;
}

const OVERLOADED: Reply = {
  kind: 'refused',
  httpStatus: 503,
  class: 'capacity.overloaded',
  violations: [],
  retryAfterMs: null,
  message: null,
};
const ERRORED: Reply = { kind: 'refused', httpStatus: 500, class: 'server.internal', violations: [], retryAfterMs: null, message: null };
const DEADLINE: Reply = { kind: 'refused', httpStatus: 504, class: 'server.timeout', violations: [], retryAfterMs: null, message: null };
/** A batch job ran out of time: its rows have no result and cost nothing (assumed). */
const EXPIRED: Reply = { kind: 'refused', httpStatus: 499, class: 'client.cancelled', violations: [], retryAfterMs: null, message: null };
const FAULTED: Truth = { fate: 'faulted', refusal: null };
const IMAGE: Truth = { fate: 'image', refusal: null };
const OVERLOAD: Truth = { fate: 'overloaded', refusal: null };
const ERROR: Truth = { fate: 'errored', refusal: null };
const TIMED_OUT: Truth = { fate: 'timedOut', refusal: null };
const PROMPT_BLOCKED: Truth = { fate: 'promptBlocked', refusal: null };
const IMAGE_BLOCKED: Truth = { fate: 'imageBlocked', refusal: null };
