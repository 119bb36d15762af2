/** What stands in the way where nothing that is allowed holds: what arithmetic said, or what the nearest plan still failed of. */
import { type BucketName, TIERS } from '../model/names.ts';
import type { Field } from './candidates.ts';
import type { Finalist, Nearest, Pruned, Reason } from './result.ts';
import { listed } from './say.ts';

type Obstacle = Nearest['obstacle'];

/** Reasons that are no arithmetic: those were simulated, or might have been. */
const NOT_RULED_OUT: ReadonlySet<Reason> = new Set(['RANK', 'HALVED', 'DOM']);

/** In words what rules a candidate out that is no limit. */
const WHAT: Readonly<Partial<Record<Reason, string>>> = {
  CAP: 'the list price of what is asked for',
  RETRY: 'overload (503)',
  LITTLE: 'the number of requests in flight',
  PACE: 'the pace',
};

export function obstacleTo(finalist: Finalist, pruned: readonly Pruned[], fields: readonly Field[]): Obstacle {
  const { tier } = finalist.candidate;
  const ruled = pruned.filter(({ reason }) => !NOT_RULED_OUT.has(reason));
  const own = ruled.filter((one) => one.tier === tier).toSorted((a, b) => b.count - a.count);
  const candidates = fields.reduce((sum, field) => sum + (field.ground.tier === tier ? field.candidates.length : 0), 0);
  const isRuledOut = own.reduce((sum, { count }) => sum + count, 0) >= candidates;
  const most = own[0] ?? (candidates === 0 ? ruled[0] : undefined);
  if (!isRuledOut || !most) return simulated(finalist);
  const byTier = TIERS.flatMap((each) => ruled.filter((one) => one.tier === each).toSorted((a, b) => b.count - a.count)[0] ?? []);
  return {
    reason: most.reason,
    bucket: most.bucket ?? null,
    what: most.bucket ?? WHAT[most.reason] ?? null,
    explanation: [...new Set(byTier.map(({ explanation }) => explanation))].join('; '),
  };
}

/** A limit only where it refused, or where more is asked of it than it allows: a 503 is no quota, and a filter no overload. */
function simulated(finalist: Finalist): Obstacle {
  const { constraints, refused, firstBucket, tightestBucket: tightest } = finalist;
  const missed = constraints.filter(({ holdsRatio }) => holdsRatio < 1).map(({ constraint }) => constraint);
  const isOfMoney = missed.length > 0 && missed.every(({ metric }) => metric.startsWith('cost_usd'));
  const isOfTime = missed.length > 0 && missed.every(({ metric }) => metric.includes('_ms'));
  const binding: BucketName | null = tightest !== null && (tightest.utilisation ?? Infinity) > 1 ? tightest.bucket : null;
  const bucket = isOfMoney ? null : (binding ?? (refused.throttled > refused.overloaded ? firstBucket : null));
  const others: readonly (readonly [string, number])[] = [
    ['overload (503)', refused.overloaded],
    ['an error or a timeout', refused.errored],
    ['the safety filter', refused.blocked],
    ["the client's own queue", refused.dropped],
  ];
  const [worst] = others.filter(([, count]) => count > 0).toSorted(([, a], [, b]) => b - a);
  return {
    reason: 'SIMULATED',
    bucket,
    what: isOfMoney ? WHAT.CAP! : (bucket ?? (isOfTime ? null : (worst?.[0] ?? null))),
    explanation: `simulated, ${listed(missed.map(({ expression }) => expression))} ${missed.length === 1 ? 'is' : 'are'} missed by every candidate; of a run of the nearest ${lossText(refused)}`,
  };
}

function lossText({ throttled, overloaded, errored, dropped, failed, blocked }: Finalist['refused']): string {
  const each = (value: number): string => (Math.round(value * 10) / 10).toLocaleString('en-US');
  return `${each(failed)} requests fail, ${each(blocked)} are blocked and ${each(dropped)} dropped, after ${each(throttled)} refusals (429), ${each(overloaded)} overload answers (503) and ${each(errored)} other errors and timeouts`;
}
