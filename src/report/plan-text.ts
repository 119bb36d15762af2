/** A plan as people read it: what to do in one sentence, then each step with what it is worth, then how sure that is. */
import { createColors } from 'picocolors';
import type { Goal } from '../model/scenario.ts';
import { isoInstant } from '../model/time.ts';
import type { Analytic } from '../plan/analytic.ts';
import type { Lanes } from '../plan/lanes.ts';
import type { Price } from '../plan/linear-program.ts';
import type { Recommendation } from '../plan/recommendation.ts';
import type { Constraint, Finalist, Measure, SearchResult } from '../plan/result.ts';
import { holdsIfKnown } from '../plan/robust.ts';
import { changesText, intervalText, listed, nameOfBucket, unknownText } from '../plan/say.ts';
import type { TierBridge } from '../plan/tier-bridge.ts';
import { TIER_RULES } from '../plan/tier-dates.ts';
import { confidenceLines, unknownLines } from './plan-confidence.ts';
import { stepLines } from './plan-steps.ts';
import { table } from './table.ts';
import { count, counted, dollars, duration, percent } from './words.ts';

export interface PlanView {
  /** Of the scenario. */
  readonly name: string;
  readonly result: SearchResult;
  readonly recommendation: Recommendation;
  /** Of the chosen settings, on seeds that the search never saw; null: not run. */
  readonly verified: Finalist | null;
  /** Of the file as it stands: what each tier carries. */
  readonly analytic: Pick<Analytic, 'lines'>;
  /** Also those of the verification. */
  readonly simulations: number;
}

/** Ends with a line end; the first line is the verdict and is not broken. */
export function planText(view: PlanView, { colour, width }: { colour: boolean; width: number }): string {
  const { bold, green, red } = createColors(colour);
  const parts = sectionsOf(view).map(({ title, lines, isTable }) => {
    const body = isTable ? lines : lines.flatMap((line) => broken(line, Math.min(width, WIDTH_MAX) - 2));
    return [bold(title), ...body.map((line) => `  ${line}`)].join('\n');
  });
  const verdict = planVerdict(view);
  return `${[bold(view.result.feasible ? green(verdict) : red(verdict)), ...parts].join('\n\n')}\n`;
}

const WIDTH_MAX = 100;

/** The same as Markdown. */
export function planMarkdown(view: PlanView): string {
  const parts = sectionsOf(view).map(({ title, lines, isTable }) => {
    const body = isTable ? ['```text', ...lines, '```'] : lines.map(markdownLine);
    return `## ${title}\n\n${body.join('\n')}`;
  });
  return `# ${view.name}\n\n**${planVerdict(view)}**\n\n${parts.join('\n\n')}\n`;
}

/** Numbered steps stay numbered; what stands below one becomes a list in it. */
function markdownLine(line: string): string {
  if (/^\d+\. /.test(line)) return line;
  return line.startsWith(' ') ? `   - ${line.trim()}` : `- ${line}`;
}

interface Section {
  readonly title: string;
  readonly lines: readonly string[];
  /** Lines that are aligned with each other. */
  readonly isTable?: boolean;
}

function sectionsOf(view: PlanView): Section[] {
  const { recommendation, result, verified } = view;
  const all: Section[] = [
    {
      title: result.feasible ? 'What to do, in this order' : 'What comes nearest, step by step',
      lines: recommendation.lines.flatMap(stepLines),
    },
    { title: 'What it comes to', lines: comesTo(result, verified), isTable: true },
    { title: 'What stands in the way', lines: obstacle(view) },
    { title: `Until tier ${result.chosen.candidate.tier}`, lines: recommendation.bridge ? bridgeLines(recommendation.bridge) : [] },
    { title: 'What nobody knows, and what it is worth', lines: unknownLines(result, recommendation) },
    { title: 'How sure this is', lines: confidenceLines(result, recommendation, verified) },
    { title: 'What was looked at', lines: lookedAt(view) },
  ];
  return all.filter(({ lines }) => lines.length > 0);
}

// ---- the verdict

/** One sentence; every number in it is a simulated mean. */
function planVerdict({ result, recommendation, verified }: PlanView): string {
  const { base, chosen, constraints } = result;
  const seen = verified ?? chosen;
  const early = result.isPartial ? 'Stopped before it was done; so far: ' : '';
  if (seen.measured.success_ratio === null)
    return `${early}No request falls due, so there is nothing to plan and no goal to meet (simulated).`;
  switch (recommendation.answer) {
    case 'keep':
      return `${early}Change nothing: ${goalsText(constraints)} ${held(seen, constraints)} as the file stands (${outcome(seen)}; simulated).`;
    case 'change':
      return `${early}Set ${changesText(chosen.candidate.changes)}: ${change('success', share(base), share(seen))}, ${change('the cost', costOf(base), costOf(seen))}; ${goalsText(constraints)} ${held(seen, constraints)}${heldBefore(base, seen)} (simulated).`;
    case 'infeasible':
      return result.isPartial
        ? `${early}${soFarText(result)} (simulated).`
        : (conditionText(result, seen) ??
            `Nothing that is allowed meets ${goalsText(missedBy(result))}: ${nearestText(result)} (simulated).`);
    default:
      return recommendation.answer satisfies never;
  }
}

/** null: enough is known to say no. */
function conditionText(result: SearchResult, seen: Finalist): string | null {
  const { nearest, chosen, constraints } = result;
  if (!nearest || nearest.unknown.length === 0) return null;
  const { changes } = chosen.candidate;
  const as = changes.length === 0 ? 'as the file stands' : `with ${changesText(changes)}`;
  const then = holdsIfKnown(result)
    ? `${goalsText(constraints)} ${held(seen, constraints)} ${as} (${outcome(seen)}; simulated)`
    : `${changesText(changes)} comes nearest, with ${outcome(seen)} (simulated)`;
  return `Nobody can promise ${goalsText(constraints)}: ${unknownText(nearest.unknown)} ${nearest.unknown.length === 1 ? 'is' : 'are'} not known. Where no unknown limit refuses, ${then}.`;
}

/** Nothing was proven: what held on the few seeds that it met may still be the answer. */
function soFarText(result: SearchResult): string {
  const { candidate, holds, seeds } = result.chosen;
  if (holds.mean < 1) return `nothing that meets ${goalsText(missedBy(result))}; ${nearestText(result)}`;
  return `${goalsText(result.constraints)} held on all of ${counted(seeds, 'seed')} with ${changesText(candidate.changes)}, which proves nothing yet: ${outcome(result.chosen)}`;
}

function nearestText({ nearest, chosen }: SearchResult): string {
  const finalist = nearest?.finalist ?? chosen;
  const what = nearest?.obstacle.what ?? null;
  const way = what === null ? '' : `${what} stands in the way; `;
  const { changes } = finalist.candidate;
  const nearestIs = changes.length === 0 ? 'the file as it stands comes nearest' : `nearest comes ${changesText(changes)}`;
  return `${way}${nearestIs}, with ${outcome(finalist)}`;
}

function missedBy({ nearest, constraints }: SearchResult): readonly Constraint[] {
  const goals = nearest?.goals.map(({ constraint }) => constraint) ?? [];
  return goals.length > 0 ? goals : constraints;
}

const GOALS_MAX = 3;

function goalsText(constraints: readonly Constraint[]): string {
  const texts = constraints.map(({ traffic, expression }) => `${traffic === null ? '' : `${traffic}: `}${expression}`);
  const more = texts.length - GOALS_MAX;
  return more > 0 ? `${texts.slice(0, GOALS_MAX).join(', ')} and ${more} more` : listed(texts);
}

function held({ holds, seeds }: Finalist, constraints: readonly Constraint[]): string {
  const hold = constraints.length === 1 ? 'holds' : 'hold';
  return holds.low === holds.high ? hold : `${hold} on ${percent(holds.mean)} of ${count(seeds)} seeds`;
}

/** Where it is chance that the file as it stands does not always win: said, since what is delivered may look the same. */
function heldBefore({ holds }: Finalist, seen: Finalist): string {
  return holds.mean === 0 || holds.mean >= seen.holds.mean ? '' : `, and as the file stands on ${percent(holds.mean)}`;
}

function share({ measured }: Finalist): string {
  return percent(measured.success_ratio?.mean ?? null);
}

function change(what: string, from: string, to: string): string {
  return from === to ? `${what} stays ${to}` : `${what} goes from ${from} to ${to}`;
}

function costOf({ measured }: Finalist): string {
  return dollars(measured.cost_usd?.mean ?? null);
}

function outcome(finalist: Finalist): string {
  const p95 = finalist.measured.latency_ms_p95;
  return [`${share(finalist)} delivered`, ...(p95 ? [`p95 ${duration(Math.round(p95.mean))}`] : []), costOf(finalist)].join(', ');
}

// ---- what it comes to

function comesTo({ base, chosen, feasible }: SearchResult, verified: Finalist | null): string[] {
  const isKept = chosen.candidate.changes.length === 0;
  const titles = ['success', 'p95', 'cost', 'makespan', 'goals hold on', 'seeds'];
  const rows = [
    measuredRow(base.candidate.assumptions.length === 0 ? 'as it stands' : 'as it stands, at what is taken', isKept ? chosen : base),
    ...(isKept ? [] : [measuredRow(feasible ? 'recommended' : 'nearest', chosen)]),
    ...(verified ? [measuredRow('verified on fresh seeds', verified)] : []),
  ];
  return table([{ title: '' }, ...titles.map((title) => ({ title, align: 'right' as const }))], rows);
}

function measuredRow(title: string, { measured, holds, seeds }: Finalist): string[] {
  const cell = (measure: Measure, text: (value: number) => string): string => {
    const interval = measured[measure];
    return interval === null ? '–' : text(interval.mean);
  };
  const ms = (value: number): string => duration(Math.round(value));
  return [
    title,
    cell('success_ratio', percent),
    cell('latency_ms_p95', ms),
    cell('cost_usd', dollars),
    cell('makespan_ms', ms),
    holds.low === holds.high || holds.mean === 0 ? percent(holds.mean) : `${percent(holds.mean)}, at least ${percent(holds.low)}`,
    count(seeds),
  ];
}

// ---- what stands in the way

const BEYOND_MAX = 4;

function obstacle({ result: { nearest, feasible }, recommendation, analytic }: PlanView): string[] {
  if (feasible || !nearest) return [];
  const tiers = analytic.lines
    .filter(({ topic }) => topic.startsWith('tier '))
    .map(({ topic, answer, how }) => `${sentence(topic)} ${answer} (${how}).`.replace('. ', ', '));
  const goals = nearest.goals.map(({ constraint, attainable }) => {
    const { expression, metric, op } = constraint;
    return attainable === null
      ? `Nothing comes near ${expression}.`
      : typeof attainable === 'string'
        ? `Instead of ${expression}, ${metric} is ${attainable}.`
        : `Instead of ${expression}, this holds: ${metric} ${op} ${attainableText(constraint, attainable)}.`;
  });
  const beyond = nearest.beyond
    .slice(0, BEYOND_MAX)
    .map(
      (finalist) => `If it were allowed: ${changesText(finalist.candidate.changes)}, with ${outcome(finalist)}${assumedText(finalist)}.`,
    );
  return [
    sentence(nearest.obstacle.explanation),
    ...tiers,
    ...(recommendation.lanes ? lanesLines(recommendation.lanes) : []),
    ...goals,
    ...beyond,
  ];
}

/** What all doors together would carry, and which limit is worth raising. */
function lanesLines({ perDay, prices, leftOut }: Lanes): string[] {
  if (perDay === null || perDay === 0) return [];
  const worth = prices.filter((price) => price.worth > 0).map(worthText);
  const without =
    leftOut.length === 0 ? '' : `, without ${listed(leftOut.map(({ lane, unknown }) => `${lane} (${unknown.join(', ')} not known)`))}`;
  return [
    `Both lanes of all its models, used to the full, carry ${count(Math.floor(perDay))} images a day at these settings${without}${worth.length === 0 ? '' : `; ${listed(worth)}`}.`,
  ];
}

function worthText({ name, worth, next }: Price): string {
  const unit = /^(spend10m|monthly)/.test(name) ? 'dollar' : 'unit';
  const then = next === null ? '' : `, up to ${count(Number(next.raiseBy.toPrecision(3)))}, then ${next.name} binds`;
  return `one more ${unit} a day of ${name} is worth ${counted(Number(worth.toPrecision(3)), 'image')}${then}`;
}

function assumedText({ candidate }: Finalist): string {
  if (candidate.assumptions.length === 0) return '';
  const texts = candidate.assumptions.map(
    (one) => `${nameOfBucket(one)} ${intervalText(one.interval.map((end) => count(end)) as [string, string])}`,
  );
  return `, if ${listed(texts)} at tier ${candidate.tier}`;
}

/** Three digits, rounded to the side on which it holds, in a unit that a threshold may be written in. */
function attainableText({ metric, op }: Constraint, value: number): string {
  if (value === 0) return '0';
  return metric.includes('_ms') ? `${threeDigits(op, value / 1_000)}s` : threeDigits(op, value);
}

function threeDigits(op: Constraint['op'], value: number): string {
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  const steps = Number((value / step).toPrecision(12));
  return String(Number(((op === '>=' || op === '>' ? Math.floor(steps) : Math.ceil(steps)) * step).toPrecision(3)));
}

// ---- until the tier is there

function bridgeLines({ reach, today }: TierBridge): string[] {
  const { tier, fromAtMs, days, waitsFor, assumptions } = reach;
  const { wanted, carried, limit, pacePerMinute, takesMs, bothLanesPerDay } = today;
  const when =
    fromAtMs === null
      ? `Tier ${tier} takes ${TIER_RULES[tier].text}, and this scenario pays nothing: it is never reached so.`
      : `Tier ${tier} takes ${TIER_RULES[tier].text}: it can be had from ${isoInstant(fromAtMs).slice(0, 10)}, ${days === 0 ? 'at once' : `${counted(days, 'day')} after the start, ${waitsFor === 'days' ? 'however much is paid' : 'when so much is paid'}`}.`;
  const images = `${count(wanted)} interactive images of a run`;
  if (carried !== null && carried >= wanted) return [when, `Until then tier ${today.tier} carries the ${images}.`, ...assumed(assumptions)];
  const carries =
    carried === null || limit === null
      ? `What tier ${today.tier} carries of the ${images} is not known.`
      : `Until then tier ${today.tier} carries ${count(carried)} of the ${images} (${nameOfBucket(limit)}); the others wait, go to the batch lane, or are not made.`;
  const pace =
    pacePerMinute === null
      ? []
      : [
          `To bridge it: pace to ${count(Math.floor(pacePerMinute * 100) / 100)}/min, so that no minute refuses${takesMs === null ? '' : `; all of them take ${duration(Math.round(takesMs))} at today's limits`}.`,
        ];
  const lanes =
    bothLanesPerDay === null
      ? []
      : [
          `With the batch lane beside it, for what can wait some hours, up to ${count(Math.floor(bothLanesPerDay))} images a day all month (${listed(today.bothLanesHeldBy)}).`,
        ];
  return [when, carries, ...pace, ...lanes, ...assumed(assumptions)];
}

function assumed(assumptions: readonly string[]): string[] {
  return assumptions.map((text) => `Assumed: ${text}.`);
}

// ---- what was looked at

const GOAL_WORDS: Readonly<Record<Goal, string>> = {
  tier: 'the lowest tier',
  cost: 'the least cost',
  latency: 'the least latency',
  makespan: 'the least makespan',
};
const OTHERS_MAX = 3;

function lookedAt({ result, simulations }: PlanView): string[] {
  const { candidates, pruned, finalists, pareto, goals } = result;
  const others = finalists
    .filter(({ candidate }) => changesText(candidate.changes) !== changesText(result.chosen.candidate.changes))
    .slice(0, OTHERS_MAX)
    .map((finalist) => `Also a finalist: ${changesText(finalist.candidate.changes)}, with ${outcome(finalist)}.`);
  return [
    `${counted(candidates, 'combination')} of settings, ${counted(simulations, 'simulation')}. Wanted, in this order: ${listed(goals.map((goal) => GOAL_WORDS[goal]))}.`,
    ...pruned.map(({ reason, count: times, explanation }) => `${count(times)} not followed (${reason}): ${lineEnd(explanation)}`),
    ...others,
    ...(pareto.length > 1 ? [`${count(pareto.length)} plans are each better than all others in something; plan.json has them.`] : []),
  ];
}

// ---- words

function sentence(text: string): string {
  return lineEnd(text.charAt(0).toUpperCase() + text.slice(1));
}

function lineEnd(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** At spaces; what goes on stands under what began, below the number of a step or two further in. */
function broken(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const [start = ''] = /^(?: +|\d+\. )?/.exec(text) ?? [];
  const indent = ' '.repeat(start === '' ? 2 : start.length);
  const lines: string[] = [];
  let current = start;
  for (const word of text.slice(start.length).split(' ')) {
    const isFirst = current === start || current === indent;
    if (!isFirst && current.length + 1 + word.length > width) {
      lines.push(current);
      current = `${indent}${word}`;
    } else current = isFirst ? `${current}${word}` : `${current} ${word}`;
  }
  return [...lines, current];
}
