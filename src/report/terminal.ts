/** A run as people read it in a terminal: the verdict, then what stands behind it, then where the numbers come from. */
import { createColors } from 'picocolors';
import type { Results } from '../analysis/analysis.ts';
import type { BucketRecord } from '../analysis/levels.ts';
import type { BucketSummary, Summary, ThresholdResult } from '../analysis/summary.ts';
import type { Distribution } from '../analysis/tally.ts';
import { findModel } from '../model/catalogue.ts';
import type { BucketName, ModelId } from '../model/names.ts';
import { formatDuration } from '../model/time.ts';
import { adviceLines } from './advice-text.ts';
import { auditLines } from './audit.ts';
import { levelChart } from './level-chart.ts';
import { bucketOwners, limitText, sourceText, windowText } from './limit-words.ts';
import { OVERLOAD_STEP, quotaStep } from './next-step.ts';
import { provenance, unknowns } from './provenance.ts';
import { type TableColumn, table, visibleLength } from './table.ts';
import { dropCauses, verdict } from './verdict.ts';
import { count, counted, dollars, duration, MODE_WORDS, observedText, percent, percentOf } from './words.ts';

export interface TerminalOptions {
  readonly colour: boolean;
  /** Characters in a line; never more than 100. Only the verdict is not broken. */
  readonly width: number;
  /** Keys of the scenario that this version ignores. */
  /** From `seedsTable`, where several seeds ran. */
  readonly seedsTable?: string;
}

const WIDTH_MAX = 100;
const WIDTH_MIN = 60;

/** Ends with a line end. */
export function terminalReport(results: Results, options: TerminalOptions): string {
  const width = Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, options.width));
  const paint = createColors(options.colour);
  const good = results.summary.passed && results.summary.firstBucket === null;
  const sections: Section[] = [
    { title: null, lines: identity(results.summary) },
    { title: 'Buckets', lines: [...bucketTable(results, width), ...tightest(results.summary), ...horizons(results.summary)] },
    { title: null, lines: chart(results, width) },
    { title: 'Outcome', lines: outcome(results.summary) },
    { title: 'Time', lines: times(results.summary) },
    { title: 'Refused (429)', lines: refusals(results) },
    { title: 'Overloaded (503)', lines: overloads(results) },
    { title: 'Client', lines: auditLines(results.audit, paint.yellow) },
    { title: 'Cost', lines: cost(results) },
    { title: 'Thresholds', lines: results.summary.thresholds.map((threshold) => thresholdLine(threshold, paint)) },
    { title: null, lines: options.seedsTable ? options.seedsTable.trimEnd().split('\n') : [], isDrawn: true },
    { title: 'Where the numbers come from', lines: provenance(results) },
    { title: 'What this cannot know', lines: unknowns(results) },
    { title: 'Warnings', lines: results.summary.warnings.map(({ text }) => paint.yellow(`! ${text}`)) },
    { title: 'What to change', lines: adviceLines(results.summary.advice) },
  ];
  const parts = sections.filter(({ lines }) => lines.length > 0).map((section) => drawn(section, width, paint));
  const first = verdict(results);
  return `${[paint.bold(good ? paint.green(first) : paint.red(first)), ...parts].join('\n\n')}\n`;
}

interface Section {
  readonly title: string | null;
  readonly lines: readonly string[];
  /** Lines that are as wide as they must be. */
  readonly isDrawn?: boolean;
}

type Paint = ReturnType<typeof createColors>;

function drawn({ title, lines, isDrawn }: Section, width: number, paint: Paint): string {
  const body = isDrawn ? lines : lines.flatMap((text) => wrapped(text, title === null ? width : width - 2));
  return title === null ? body.join('\n') : [paint.bold(title), ...body.map((text) => (text === '' ? '' : `  ${text}`))].join('\n');
}

/** Breaks at spaces; what goes on is indented by two. Runs of spaces stay, so that short lines of tables do too. */
function wrapped(text: string, width: number): string[] {
  if (visibleLength(text) <= width) return [text];
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    if (current !== '' && visibleLength(current) + 1 + visibleLength(word) > width) {
      lines.push(current);
      current = `  ${word}`;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

function identity({ scenario, mode, seed, durationMs, startAt, tool, runId }: Summary): string[] {
  return [
    `${scenario.name} · ${MODE_WORDS[mode]} · seed ${seed} · ${formatDuration(durationMs)} from ${startAt} · ${tool.name} ${tool.version} · run ${runId}`,
  ];
}

// ---- buckets

const BUCKET_ROWS_MAX = 24;

/** By owner: the account, then each model and project. Beyond a screenful only what was used most. */
function bucketTable({ summary, buckets }: Results, width: number): string[] {
  const rows = summary.buckets.map((bucket, index) => ({ bucket, record: buckets[index]! }));
  const kept = new Set(rows.length <= BUCKET_ROWS_MAX ? rows : [...rows].sort(byPressure).slice(0, BUCKET_ROWS_MAX));
  const ownerOf = bucketOwners(summary.buckets);
  const owners = Map.groupBy(
    rows.filter((row) => kept.has(row)),
    ({ bucket }) => ownerOf(bucket),
  );
  const cells = [...owners].flatMap(([owner, ofOwner]) => [owner, ...ofOwner.map(({ bucket, record }) => bucketCells(bucket, record))]);
  const hidden = rows.length - kept.size;
  const more = hidden === 0 ? [] : [`and ${counted(hidden, 'bucket')} that ${hidden === 1 ? 'was' : 'were'} used less: see buckets.csv`];
  return rows.length === 0 ? ['None: the scenario has no limits.'] : [...table(BUCKET_COLUMNS, cells, width - 2), ...more];
}

const BUCKET_COLUMNS: readonly TableColumn[] = [
  { title: '' },
  { title: 'limit', align: 'right' },
  { title: 'window' },
  { title: 'peak', align: 'right' },
  { title: 'refused', align: 'right' },
  { title: 'first at', align: 'right' },
  { title: 'dry for', align: 'right' },
  { title: 'source' },
];

function byPressure(a: { bucket: BucketSummary }, b: { bucket: BucketSummary }): number {
  return b.bucket.rejected - a.bucket.rejected || (b.bucket.peakUtilisation ?? 0) - (a.bucket.peakUtilisation ?? 0);
}

function bucketCells(bucket: BucketSummary, { limit }: BucketRecord): string[] {
  return [
    bucket.bucket,
    limitText(limit, bucket),
    windowText(bucket),
    bucket.peakUtilisation === null ? '–' : percent(bucket.peakUtilisation),
    count(bucket.rejected),
    bucket.firstExhaustedAtMs === null ? '–' : duration(bucket.firstExhaustedAtMs),
    bucket.rejected === 0 ? '–' : bucket.exhaustedMs === null ? 'not told' : duration(bucket.exhaustedMs),
    sourceText(limit),
  ];
}

function tightest({ tightestBucket, bindingBucket }: Summary): string[] {
  if (tightestBucket === null) return [];
  const { bucket, model, utilisation } = tightestBucket;
  const name = `${bucket}${model === null ? '' : ` of ${model}`}`;
  if (utilisation === null) return [`Binding: ${name}, which allows nothing.`];
  const asked = `${utilisation >= TIMES_FROM ? `${count(utilisation)} times` : `${percent(utilisation)} of`} what it allows in this run was asked for`;
  return [bindingBucket ? `Binding: ${name}, ${asked}.` : `Tightest: ${name}, ${asked}: it does not bind.`];
}

/** Above this, shares read better as multiples. */
const TIMES_FROM = 2;

function horizons({ horizons: found }: Summary): string[] {
  if (found.length === 0) return [];
  const severalModels = new Set(found.map(({ model }) => model).filter((model) => model !== null)).size > 1;
  const texts = found.map(({ horizon, bucket, model, images }) => {
    const owner = severalModels && model ? ` of ${model}` : '';
    return `over ${horizon === 'hour' ? 'an' : 'a'} ${horizon} ${bucket}${owner} (${counted(images, 'image')})`;
  });
  return [`What runs dry first at this mix of requests: ${texts.join(', ')}.`];
}

/** The first bucket's level over time, or the fullest one's where none refused. */
function chart({ summary, buckets }: Results, width: number): string[] {
  const { firstBucket } = summary;
  const isFirst = (record: BucketRecord): boolean =>
    firstBucket !== null &&
    record.bucket === firstBucket.bucket &&
    record.model === firstBucket.model &&
    record.project === firstBucket.project;
  const fullest = [...buckets].sort((a, b) => (b.peakUtilisation ?? -1) - (a.peakUtilisation ?? -1))[0];
  const record = buckets.find(isFirst) ?? fullest;
  return record && (record.peakUtilisation ?? 0) > 0 ? levelChart(record, width) : [];
}

// ---- what happened

function outcome(summary: Summary): string[] {
  const { requests, jobs, attempts, dropped } = summary;
  const share = (part: number): string => `${count(part)} (${percentOf(part, requests.offered)})`;
  const causes = requests.dropped === 0 ? '' : `: ${dropCauses(dropped)}`;
  return [
    ...(jobs.offered === requests.offered ? [] : [`${counted(jobs.offered, 'job')}: ${count(jobs.delivered)} delivered whole`]),
    `${counted(requests.offered, 'request')}: ${share(requests.delivered)} delivered, ${share(requests.failed)} failed, ${count(requests.blocked)} blocked, ${count(requests.dropped)} dropped${causes}, ${count(requests.pending)} open at the end`,
    `${counted(attempts.sent, 'attempt')}: ${count(attempts.ok)} answered 200, ${count(attempts.throttled)} refused (429), ${count(attempts.overloaded)} overloaded (503), ${count(attempts.errored)} other errors, ${count(attempts.open)} open; ${count(attempts.wasted)} delivered nothing (${percentOf(attempts.wasted, attempts.sent)})`,
  ];
}

function times({ latencyMs, queueWaitMs, serviceMs, makespanMs, lateness }: Summary): string[] {
  const row = (name: string, { p50, p90, p95, p99, max, mean }: Distribution): string[] => [
    name,
    ...[p50, p90, p95, p99, max, mean].map((ms) => (ms === null ? '–' : duration(ms))),
  ];
  const columns = [{ title: '' }, ...['p50', 'p90', 'p95', 'p99', 'max', 'mean'].map((title) => ({ title, align: 'right' as const }))];
  const rows = [row('latency', latencyMs), row('queue wait', queueWaitMs), row('service', serviceMs)];
  return [
    ...table(columns, rows),
    'Latency runs from the instant a request was due to its image (delivered ones only); queue wait is the part before its first send.',
    ...(makespanMs === null ? [] : [`From the first request due to the last answer: ${duration(makespanMs)}.`]),
    ...(lateness === null
      ? []
      : [
          `The load generator was late by ${duration(lateness.p50Ms)} (p50), ${duration(lateness.p99Ms)} (p99), ${duration(lateness.maxMs)} (at most).`,
        ]),
  ];
}

// ---- incidents

const STEPS_MAX = 3;

function refusals({ summary }: Results): string[] {
  const { attempts, attribution, firstBucket, buckets, costUsd } = summary;
  if (attempts.throttled === 0) return ['None.'];
  const { named, inferred, unexplained } = attribution;
  const refusing = buckets.filter(({ rejected }) => rejected > 0);
  const byBucket = Map.groupBy(refusing, ({ bucket }) => bucket);
  const totals = [...byBucket].map(([bucket, rows]) => ({ bucket, rejected: rows.reduce((sum, row) => sum + row.rejected, 0) }));
  const names = totals.sort((a, b) => b.rejected - a.rejected).map(({ bucket, rejected }) => `${bucket} ${count(rejected)}`);
  const steps = new Map<BucketName, string>();
  const first = firstBucket && { bucket: firstBucket.bucket, limit: firstBucket.limit };
  for (const { bucket, limit } of [...(first ? [first] : []), ...[...refusing].sort((a, b) => b.rejected - a.rejected)])
    if (!steps.has(bucket)) steps.set(bucket, quotaStep({ bucket, limit }, costUsd.perDeliveredImage));
  return [
    `${counted(attempts.throttled, 'refusal')} (${percentOf(attempts.throttled, attempts.sent)} of all attempts): ${count(named)} named, ${count(inferred)} inferred, ${count(unexplained)} unexplained${names.length === 0 ? '' : `; by bucket: ${names.join(', ')}`}`,
    ...[...steps].slice(0, STEPS_MAX).map(([bucket, step]) => `Next step (${bucket}): ${step}`),
  ];
}

function overloads({ summary, failures }: Results): string[] {
  const { attempts } = summary;
  if (attempts.overloaded === 0) return ['None.'];
  const seen = failures.filter(({ httpStatus }) => httpStatus === 503);
  const firstMs = Math.min(...seen.map(({ firstSeenMs }) => firstSeenMs));
  const lastMs = Math.max(...seen.map(({ lastSeenMs }) => lastSeenMs));
  const span = seen.length === 0 ? '' : `, first at ${duration(firstMs)}, last at ${duration(lastMs)}`;
  return [
    `${counted(attempts.overloaded, 'answer')} (${percentOf(attempts.overloaded, attempts.sent)} of all attempts)${span}`,
    `Next step: ${OVERLOAD_STEP}`,
  ];
}

// ---- money, thresholds

function cost({ summary, header, models }: Results): string[] {
  const { total, perDeliveredImage, wasted, uncertain } = summary.costUsd;
  const parts = [
    `${dollars(total)} in all`,
    perDeliveredImage === null ? 'nothing delivered' : `${dollars(perDeliveredImage)} per delivered image`,
    `${dollars(wasted)} for attempts that delivered nothing`,
    ...(uncertain > 0 ? [`${dollars(uncertain)} of it uncertain (504 and timeouts at list price)`] : []),
  ];
  const priced = (
    models.length > 0 ? models.map(({ model }) => model) : header.resolved.traffic.map(({ request }) => request.model)
  ).filter(isFirstOfItsKind);
  return [`${parts.join(', ')}${header.mode === 'live' ? '' : '; nothing was really spent'}.`, ...priced.flatMap(priceLine)];
}

function priceLine(id: ModelId): string[] {
  const model = findModel(id);
  return model ? [`List price of ${id}: ${model.price.grade}, ${model.price.asOf}, ${model.price.from}.`] : [];
}

function isFirstOfItsKind<Value>(value: Value, index: number, all: readonly Value[]): boolean {
  return all.indexOf(value) === index;
}

function thresholdLine({ traffic, expression, observed, passed }: ThresholdResult, paint: Paint): string {
  const text = `${traffic === null ? '' : `${traffic}: `}${expression}  (observed ${observedText(observed)})`;
  return passed ? paint.green(`✓ ${text}`) : paint.red(`✗ ${text}`);
}
