/** The steps of a plan in words: what to set, what it is worth, what binds after it, what it does not fix. */
import type { Interval } from '../analysis/statistics.ts';
import type { InputGrade, RecommendationLine } from '../plan/recommendation.ts';
import type { Change, Measure, Measured } from '../plan/result.ts';
import { listed, nameOfBucket, valueText } from '../plan/say.ts';
import { count, dollars, duration, percent } from './words.ts';

/** A title, and below it indented lines. */
export function stepLines(line: RecommendationLine, index: number): string[] {
  const title = `${index + 1}. ${titleOf(line)}${line.changes.length === 0 ? '' : `: ${line.changes.map(changeText).join('; ')}`}`;
  const facts = [
    line.why,
    ...(line.effect ? [effectText(line.effect)] : []),
    ...(line.bindsNext ? [nextText(line)] : []),
    ...(line.doesNotFix === null ? [] : [`What it does not fix: ${line.doesNotFix}`]),
    ...(line.changes.length === 0 || line.grade === 'live' ? [] : [`It rests on a limit that is ${GRADE_WORDS[line.grade]}.`]),
  ];
  return [title, ...facts.map((fact) => `   ${fact}`)];
}

/** Steps that are one because neither is worth taking alone are named together. */
function titleOf({ about, changes }: RecommendationLine): string {
  const [first = '', ...others] = changes.length === 0 ? [ABOUT[about]] : [...new Set(changes.map(({ lever }) => ABOUT[lever]))];
  return others.length === 0 ? first : `${first} together with ${listed(others.map((one) => one.charAt(0).toLowerCase() + one.slice(1)))}`;
}

const ABOUT: Readonly<Record<RecommendationLine['about'], string>> = {
  'read limits': 'Know your limits',
  spend: 'Spend window',
  tier: 'Billing and tier',
  pace: 'Pace',
  limits: 'Limits of your own, ahead of the service',
  concurrency: 'Requests in flight',
  queue: 'Queue',
  retry: 'Retry policy',
  breaker: 'Circuit breaker',
  batch: 'Batch lane',
  schedule: 'Schedule',
  fallback: 'Fallback',
  size: 'Image size',
  model: 'Model',
  projects: 'More projects, last of all',
};

export const GRADE_WORDS: Readonly<Record<InputGrade, string>> = {
  live: 'your own, read live',
  observed: 'observed by others, not read in your project',
  documented: 'documented, perhaps withdrawn since, and not read in your project',
  community: 'claimed by a community, not read in your project',
  assumed: 'assumed',
  unknown: 'not known to anybody',
};

function changeText({ path, from, to }: Change): string {
  return `${path} ${valueText(from, 'not set')} → ${valueText(to, 'left out')}`;
}

const EFFECTS: readonly (readonly [Measure, string])[] = [
  ['success_ratio', 'success'],
  ['latency_ms_p95', 'p95'],
  ['cost_usd', 'cost'],
  ['makespan_ms', 'makespan'],
];

function effectText(effect: Measured): string {
  const texts = EFFECTS.map(([measure, title]) => `${title} ${differenceText(measure, effect[measure])}`);
  return `Effect: ${texts.join(', ')}.`;
}

/** `+22.3 points (+20.1 to +24.5)`; an interval that says no more than the mean is left out. */
function differenceText(measure: Measure, difference: Interval | null): string {
  if (difference === null) return 'not known';
  const { mean, low, high } = difference;
  const text = (value: number): string => signed(measure, value);
  if (text(low) === text(high) || !Number.isFinite(low)) return text(mean);
  return `${text(mean)} (${text(low).replace(/ points$/, '')} to ${text(high).replace(/ points$/, '')})`;
}

function signed(measure: Measure, value: number): string {
  const size = Math.abs(value);
  const text =
    measure === 'success_ratio'
      ? `${count(Math.round(size * 1000) / 10)} points`
      : measure === 'cost_usd'
        ? dollars(Math.round(size * 100) / 100)
        : duration(Math.round(size));
  if (/^\$?0( |$)/.test(text)) return 'unchanged';
  return `${value < 0 ? '−' : '+'}${text}`;
}

function nextText({ bindsNext, isStillTightest }: RecommendationLine): string {
  if (!bindsNext) return '';
  const { utilisation } = bindsNext;
  const asked = utilisation === null ? 'which allows nothing' : `${percent(utilisation)} of it asked for`;
  return `${isStillTightest ? 'Still the tightest' : 'Tightest after it'}: ${nameOfBucket(bindsNext)}, ${asked}.`;
}
