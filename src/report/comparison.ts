/** Two runs side by side: the sentence that names the bucket, the table of changes, what differs and which rules were broken. */
import { createColors } from 'picocolors';
import type { Change } from '../analysis/change.ts';
import type { Difference } from '../analysis/comparable.ts';
import type { BucketChange, Comparison, RuleResult } from '../analysis/compare.ts';
import { type Annotation, annotation } from './annotations.ts';
import type { JunitSuite } from './junit.ts';
import { markdownList, markdownRows, markdownText } from './markdown.ts';
import { table } from './table.ts';
import { amount, count, counted, metricText, percent } from './words.ts';

/** One sentence: the bucket that explains the change, then what changed most of what was asked about. Ends with a full stop. */
export function comparisonVerdict(comparison: Comparison): string {
  const { culprit, rules } = comparison;
  const bucket = culprit === null ? 'No bucket refuses more or less than in BASE' : bucketSentence(culprit);
  const broken = rules.filter(({ holds }) => holds).map(({ change }) => change);
  const told = broken.length > 0 ? broken : headline(comparison);
  const changes = told.length === 0 ? 'nothing of what is compared changed' : told.map(changeClause).join(', ');
  return `${bucket}: ${changes}${comparison.seeds > 1 ? ` (means of ${comparison.seeds} seeds)` : ''}.`;
}

/** `rpm of gemini-3-pro-image refuses now: limit 10 where BASE had 20` */
function bucketSentence({ bucket, model, baseLimit, nextLimit, baseRejected, nextRejected }: BucketChange): string {
  const name = `${bucket} of ${model ?? 'the account'}`;
  const shown = (limit: number | null): string => (limit === null ? 'no known limit' : amount(bucket, limit));
  const limits =
    baseLimit === nextLimit ? ` (limit ${shown(nextLimit)}, as in BASE)` : `: limit ${shown(nextLimit)} where BASE had ${shown(baseLimit)}`;
  const times = `${counted(nextRejected, 'refusal')} where BASE had ${count(baseRejected)}`;
  if (baseRejected === 0) return `${name} refuses now${limits}, ${counted(nextRejected, 'refusal')}`;
  if (nextRejected === 0) return `${name} refuses no longer${limits}, no refusal where BASE had ${count(baseRejected)}`;
  return `${name} refuses ${nextRejected > baseRejected ? 'more' : 'less'}${limits}, ${times}`;
}

/** Where no rule was broken: success, or else the first metric that changed. */
function headline({ changes }: Comparison): Change[] {
  const changed = changes.filter(({ base, next }) => base !== next);
  const first = changed.find(({ metric }) => metric === 'success_ratio') ?? changed[0];
  return first === undefined ? [] : [first];
}

function changeClause({ metric, base, next, ratio }: Change): string {
  const share = ratio === null ? '' : ` (${signed(ratio, percent)})`;
  return `${metric} ${shownValue(metric, base)} → ${shownValue(metric, next)}${share}`;
}

function shownValue(metric: string, value: Change['base']): string {
  if (value === null) return 'unknown';
  return typeof value === 'string' ? value : metricText(metric, value);
}

function signed(value: number, text: (value: number) => string): string {
  if (value === 0) return 'no change';
  return value > 0 ? `+${text(value)}` : `−${text(-value)}`;
}

const COLUMNS = ['', 'BASE', 'NEW', 'change', 'of BASE', '95 % interval', 'from'] as const;

function changeCells({ metric, base, next, amount: by, ratio, interval, basis }: Change): string[] {
  const shown = (value: number): string =>
    signed(value, (size) => (metric.endsWith('_ratio') ? `${count(size * 100)} points` : metricText(metric, size)));
  return [
    metric,
    shownValue(metric, base),
    shownValue(metric, next),
    by === null ? (base === next ? 'no change' : 'changed') : shown(by),
    ratio === null || ratio === 0 ? '–' : signed(ratio, percent),
    interval === null ? '–' : interval.low === 0 && interval.high === 0 ? '0' : `${shown(interval.low)} … ${shown(interval.high)}`,
    basis ?? '–',
  ];
}

const WHY: Readonly<Record<RuleResult['why'], string>> = {
  exact: 'same seed in virtual time: nothing but what differs made the change',
  told: 'the interval excludes no change',
  luck: 'past the bar, but its interval includes no change: compare more seeds, or run longer',
  'one-run': 'one run each and no interval: the measured change decides',
  unknown: 'NEW has no value where BASE had one',
  within: 'not past the bar',
};

function ruleText({ expression, change, why }: RuleResult): string {
  return `${expression}  (${changeClause(change)}; ${WHY[why]})`;
}

const DIFFERENCES_MAX = 12;

function differenceTexts(differences: readonly Difference[]): string[] {
  const text = (value: unknown): string => {
    const json = value === undefined ? 'not there' : (JSON.stringify(value) ?? '');
    return json.length > 60 ? `${json.slice(0, 57)}…` : json;
  };
  const shown = differences.slice(0, DIFFERENCES_MAX).map(({ path, base, next }) => `${path}: ${text(base)} → ${text(next)}`);
  const more = differences.length - shown.length;
  return more > 0 ? [...shown, `and ${counted(more, 'setting')} more: see --json`] : shown;
}

export interface ComparedFolders {
  readonly base: string;
  readonly next: string;
}

/** For a terminal. Ends with a line end. */
export function comparisonText(comparison: Comparison, folders: ComparedFolders, { colour }: { readonly colour: boolean }): string {
  const { bold, green, red, yellow } = createColors(colour);
  const columns = COLUMNS.map((title, index) => ({ title, align: index === 0 || index > 4 ? ('left' as const) : ('right' as const) }));
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['Change', table(columns, comparison.changes.map(changeCells))],
    [
      'What differs',
      comparison.differences.length === 0 ? ['Nothing: the same quota, service and client.'] : differenceTexts(comparison.differences),
    ],
    [
      'Fail on',
      comparison.rules.map((rule) =>
        rule.holds ? red(`✗ ${ruleText(rule)}`) : rule.why === 'luck' ? yellow(`? ${ruleText(rule)}`) : green(`✓ ${ruleText(rule)}`),
      ),
    ],
    ['Notes', comparison.notes],
  ];
  const verdict = comparisonVerdict(comparison);
  return [
    comparison.passed ? bold(verdict) : bold(red(verdict)),
    `BASE ${folders.base}, run ${comparison.base.header.runId} · NEW ${folders.next}, run ${comparison.next.header.runId}`,
    ...sections
      .filter(([, lines]) => lines.length > 0)
      .map(([title, lines]) => [bold(title), ...lines.map((text) => `  ${text}`)].join('\n')),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

/** Plain data for machines. */
export function comparisonJson(comparison: Comparison, folders: ComparedFolders): string {
  const { base, next, seeds, changes, rules, buckets, culprit, differences, notes, passed } = comparison;
  const run = ({ header }: Comparison['base'], folder: string): object => ({
    folder,
    runId: header.runId,
    mode: header.mode,
    seed: header.seed,
  });
  return `${JSON.stringify({ passed, verdict: comparisonVerdict(comparison), base: run(base, folders.base), new: run(next, folders.next), seeds, changes, rules, culprit, buckets, differences, notes }, null, 2)}\n`;
}

export function comparisonMarkdown(comparison: Comparison, folders: ComparedFolders): string {
  const changed = comparison.changes.map(changeCells);
  const columns = COLUMNS.map((title, index) => (index === 0 || index > 4 ? { title } : { title, align: 'right' as const }));
  const rules = comparison.rules.map((rule) => `${rule.holds ? '✗' : rule.why === 'luck' ? '?' : '✓'} ${ruleText(rule)}`);
  return [
    `## ${markdownText(comparison.next.header.scenario.name)}: NEW against BASE\n`,
    `**${markdownText(comparisonVerdict(comparison))}**\n`,
    `BASE ${markdownText(folders.base)}, NEW ${markdownText(folders.next)}\n`,
    markdownRows(columns, changed),
    ...(rules.length === 0 ? [] : [`### Fail on\n\n${markdownList(rules)}`]),
    ...(comparison.differences.length === 0 ? [] : [`### What differs\n\n${markdownList(differenceTexts(comparison.differences))}`]),
    ...(comparison.notes.length === 0 ? [] : [`### Notes\n\n${markdownList(comparison.notes)}`]),
  ].join('\n');
}

/** A case for each rule; without rules, the comparison alone. */
export function comparisonSuite(comparison: Comparison): JunitSuite {
  const { base, next } = comparison;
  return {
    name: `${next.header.scenario.name} against its baseline`,
    properties: { base_run_id: base.header.runId, new_run_id: next.header.runId, seeds: String(comparison.seeds) },
    cases: [
      { name: 'can be compared', output: [comparisonVerdict(comparison), ...comparison.notes].join('\n') },
      ...comparison.rules.map((rule) => ({
        name: `not ${rule.expression}`,
        output: ruleText(rule),
        ...(rule.holds ? { failure: changeClause(rule.change) } : {}),
      })),
    ],
  };
}

/** An error for each broken rule, with the bucket; a warning where luck may have done it; a notice otherwise. */
export function comparisonAnnotations(comparison: Comparison): string {
  const title = `${comparison.next.header.scenario.name} against its baseline`;
  const about = { title, file: null, line: null };
  const verdict = comparisonVerdict(comparison);
  const rules = comparison.rules.flatMap((rule): Annotation[] => {
    if (rule.holds) return [{ ...about, level: 'error', text: `${rule.expression}: ${verdict}` }];
    return rule.why === 'luck' ? [{ ...about, level: 'warning', text: ruleText(rule) }] : [];
  });
  return (rules.length > 0 ? rules : [{ ...about, level: 'notice' as const, text: verdict }]).map(annotation).join('');
}
