/** Several policies side by side: the table, the CSV, the sentence that says who wins and why. */
import { createColors } from 'picocolors';
import { POLICY_METRICS, type PolicyComparison, type PolicyMetric, type PolicyOutcome } from '../analysis/policies.ts';
import type { Interval } from '../analysis/statistics.ts';
import { rowsToCsv } from './csv.ts';
import { type TableColumn, table } from './table.ts';
import { count, dollars, duration, percent } from './words.ts';

const COLUMNS = [
  'policy',
  'seeds',
  'success_ratio',
  'success_ratio_low',
  'success_ratio_high',
  'latency_ms_p95',
  'latency_ms_p95_low',
  'latency_ms_p95_high',
  'attempts_per_request',
  'wasted_ratio',
  'early_retries',
  'makespan_ms',
  'cost_usd',
] as const;

/** Means over the seeds, in full precision; bounds are empty with one seed. Yields the header, then a row for each policy. */
export function* policiesCsv({ outcomes, seeds }: PolicyComparison): Generator<string> {
  const csv = rowsToCsv(COLUMNS);
  yield csv.header();
  for (const { policy, statistics } of outcomes) {
    const mean = (metric: PolicyMetric): number | null => statistics[metric]?.mean ?? null;
    const bounds = (metric: PolicyMetric): (number | null)[] => [statistics[metric]?.low ?? null, statistics[metric]?.high ?? null];
    yield csv.row([
      policy,
      seeds,
      mean('success_ratio'),
      ...bounds('success_ratio'),
      mean('latency_ms_p95'),
      ...bounds('latency_ms_p95'),
      ...POLICY_METRICS.slice(2).map(mean),
    ]);
  }
}

/** Ends with a line end. */
export function policiesText(compared: PolicyComparison, { colour }: { colour: boolean }): string {
  const { bold, yellow } = createColors(colour);
  const { scenario, seeds, firstSeed } = compared;
  const title = `${scenario} · simulated · ${policiesOf(compared)} · ${seeds === 1 ? `seed ${firstSeed}` : `seeds ${firstSeed} to ${firstSeed + seeds - 1}`}`;
  const rows = compared.outcomes.map(cells);
  const said = [whoWins(compared), ...mostWasteful(compared)];
  return [bold(title), '', ...table(TABLE, rows), '', ...said, ...assumptions(compared).map((text) => yellow(`! ${text}`)), ''].join('\n');
}

function policiesOf({ outcomes }: PolicyComparison): string {
  return outcomes.length === 1 ? '1 policy' : `${outcomes.length} policies`;
}

/** The same for a README. Ends with a line end. */
export function policiesMarkdown(compared: PolicyComparison): string {
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  const rules = TABLE.map(({ align }) => (align === 'right' ? '---:' : '---'));
  const rows = compared.outcomes.map(cells);
  const said = [whoWins(compared), ...mostWasteful(compared), ...assumptions(compared)].join(' ');
  return [line(TABLE.map(({ title }) => title || ' ')), line(rules), ...rows.map(line), '', said, ''].join('\n');
}

const TABLE: readonly TableColumn[] = [
  { title: 'policy' },
  { title: 'delivered', align: 'right' },
  { title: '95 % interval' },
  { title: 'p95', align: 'right' },
  { title: '95 % interval' },
  { title: 'att./req.', align: 'right' },
  { title: 'wasted', align: 'right' },
  { title: 'early', align: 'right' },
  { title: 'makespan', align: 'right' },
  { title: 'cost', align: 'right' },
];

function cells({ policy, statistics }: PolicyOutcome): string[] {
  const text = (metric: PolicyMetric, write: (value: number) => string): string => {
    const mean = statistics[metric]?.mean;
    return mean === undefined ? '–' : write(mean);
  };
  const ms = (value: number): string => duration(Math.round(value));
  return [
    policy,
    text('success_ratio', percent),
    bounds(statistics.success_ratio, percent),
    text('latency_ms_p95', ms),
    bounds(statistics.latency_ms_p95, (value) => ms(Math.max(0, value))),
    text('attempts_per_request', (value) => count(Math.round(value * 100) / 100)),
    text('wasted_ratio', percent),
    text('early_retries', (value) => count(Math.round(value))),
    text('makespan_ms', (value) => ms(Math.round(value / 60_000) * 60_000)),
    text('cost_usd', dollars),
  ];
}

function bounds(interval: Interval | null, write: (value: number) => string): string {
  if (interval === null || !Number.isFinite(interval.low)) return '–';
  return interval.low === interval.high ? 'every seed alike' : `${write(interval.low)} … ${write(interval.high)}`;
}

/** One sentence, or two where one seed is all there is. */
export function whoWins({ outcomes, ruling, seeds }: PolicyComparison): string {
  if (ruling === null) return 'No policy was finished, so nothing is said.';
  const of = (policy: string, metric: PolicyMetric, write: (value: number) => string): string => {
    const mean = outcomes.find((outcome) => outcome.policy === policy)?.statistics[metric]?.mean;
    return mean === undefined ? 'unknown' : write(mean);
  };
  const { winner, by, runnerUp, lead, asSuccessful } = ruling;
  const delivered = of(winner, 'success_ratio', percent);
  const alike = `delivers ${delivered} and the seeds do not tell its success from that of ${list(asSuccessful)}`;
  if (outcomes.length === 1) return `${winner} delivers ${delivered}; there is nothing to compare it with.`;
  if (seeds === 1)
    return `One seed shows no luck: ${winner} is best by its numbers (${delivered} delivered); take --seeds 5 or more to know.`;
  switch (by) {
    case 'success_ratio':
      return `${winner} wins: it delivers ${delivered}, ${points(lead)} more than ${runnerUp}, the next best.`;
    case 'wasted_ratio':
      return `${winner} wins by its waste: it ${alike}, but ${of(winner, 'wasted_ratio', percent)} of its calls deliver nothing, against ${of(runnerUp!, 'wasted_ratio', percent)} of ${runnerUp}.`;
    case 'latency_ms_p95':
      return `${winner} wins by its wait: it ${alike}, nor its waste from that of the best of them, but its p95 is ${of(winner, 'latency_ms_p95', (ms) => duration(Math.round(ms)))}, against ${of(runnerUp!, 'latency_ms_p95', (ms) => duration(Math.round(ms)))} of ${runnerUp}.`;
    case null:
      return `No policy wins: ${winner} is best by its means (${delivered} delivered), but ${seeds} seeds do not tell it from ${list(asSuccessful)} in success, waste or p95.`;
    default:
      return by satisfies never;
  }
}

/** The lead and its interval, in percentage points. */
function points(lead: Interval | null): string {
  if (lead === null) return 'some';
  const write = (value: number): string => count(Math.round(value * 10_000) / 100);
  return `${write(lead.mean)} points (95 %: ${write(lead.low)} … ${write(lead.high)})`;
}

function mostWasteful({ outcomes }: PolicyComparison): string[] {
  const most = outcomes.toSorted(
    (a, b) => (b.statistics.attempts_per_request?.mean ?? 0) - (a.statistics.attempts_per_request?.mean ?? 0),
  )[0];
  const attempts = most?.statistics.attempts_per_request?.mean ?? 0;
  if (!most || outcomes.length < 2 || attempts <= 1) return [];
  const { wasted_ratio: wasted, early_retries: early } = most.statistics;
  const tooSoon = (early?.mean ?? 0) < 1 ? '' : `, ${count(Math.round(early!.mean))} of them sent before the delay they were told`;
  return [
    `Most calls: ${most.policy}, ${count(Math.round(attempts * 100) / 100)} a request, ${percent(wasted?.mean ?? null)} of them for nothing${tooSoon}.`,
  ];
}

function assumptions({ assumedRefusalLatency, notes }: PolicyComparison): string[] {
  const assumed = `A 429 takes ${assumedRefusalLatency} to answer: assumed, the scenario does not say (service.refusalLatency).`;
  return [...(assumedRefusalLatency === null ? [] : [assumed]), ...notes];
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
