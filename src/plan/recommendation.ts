/**
 * What a search found, as an engineer would say it to another: what to set, in the order to try it, what each step is worth, which
 * bucket it relieves, what binds after it, and what it leaves as it is.
 */
import { type BucketName, type Grade, isMoney, type ModelId, type Tier } from '../model/names.ts';
import type { LimitSpec, Scenario } from '../model/scenario.ts';
import { enforcedLimit } from '../quota/bucket-set.ts';
import { batchBreakEven } from './break-even.ts';
import { type Lanes, lanes } from './lanes.ts';
import { isNear } from './near.ts';
import type { Candidate, Change, Finalist, Lever, Measured, Nearest, Problem, SearchResult, Step } from './result.ts';
import type { Stand } from './robust.ts';
import { amountOf, listed, nameOfBucket, unknownText } from './say.ts';
import { bridge, type TierBridge } from './tier-bridge.ts';

/** How good the numbers are that a line rests on, best first: read live by the user, then the grades of sources, then nothing at all. */
export type InputGrade = 'live' | Grade | 'unknown';
const GRADES: readonly InputGrade[] = ['live', 'observed', 'documented', 'community', 'assumed', 'unknown'];

export interface RecommendationLine {
  /** `limits` stands for reading one's own, `spend` for the dollars per ten minutes, which no setting changes. */
  readonly about: Lever | 'read limits' | 'spend';
  /** Empty where there is nothing to set. */
  readonly changes: readonly Change[];
  /** After minus before, on the same seeds; null where nothing is set. */
  readonly effect: Measured | null;
  readonly relieves: BucketName | null;
  readonly bindsNext: Finalist['tightestBucket'];
  /** That was the tightest before it, too. */
  readonly isStillTightest: boolean;
  readonly why: string;
  readonly doesNotFix: string | null;
  /** The worst of the limits that it relieves or that bind after it. */
  readonly grade: InputGrade;
}

/** A limit that decides, at the tier where it does. */
export interface RestsOn {
  readonly limit: LimitSpec;
  readonly tier: Tier;
  readonly grade: InputGrade;
}

export interface Recommendation {
  /** `keep`: change nothing. */
  readonly answer: 'keep' | 'change' | 'infeasible';
  readonly lines: readonly RecommendationLine[];
  /** The limits that decide under the chosen settings, with where each comes from; the overall grade is the worst. */
  readonly restsOn: readonly RestsOn[];
  readonly grade: InputGrade;
  readonly nearest: Nearest | null;
  readonly bridge: TierBridge | null;
  /** Of the chosen settings; null: they make no request. */
  readonly lanes: Lanes | null;
  /** null: not looked at, such as after an interruption. */
  readonly stand: Stand | null;
}

export function recommendation(problem: Problem, result: SearchResult, stand: Stand | null): Recommendation {
  const { base, chosen, steps, feasible, nearest } = result;
  const limitsAt = new LimitsAt(problem);
  const answer = !feasible ? 'infeasible' : chosen.candidate.changes.length === 0 ? 'keep' : 'change';
  const restsOn = deciding(limitsAt, chosen);
  const usdPerRun = base.measured.cost_usd?.mean ?? 0;
  return {
    answer,
    lines: [
      ...(answer === 'keep' ? [] : readLimits(limitsAt, base, chosen, nearest?.unknown ?? [])),
      ...(answer === 'keep' ? [] : spendLine(problem, base, steps)),
      ...steps.map((step) => lineOf(problem, limitsAt, step)),
    ],
    restsOn,
    grade: worst(restsOn.map(({ grade }) => grade)),
    nearest,
    bridge:
      chosen.candidate.tier > problem.scenario.quota.tier ? bridge(problem.scenario, chosen.candidate.tier, usdPerRun, problem.seed) : null,
    lanes: lanes(limitsAt.scenarioOf(chosen.candidate)),
    stand,
  };
}

// ---- lines

/** First of all, where a limit that decides was not read by the user: everything else rests on it. */
function readLimits(limitsAt: LimitsAt, base: Finalist, chosen: Finalist, unknown: readonly LimitSpec[]): RecommendationLine[] {
  const decide = [...deciding(limitsAt, base), ...deciding(limitsAt, chosen)].filter(({ grade }) => grade !== 'live');
  if (decide.length === 0 && unknown.length === 0) return [];
  const rests = decide.length === 0 ? '' : ` This plan rests on ${restsOnText(decide)}.`;
  const open = unknown.length === 0 ? '' : ` Nobody knows ${unknownText(unknown)}, and nothing can be promised without.`;
  return [
    {
      about: 'read limits',
      changes: [],
      effect: null,
      relieves: null,
      bindsNext: null,
      isStillTightest: false,
      why: `Read your own limits in AI Studio and write them under quota.limits, then plan again.${open}${rests}`,
      doesNotFix: null,
      grade: unknown.length > 0 ? 'unknown' : worst(decide.map(({ grade }) => grade)),
    },
  ];
}

/** Where dollars bind, it is said before anything is set: a request limit that is raised does nothing against them. */
function spendLine({ scenario }: Problem, base: Finalist, steps: readonly Step[]): RecommendationLine[] {
  const { tightestBucket: tightest } = base;
  const isOverAsked = tightest !== null && (tightest.utilisation ?? Infinity) > 1;
  const decides = isOverAsked ? tightest.bucket : base.firstBucket;
  if (decides !== 'spend10m') return [];
  const limit = scenario.quota.limits.find(({ bucket }) => bucket === 'spend10m');
  const enforced = limit && enforcedLimit(limit);
  const prices = scenario.traffic.filter(({ lane }) => lane === 'interactive').map(({ request }) => request.listMicroUsd);
  if (!limit || enforced === null || enforced === undefined || prices.length === 0) return [];
  const dearest = Math.max(...prices);
  const images = Math.floor(enforced / dearest);
  return [
    {
      about: 'spend',
      changes: [],
      effect: null,
      relieves: 'spend10m',
      bindsNext: steps.at(-1)?.after.tightestBucket ?? null,
      isStillTightest: steps.at(-1)?.after.tightestBucket?.bucket === 'spend10m',
      why: `${amountOf(limit)} in any ten minutes are ${images} images at $${(dearest / 1e6).toFixed(3)}, ${(images / 10).toFixed(1)} a minute: this is what decides, not requests.`,
      doesNotFix: 'Raising a request limit (rpm, ipm, rpd) would change nothing.',
      grade: gradeOf(limit),
    },
  ];
}

function lineOf(problem: Problem, limitsAt: LimitsAt, step: Step): RecommendationLine {
  const { before, after, difference, changes } = step;
  const about = changes[0]!.lever;
  const relieves = relievedBy(before, after);
  const next = after.tightestBucket;
  const touched = [
    ...limitsAt.of(before.candidate).filter(({ bucket }) => bucket === relieves),
    ...limitsAt.of(after.candidate).filter(({ bucket, model }) => bucket === next?.bucket && model === next.model),
  ].filter(({ state }) => state !== 'none');
  return {
    about,
    changes,
    effect: difference,
    relieves,
    bindsNext: next,
    isStillTightest: next !== null && next.bucket === before.tightestBucket?.bucket && next.model === before.tightestBucket.model,
    why: whyOf(before, after, relieves),
    doesNotFix: doesNotFix(problem.scenario, changes, relieves, after),
    grade: worst(touched.map(gradeOf)),
  };
}

/** The bucket that bound, where it has more room now; else the one that refused first, where less is refused or lost by it. */
function relievedBy(before: Finalist, after: Finalist): BucketName | null {
  const was = before.tightestBucket;
  const now = after.tightestBucket;
  const isBinding = was !== null && (was.utilisation === null || was.utilisation > 1);
  const isEased = now?.bucket !== was?.bucket || (now?.utilisation ?? Infinity) < (was?.utilisation ?? Infinity);
  if (isBinding && isEased) return was.bucket;
  return isRefusedLess(before, after) || isLostLess(before, after) ? before.firstBucket : null;
}

function isRefusedLess(before: Finalist, after: Finalist): boolean {
  return after.refused.throttled < before.refused.throttled;
}

/** Requests fail less often, and it was not overload that they failed by. */
function isLostLess(before: Finalist, after: Finalist): boolean {
  return after.refused.failed < before.refused.failed && before.refused.throttled > before.refused.overloaded;
}

function whyOf(before: Finalist, after: Finalist, relieves: BucketName | null): string {
  const each = (value: number): string => (Math.round(value * 10) / 10).toLocaleString('en-US');
  const changed = (
    [
      ['refusals (429)', 'throttled'],
      ['overload answers (503)', 'overloaded'],
      ['requests dropped by the client', 'dropped'],
      ['requests failed', 'failed'],
    ] as const
  ).flatMap(([what, key]) =>
    each(before.refused[key]) === each(after.refused[key])
      ? []
      : [`${what} go from ${each(before.refused[key])} to ${each(after.refused[key])} a run`],
  );
  const first =
    relieves === null ? '' : isRefusedLess(before, after) ? `It relieves ${relieves}. ` : `What ${relieves} refuses comes again later. `;
  if (changed.length === 0) return `${first}As many requests are refused, dropped and failed as before.`;
  const text = changed.join(', ');
  return `${first}${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What somebody might hope of it in vain. */
function doesNotFix(scenario: Scenario, changes: readonly Change[], relieves: BucketName | null, after: Finalist): string {
  const { lever, to } = changes[0]!; // a step changes something
  const overloaded = Math.round(after.refused.overloaded);
  switch (lever) {
    case 'tier':
      return [
        'No tier cures a 503',
        overloaded > 0 ? `: ${overloaded} a run remain.` : '.',
        relieves !== null && isMoney(relieves) ? ' Request limits were not what bound: raising them alone would change nothing.' : '',
      ].join('');
    case 'pace':
    case 'limits':
    case 'concurrency':
      if (isLooser(changes[0]!)) return 'It adds nothing to what a day, a month or ten minutes allow.';
      return 'It makes bursts wait and adds nothing to what a day, a month or ten minutes allow.';
    case 'queue':
      return 'Nothing is delivered sooner: what was dropped now waits.';
    case 'retry':
      return waitsForTheDay(to)
        ? 'The limit of a day is as low as before: what it refuses comes a day later.'
        : 'Against a spent day, month or spend window no retry makes an image.';
    case 'breaker':
      return 'The service is as overloaded as before.';
    case 'batch':
      return `For people who wait it is nothing: an answer takes hours (assumed), and it pays only where an image at once is worth less than ${breakEvenText(scenario)} more.`;
    case 'schedule':
      return 'The limits are the same at any hour: it moves requests and adds none.';
    case 'fallback':
    case 'model':
      return 'These are images of another model, at its price and under limits of its own.';
    case 'size':
      return 'rpm, ipm and rpd count a small image like a large one.';
    case 'projects':
      return 'Projects of one billing account share its spend window and monthly cap (assumed), and the terms may forbid spreading to get around quota.';
    default:
      return lever satisfies never;
  }
}

/** Fewer wait for the client than before. */
function isLooser({ lever, from, to }: Change): boolean {
  return to === 'none' || (lever === 'concurrency' && typeof from === 'number' && typeof to === 'number' && to > from);
}

function waitsForTheDay(retry: unknown): boolean {
  return typeof retry === 'object' && retry !== null && 'onDailyLimit' in retry && retry.onDailyLimit === 'wait';
}

function breakEvenText({ traffic }: Scenario): string {
  const cheapest = Math.min(
    ...traffic.map(({ request }) => batchBreakEven({ interactive: request.listMicroUsd, batch: request.batchMicroUsd })),
  );
  return `$${(cheapest / 1e6).toFixed(3)}`;
}

// ---- what it rests on

/** The limits that refuse first or are tightest. */
function deciding(limitsAt: LimitsAt, finalist: Finalist): RestsOn[] {
  const { candidate, firstBucket } = finalist;
  const tightest = isNear(finalist) ? finalist.tightestBucket : null;
  const called = limitsAt.modelsOf(candidate);
  return limitsAt
    .of(candidate)
    .filter(
      ({ bucket, model, state }) =>
        state !== 'none' &&
        ((bucket === firstBucket && (model === null || called.has(model))) || (bucket === tightest?.bucket && model === tightest.model)),
    )
    .map((limit) => ({ limit, tier: candidate.tier, grade: gradeOf(limit) }));
}

/** `rpd of gemini-3-pro-image 250 at tier 1 (community, 2026-02)`, each once. */
export function restsOnText(all: readonly RestsOn[]): string {
  const texts = all.map(({ limit, tier, grade }) => {
    const date = limit.source.asOf === null || grade === 'live' ? '' : `, ${limit.source.asOf}`;
    return `${nameOfBucket(limit)} ${amountOf(limit)} at tier ${tier} (${grade === 'live' ? 'read live' : grade}${date})`;
  });
  return listed([...new Set(texts)]);
}

function gradeOf({ state, interval, source }: LimitSpec): InputGrade {
  if (state === 'unknown') return interval === null ? 'unknown' : 'assumed';
  return source.from === 'scenario' ? 'live' : source.grade;
}

function worst(grades: readonly InputGrade[]): InputGrade {
  return grades.reduce<InputGrade>((low, grade) => (GRADES.indexOf(grade) > GRADES.indexOf(low) ? grade : low), 'live');
}

/** The limits that hold under a candidate's settings; resolved once for each. */
class LimitsAt {
  private readonly problem: Problem;
  private readonly scenarios = new Map<string, Scenario>();

  constructor(problem: Problem) {
    this.problem = problem;
  }

  of(candidate: Candidate): readonly LimitSpec[] {
    return this.scenarioOf(candidate).quota.limits;
  }

  modelsOf(candidate: Candidate): ReadonlySet<ModelId> {
    return new Set(this.scenarioOf(candidate).traffic.map(({ request }) => request.model));
  }

  scenarioOf(candidate: Candidate): Scenario {
    const key = JSON.stringify(candidate.settings);
    const known = this.scenarios.get(key);
    if (known) return known;
    const scenario = candidate.settings.length === 0 ? this.problem.scenario : this.problem.resolve(candidate.settings);
    this.scenarios.set(key, scenario);
    return scenario;
  }
}
