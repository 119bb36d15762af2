/** What a live run taught: limits that answers gave away, and how far the prediction was off. */
import type { Compared } from '../analysis/prediction.ts';
import { type RevealedLimit, statedLimits } from '../analysis/revealed.ts';
import type { LimitSpec, Scenario } from '../model/scenario.ts';
import { type TableColumn, table } from './table.ts';
import { count, counted, dollars, duration, percent } from './words.ts';

export interface LiveLessons {
  readonly limits: readonly RevealedLimit[];
  /** Against the profile that the scenario names. */
  readonly prediction: readonly Compared[];
  /** With the limits that answers stated; null: they stated nothing that was not known. */
  readonly informed: readonly Compared[] | null;
}

/** Ends with a line end. @param limitsFile where they were written; null: nowhere */
export function liveLessonsText(
  { limits, prediction, informed }: LiveLessons,
  quota: Scenario['quota'],
  limitsFile: string | null,
): string {
  const stated = statedLimits(limits);
  const settings = stated.map(({ model, bucket, value }) => `--set 'quota.limits."${model}".${bucket}=${value}'`);
  return [
    'What the answers taught',
    ...(limits.length === 0 ? ['No answer named a limit.'] : limits.map(lesson)).map(indented),
    ...otherTiers(limits, quota.tier).map(indented),
    ...(settings.length === 0
      ? []
      : [
          `To count with ${settings.length === 1 ? 'it' : 'them'}: ${settings.join(' ')}${limitsFile === null ? '' : `, or quota.profile: ${limitsFile}`}`,
        ].map(indented)),
    '',
    `Prediction and reality (the same arrivals, simulated with profile ${quota.profile}, tier ${quota.tier})`,
    ...table(
      COLUMNS,
      prediction.map((one) => cells(one, informed)),
    ).map(indented),
    ...(informed === null ? [] : [indented('"informed" is the same simulation with the limits that the answers stated.')]),
    '',
  ].join('\n');
}

const COLUMNS: readonly TableColumn[] = ['', 'predicted', 'informed', 'real', 'off by'].map((title, index) => ({
  title,
  align: index === 0 ? 'left' : 'right',
}));

function lesson(limit: RevealedLimit): string {
  const { bucket, model, quotaId, values, refusals, delayMs, judgement, assumed } = limit;
  const owner = model === null ? 'the account' : model;
  const told = delayMs === null ? 'told no delay' : `told to wait ${span(delayMs)}`;
  const name = quotaId === null ? '' : `, ${quotaId}`;
  return `${bucket} of ${owner}: ${said(values, judgement, assumed)} (${counted(refusals, 'refusal')}, ${told}${name})`;
}

/** Names of quotas end in their tier, but for those of tier 1 and of other services. Source: captured bodies, 2025-10 to 2026-10. */
function otherTiers(limits: readonly RevealedLimit[], tier: Scenario['quota']['tier']): string[] {
  const named = new Set(limits.flatMap(({ quotaId }) => /-(?:(Free)Tier|PaidTier([23]))$/.exec(quotaId ?? '')?.slice(1) ?? []));
  return [...named].flatMap((one) => {
    const real = one?.toLowerCase();
    return real === undefined || real === tier
      ? []
      : [`By the names of these quotas the project is on tier ${real}, not ${tier} as the scenario has it.`];
  });
}

function span({ min, max }: { readonly min: number; readonly max: number }): string {
  return min === max ? duration(min) : `${duration(min)} to ${duration(max)}`;
}

function said(values: readonly number[], judgement: RevealedLimit['judgement'], assumed: LimitSpec | null): string {
  const stated = values.map(count).join(', then ');
  const from = assumed === null || assumed.source.from === 'scenario' ? 'the scenario' : assumed.source.from;
  const before = assumed?.state === 'none' ? 'no limit' : count(assumed?.limit ?? 0);
  switch (judgement) {
    case 'as-assumed':
      return `limit ${stated}, as ${from} has it`;
    case 'differs':
      return `limit ${stated}, not ${before} as ${from} has it`;
    case 'was-unknown':
      return `limit ${stated}, which ${from} does not know`;
    case 'not-stated':
      return 'refused without stating a value';
    default:
      return judgement satisfies never;
  }
}

function cells(one: Compared, informed: readonly Compared[] | null): string[] {
  const same = informed?.find(({ metric }) => metric === one.metric) ?? null;
  const show = (value: number | null): string => (value === null ? '–' : shown(value, one.unit));
  const sign = (one.difference ?? 0) > 0 ? '+' : (one.difference ?? 0) < 0 ? '−' : '';
  return [
    one.metric,
    show(one.predicted),
    same === null ? '–' : show(same.predicted),
    show(one.real),
    one.difference === null ? '–' : `${sign}${shown(Math.abs(one.difference), one.unit)}`,
  ];
}

function shown(value: number, unit: Compared['unit']): string {
  switch (unit) {
    case 'ratio':
      return percent(value);
    case 'ms':
      return duration(value);
    case 'usd':
      return dollars(value);
    case 'count':
      return count(value);
    default:
      return unit satisfies never;
  }
}

function indented(text: string): string {
  return `  ${text}`;
}
