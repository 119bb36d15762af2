/** How sure a plan is, in three lines and never in one number: by chance, by its inputs, by what it can bear; and what is not known. */
import { isMoney } from '../model/names.ts';
import { isNear } from '../plan/near.ts';
import { type Recommendation, restsOnText } from '../plan/recommendation.ts';
import type { Finalist, Measure, SearchResult } from '../plan/result.ts';
import { type Borne, holdsIfKnown, type Stand } from '../plan/robust.ts';
import { amountOf, intervalText, nameOfBucket, unknownText } from '../plan/say.ts';
import type { UnknownWorth } from '../plan/unknowns.ts';
import { GRADE_WORDS } from './plan-steps.ts';
import { amount, count, counted, dollars, duration, percent } from './words.ts';

export function confidenceLines(result: SearchResult, recommendation: Recommendation, verified: Finalist | null): string[] {
  return [
    `By chance: ${chanceText(result, verified)}`,
    `By its inputs: ${inputText(result, recommendation)}`,
    `By what it can bear: ${bearsText(result, recommendation)}`,
  ];
}

function chanceText({ guarantee, chosen }: SearchResult, verified: Finalist | null): string {
  const seen = verified ?? chosen;
  if (seen.holds.low === seen.holds.high) return 'nothing in it is left to chance, so that one run tells all.';
  const where = verified ? ' that the search never saw' : '';
  const least = seen.holds.mean === 0 ? '' : `, so on ${percent(seen.holds.low)} or more with 95 % confidence`;
  const holds = `the goals hold on ${percent(seen.holds.mean)} of ${count(seen.seeds)} seeds${where}${least}`;
  const { finalists, measure, confidence, indifference, method } = guarantee;
  if (finalists < 2 || measure === null) return `${holds}.`;
  return `${holds}. With ${confidenceText(confidence, method)} confidence it is within ${indifferenceText(measure, indifference)} of the best of its ${count(finalists)} finalists (${method}); how those were found is a heuristic.`;
}

/** An estimate from samples is never certain, whatever it rounds to. */
function confidenceText(confidence: number, method: SearchResult['guarantee']['method']): string {
  return confidence > 0.999 && method !== 'deterministic' ? 'more than 99.9 %' : percent(confidence);
}

function indifferenceText(measure: Measure, value: number): string {
  if (measure === 'success_ratio') return `${count(Math.round(value * 1000) / 10)} points of success`;
  return measure === 'cost_usd' ? dollars(value) : duration(Math.round(value));
}

function inputText({ nearest }: SearchResult, { restsOn, grade }: Recommendation): string {
  if (nearest && nearest.unknown.length > 0) return `what decides is ${unknownText(nearest.unknown)}, and not known to anybody.`;
  if (restsOn.length === 0) return 'no limit is near enough to decide; latency and overload are as the scenario says.';
  const judged = grade === 'live' ? 'you read it, and it may change' : `the weakest of it is ${GRADE_WORDS[grade]}`;
  return `what decides is ${restsOnText(restsOn)}; ${judged}.`;
}

function bearsText(result: SearchResult, { stand }: Recommendation): string {
  const { chosen, feasible } = result;
  if (!feasible && !holdsIfKnown(result)) return 'it misses its goals as it is.';
  const overload = stand?.overload ? ` ${sentence(overloadText(stand.overload))}` : '';
  const limit = feasible ? limitText(chosen, stand) : 'what it needs of the limits that are not known stands above.';
  return `${limit}${overload}`;
}

function limitText(chosen: Finalist, stand: Stand | null): string {
  const { tightestBucket: tightest } = chosen;
  if (tightest === null) return 'no limit is asked for anything.';
  if (!isNear(chosen))
    return `no limit is near: the fullest is ${nameOfBucket(tightest)}, ${percent(tightest.utilisation)} of it asked for.`;
  const doubt = stand?.doubt ?? null;
  if (doubt === null)
    return stand?.unknown
      ? 'see what nobody knows, above.'
      : 'the tightest limit is your own or the run is long: lower values of it were not tried.';
  const { limit, holdsFrom } = doubt;
  if (holdsFrom === null)
    return `${nameOfBucket(limit)} is tightest, and at ${amountOf(limit)} it holds on too few of the seeds of this test.`;
  return holdsFrom >= limit.limit!
    ? `it needs all of ${nameOfBucket(limit)}, ${amountOf(limit)}, and nothing less.`
    : `it holds while ${nameOfBucket(limit)} is about ${amountOf({ ...limit, limit: holdsFrom })} or more; ${amountOf(limit)} were taken for it.`;
}

function overloadText({ ratio, holdsTo }: Borne): string {
  if (holdsTo === null) return `with ${percent(ratio)} of 503 in the worst hours it holds on too few of the seeds of this test`;
  const more = holdsTo - ratio < 0.01 ? 'hardly more than' : `up to about ${percent(holdsTo)}, against`;
  return `of 503 in the worst hours it bears ${more} the ${percent(ratio)} that were taken`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

// ---- what nobody knows

export function unknownLines({ chosen, feasible }: SearchResult, { stand }: Recommendation): string[] {
  const { assumptions } = chosen.candidate;
  const taken = assumptions.map((one) => {
    const [low, high] = one.interval;
    const ends = intervalText([amount(one.bucket, inUnit(one.bucket, low)), amount(one.bucket, inUnit(one.bucket, high))]);
    return `${nameOfBucket(one)} at tier ${one.tier} is taken as ${ends}, and its low end was used: ${one.why}.`;
  });
  const silent = (stand?.silent ?? []).flatMap(silentLines);
  const unknown = stand?.unknown ?? null;
  if (unknown === null) return [...taken, ...silent];
  const subject = feasible ? 'The plan' : 'What comes nearest';
  const robust =
    unknown.cornersHeldRatio === 1
      ? `${subject} holds at every end of these intervals.`
      : `${subject} holds at ${percent(unknown.cornersHeldRatio)} of the ends of these intervals; the one that loses least where it loses most is ${unknown.robust}.`;
  return [...taken, robust, ...unknown.unknowns.flatMap((one) => worthLines(one, unknown.unknowns.length > 1)), ...silent];
}

/** Nothing is taken for these: they refuse nothing in any simulation, and that is no promise. */
function silentLines({ limit, holdsFrom, measurement }: Stand['silent'][number]): string[] {
  const needs =
    holdsFrom === null
      ? 'how low it may be was not tried, the run is long'
      : `the plan needs about ${amountOf({ ...limit, limit: holdsFrom })} of it and no more`;
  return [`${nameOfBucket(limit)} is not known and refused nothing here; ${needs}.`, measurementLine(measurement)];
}

function measurementLine({ how, costUsd, minutes }: UnknownWorth['measurement']): string {
  return `   To know it: ${how}. That costs ${costUsd === 0 ? 'nothing' : dollars(costUsd)} and ${counted(minutes, 'minute')}.`;
}

function worthLines({ unknown, holdsFrom, cheaperIfHigh, evpi, measurement }: UnknownWorth, hasOthers: boolean): string[] {
  const { bucket, interval } = unknown;
  const value = (number: number): string => amount(bucket, inUnit(bucket, number));
  const holds =
    holdsFrom === null
      ? `it does not hold even at ${value(interval[1])}${hasOthers ? ' with the others at their low ends' : ''}`
      : `it holds from about ${value(holdsFrom)} on`;
  const cheaper = cheaperIfHigh === null ? '' : `; were it ${value(interval[1])}, ${cheaperIfHigh} would do`;
  const worth = evpi === 0 ? '' : `; to know it is worth ${percent(evpi)} of seeds at most`;
  return [
    `${nameOfBucket(unknown)}, ${intervalText([value(interval[0]), value(interval[1])])}: ${holds}${cheaper}${worth}.`,
    measurementLine(measurement),
  ];
}

/** Dollars for money, which is kept in micro-dollars. */
function inUnit(bucket: Parameters<typeof isMoney>[0], value: number): number {
  return isMoney(bucket) ? value / 1e6 : value;
}
