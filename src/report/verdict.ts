/** The first line of every report: which bucket ran dry first and what came of it, in a sentence that needs no expert. */
import type { Results } from '../analysis/analysis.ts';
import type { FirstBucket } from '../analysis/levels.ts';
import { dailyResetAtMs, monthlyResetAtMs } from '../analysis/slo.ts';
import type { Summary } from '../analysis/summary.ts';
import { DROP_CAUSES, type DropCause, isMoney } from '../model/names.ts';
import { epochMs, isoInstant } from '../model/time.ts';
import { BUCKET_TITLES, count, counted, dollars, instant, MODE_WORDS, percentOf } from './words.ts';

export type Judged = Pick<Results, 'summary' | 'header'>;

/**
 * One line. Every number in it is one of the summary's, so it may be quoted; what casts doubt on all of them (a late
 * generator, a torn journal) is said in the same breath.
 */
export function verdict(judged: Judged): string {
  const { summary } = judged;
  const sentence = summary.requests.offered === 0 ? nothingOffered(summary) : `${cause(judged)}: ${outcome(summary)}`;
  return `${doubts(summary)}${capitalised(sentence)} (${MODE_WORDS[summary.mode]}).`;
}

function nothingOffered(summary: Summary): string {
  return `No request was due in ${instant(summary.durationMs)}, so nothing was asked of any quota`;
}

function doubts({ warnings, lateness }: Summary): string {
  const has = (code: string): boolean => warnings.some((warning) => warning.code === code);
  const said: string[] = [];
  if (has('generator-late') && lateness)
    said.push(
      `The load generator itself was late (p99 ${count(lateness.p99Ms)} ms, at most ${count(lateness.maxMs)} ms), so distrust the times.`,
    );
  if (has('journal-torn')) said.push('The journal is torn: this is what was written before it broke off.');
  if (has('run-ended-early')) said.push('The run was stopped before its end.');
  return said.map((text) => `${text} `).join('');
}

function cause(judged: Judged): string {
  const { firstBucket, attempts } = judged.summary;
  if (firstBucket) return ranDry(judged, firstBucket);
  if (attempts.throttled > 0) return 'Quota refused requests, of a model whose limits are not described';
  const { overloaded, errored } = attempts;
  const quota = hasUnknownLimits(judged) ? 'No quota that is known' : 'No quota';
  if (overloaded > 0 && overloaded >= errored) return `${quota} ran dry, but the service was overloaded (503)`;
  if (errored > 0) return `${quota} ran dry, but some answers were errors`;
  return `${quota} ran dry`;
}

function ranDry(judged: Judged, first: FirstBucket): string {
  const at = `at ${instant(first.atMs)}`;
  if (first.bucket === 'unnamed') return `The first refusal (429) of ${ownerOf(judged, first)} came ${at} and named no quota`;
  if (first.limit === 0 && first.model !== null)
    return `${ownerOf(judged, first)} is allowed no ${lowered(BUCKET_TITLES[first.bucket])} (${first.bucket}, limit 0), first refused ${at}`;
  const limit = first.limit === null || isMoney(first.bucket) ? '' : ` (limit ${count(first.limit)})`;
  return `${titleOf(judged, first)} ran dry first${limit}, ${at}${until(judged, first)}`;
}

/** When it comes back, where that is a date and not a minute. */
function until({ summary }: Judged, { bucket, atMs }: FirstBucket): string {
  const refusedAtMs = epochMs(summary.startAt) + atMs;
  if (bucket === 'rpd') return `, until midnight Pacific time (${isoInstant(dailyResetAtMs(refusedAtMs))})`;
  if (bucket === 'monthly') return `, until the month ends in Pacific time (${isoInstant(monthlyResetAtMs(refusedAtMs))})`;
  return '';
}

function titleOf(judged: Judged, first: FirstBucket): string {
  const { bucket, limit } = first;
  if (bucket === 'spend10m')
    return limit === null ? 'The spend limit per ten minutes (spend10m)' : `The ${dollars(limit)} per ten minutes (spend10m)`;
  if (bucket === 'monthly') return limit === null ? 'The monthly spending cap' : `The monthly spending cap of ${dollars(limit)}`;
  return `${BUCKET_TITLES[bucket]} (${bucket}) of ${ownerOf(judged, first)}`;
}

function ownerOf({ header }: Judged, { model, project }: FirstBucket): string {
  const inProject = header.resolved.quota.projects > 1 && project !== null ? ` in project ${project}` : '';
  return `${model ?? 'the account'}${inProject}`;
}

function hasUnknownLimits({ header, summary }: Judged): boolean {
  const shown = new Set(summary.buckets.map(({ bucket, model }) => `${bucket} ${model}`));
  return header.resolved.quota.limits.some(({ state, bucket, model }) => state === 'unknown' && shown.has(`${bucket} ${model}`));
}

function outcome(summary: Summary): string {
  const { requests, attempts } = summary;
  const clauses = [
    `${count(requests.delivered)} of ${counted(requests.offered, 'image')} ${was(requests.offered)} delivered (${percentOf(requests.delivered, requests.offered)})`,
  ];
  const isPlainRefusal = requests.failed === attempts.throttled && attempts.overloaded === 0 && attempts.errored === 0;
  if (requests.failed > 0)
    clauses.push(`${counted(requests.failed, 'request')} ${isPlainRefusal ? `${was(requests.failed)} refused` : 'failed'}`);
  if (requests.blocked > 0) clauses.push(`${count(requests.blocked)} blocked by the content filter`);
  if (requests.dropped > 0) clauses.push(`${count(requests.dropped)} dropped by the client (${dropCauses(summary.dropped)})`);
  if (requests.pending > 0) clauses.push(`${count(requests.pending)} still open at the end`);
  if (!isPlainRefusal) clauses.push(...badAnswers(attempts));
  return clauses.join(', ');
}

function was(howMany: number): string {
  return howMany === 1 ? 'was' : 'were';
}

/** What the client met on its way, worst first, so that overload is not hidden behind the bucket that came first. */
function badAnswers({ throttled, overloaded, errored }: Summary['attempts']): string[] {
  const met = (
    [
      [throttled, counted(throttled, 'refusal'), '429'],
      [overloaded, counted(overloaded, 'overload answer'), '503'],
      [errored, counted(errored, 'other error'), null],
    ] as const
  ).filter(([times]) => times > 0);
  if (met.length === 0) return [];
  const texts = [...met].sort(([a], [b]) => b - a).map(([, text, status]) => (status ? `${text} (${status})` : text));
  const [last, ...before] = texts.reverse();
  return [`after ${before.length === 0 ? last : `${before.reverse().join(', ')} and ${last}`}`];
}

const DROP_WORDS: Readonly<Record<DropCause, string>> = {
  queueFull: 'queue full',
  queueDeadline: 'waited too long',
  breaker: 'breaker open',
  schedule: 'outside its hours',
  deadline: 'deadline passed',
  budget: 'budget spent',
};

/** Each cause, most frequent first. */
export function dropCauses(dropped: Readonly<Record<DropCause, number>>): string {
  return DROP_CAUSES.filter((why) => dropped[why] > 0)
    .sort((a, b) => dropped[b] - dropped[a])
    .map((why) => `${DROP_WORDS[why]} ${count(dropped[why])}`)
    .join(', ');
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
