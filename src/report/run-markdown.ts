/** A run, or several, as Markdown: for a pull request, a job summary or a wiki. */
import type { Results } from '../analysis/analysis.ts';
import type { Summary } from '../analysis/summary.ts';
import type { Distribution } from '../analysis/tally.ts';
import { formatDuration } from '../model/time.ts';
import { type CiRun, runVerdict, seedsText, suiteNames, thresholdName } from './ci-run.ts';
import { bucketOwners, limitText, sourceText, windowText } from './limit-words.ts';
import { type MarkdownColumn, markdownList, markdownRows, markdownText } from './markdown.ts';
import { provenance, unknowns } from './provenance.ts';
import { dropCauses } from './verdict.ts';
import { count, dollars, duration, MODE_WORDS, observedText, percent, percentOf } from './words.ts';

/** Ends with a line end; the same runs give the same bytes. */
export function runsMarkdown(runs: readonly CiRun[]): string {
  const names = suiteNames(runs);
  const each = runs.map((run, index) => oneRun(run, names[index]!));
  return runs.length === 1 ? each[0]! : ['# rundry\n', overview(runs, names), ...each].join('\n');
}

function overview(runs: readonly CiRun[], names: readonly string[]): string {
  const rows = runs.map(({ results: { summary } }, index) => [
    names[index]!,
    summary.thresholds.length === 0 ? 'no threshold' : summary.passed ? 'passed' : 'missed',
    `${count(summary.requests.delivered)} of ${count(summary.requests.offered)} (${percentOf(summary.requests.delivered, summary.requests.offered)})`,
    summary.firstBucket?.bucket ?? 'none',
    summary.bindingBucket?.bucket ?? 'none',
    dollars(summary.costUsd.total),
  ]);
  const columns = ['scenario', 'thresholds', 'delivered', 'first bucket', 'binding bucket', 'cost'].map((title) => ({ title }));
  return markdownRows(columns, rows);
}

function oneRun(run: CiRun, name: string): string {
  const { results } = run;
  const { summary } = results;
  const sections: readonly (readonly [title: string, body: string])[] = [
    ['Thresholds', thresholds(run)],
    ['Buckets', buckets(results)],
    ['Outcome', outcome(summary)],
    ['Time', times(summary)],
    ['Where the numbers come from', markdownList(provenance(results))],
    ['What this cannot know', markdownList(unknowns(results))],
    ['Warnings', markdownList(summary.warnings.map(({ text }) => text))],
  ];
  return [
    `## ${markdownText(name)}\n`,
    `**${markdownText(runVerdict(run))}**\n`,
    `${markdownText(identity(summary))}\n`,
    ...sections.filter(([, body]) => body !== '').map(([title, body]) => `### ${title}\n\n${body}`),
  ].join('\n');
}

function identity({ scenario, mode, seed, durationMs, startAt, tool, runId }: Summary): string {
  return `${scenario.name} · ${MODE_WORDS[mode]} · seed ${seed} · ${formatDuration(durationMs)} from ${startAt} · ${tool.name} ${tool.version} · run ${runId}`;
}

function thresholds(run: CiRun): string {
  const { thresholds: results } = run.results.summary;
  if (results.length === 0) return '';
  const columns: readonly MarkdownColumn[] = [
    { title: '' },
    { title: 'threshold' },
    { title: 'observed', align: 'right' },
    ...(run.seeds.length > 1 ? [{ title: 'seeds' }] : []),
  ];
  const rows = results.map((threshold, index) => {
    const seeds = seedsText(run, index);
    const { observed, passed } = threshold;
    return [passed ? '✓' : '✗', thresholdName(threshold), observedText(observed), ...(seeds === null ? [] : [seeds])];
  });
  return markdownRows(columns, rows);
}

const BUCKET_COLUMNS: readonly MarkdownColumn[] = [
  { title: 'bucket' },
  { title: 'of' },
  { title: 'limit', align: 'right' },
  { title: 'window' },
  { title: 'peak', align: 'right' },
  { title: 'refused', align: 'right' },
  { title: 'first at', align: 'right' },
  { title: 'source' },
];

function buckets({ summary, buckets: records }: Results): string {
  const ownerOf = bucketOwners(summary.buckets);
  const rows = summary.buckets.map((bucket, index) => [
    bucket.bucket,
    ownerOf(bucket),
    limitText(records[index]!.limit, bucket), // both are in the order of the analysis
    windowText(bucket),
    bucket.peakUtilisation === null ? '–' : percent(bucket.peakUtilisation),
    count(bucket.rejected),
    bucket.firstExhaustedAtMs === null ? '–' : duration(bucket.firstExhaustedAtMs),
    sourceText(records[index]!.limit),
  ]);
  return rows.length === 0 ? 'None: the scenario has no limits.\n' : markdownRows(BUCKET_COLUMNS, rows);
}

function outcome({ requests, attempts, dropped, costUsd }: Summary): string {
  const of = (part: number, whole: number): string[] => [count(part), percentOf(part, whole)];
  const causes = requests.dropped === 0 ? '' : ` (${dropCauses(dropped)})`;
  const columns: readonly MarkdownColumn[] = [{ title: '' }, { title: 'count', align: 'right' }, { title: 'share', align: 'right' }];
  return markdownRows(columns, [
    ['requests offered', count(requests.offered), ''],
    ['delivered', ...of(requests.delivered, requests.offered)],
    ['failed', ...of(requests.failed, requests.offered)],
    ['blocked', ...of(requests.blocked, requests.offered)],
    [`dropped by the client${causes}`, ...of(requests.dropped, requests.offered)],
    ['open at the end', ...of(requests.pending, requests.offered)],
    ['attempts sent', count(attempts.sent), ''],
    ['refused (429)', ...of(attempts.throttled, attempts.sent)],
    ['overloaded (503)', ...of(attempts.overloaded, attempts.sent)],
    ['other errors', ...of(attempts.errored, attempts.sent)],
    ['delivered nothing', ...of(attempts.wasted, attempts.sent)],
    ['cost at list price', dollars(costUsd.total), ''],
    ['cost of a delivered image', costUsd.perDeliveredImage === null ? 'nothing delivered' : dollars(costUsd.perDeliveredImage), ''],
  ]);
}

function times({ latencyMs, queueWaitMs, serviceMs }: Summary): string {
  const row = (name: string, { p50, p90, p95, p99, max, mean }: Distribution): string[] => [
    name,
    ...[p50, p90, p95, p99, max, mean].map((ms) => (ms === null ? '–' : duration(ms))),
  ];
  const columns: readonly MarkdownColumn[] = [
    { title: '' },
    ...['p50', 'p90', 'p95', 'p99', 'max', 'mean'].map((title) => ({ title, align: 'right' as const })),
  ];
  return markdownRows(columns, [row('latency', latencyMs), row('queue wait', queueWaitMs), row('service', serviceMs)]);
}
