/** An emulation's counts and levels in the text format of Prometheus, gathered when they are asked for. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { BatchSummary } from '../model/mock-summary.ts';
import { isAccountBucket } from '../model/names.ts';
import type { Emulation } from './emulation.ts';

export function metricsOf(emulation: Emulation): Promise<string> {
  const registers = [new Registry()];
  const labelNames = ['account', 'project', 'model', 'bucket'];
  const answers = new Counter({
    name: 'rundry_mock_answers_total',
    help: 'Answers to generate calls',
    labelNames: ['status', 'class', 'model', 'project'],
    registers,
  });
  for (const { labels, answered } of emulation.counts()) answers.inc(labels, answered);
  const refusals = new Counter({
    name: 'rundry_mock_refusals_total',
    help: 'Quota refusals by the bucket that governs them',
    labelNames: ['bucket'],
    registers,
  });
  const summary = emulation.summary();
  for (const [bucket, refused] of Object.entries(summary.refusedBy)) refusals.inc({ bucket }, refused);
  new Counter({ name: 'rundry_mock_unrouted_total', help: 'Calls to paths that the mock does not serve', registers }).inc(summary.unrouted);
  batchMetrics(summary.batches, registers);
  const limit = new Gauge({ name: 'rundry_mock_bucket_limit', help: 'Limit; dollars where it is money', labelNames, registers });
  const used = new Gauge({ name: 'rundry_mock_bucket_used', help: 'What counts against the limit now', labelNames, registers });
  const nowMs = emulation.nowMs();
  for (const { bucket, name, account, project, model } of emulation.buckets()) {
    const labels = { account, project: project ?? '', model: model ?? '', bucket: name };
    const per = isAccountBucket(name) ? 1e6 : 1;
    limit.set(labels, bucket.spec.limit / per);
    used.set(labels, bucket.used(nowMs) / per);
  }
  new Gauge({ name: 'rundry_mock_calendar_seconds', help: 'Unix time of the emulated calendar', registers }).set(nowMs / 1e3);
  return registers[0]!.metrics();
}

function batchMetrics(batches: BatchSummary, registers: Registry[]): void {
  const name = (rest: string): string => `rundry_mock_batch_${rest}`;
  const jobs = new Gauge({ name: name('jobs'), help: 'Batch jobs by their state now', labelNames: ['state'], registers });
  for (const [state, count] of Object.entries(batches.byState)) jobs.set({ state }, count);
  const refused = new Counter({
    name: name('refusals_total'),
    help: 'Batch jobs refused, by limit or class',
    labelNames: ['cause'],
    registers,
  });
  for (const [cause, count] of Object.entries(batches.refusedBy)) refused.inc({ cause }, count);
  const rows = new Counter({
    name: name('rows_total'),
    help: 'Rows of batch jobs: asked, and how they ended',
    labelNames: ['outcome'],
    registers,
  });
  for (const [outcome, count] of Object.entries(batches.rows)) rows.inc({ outcome }, count);
  new Counter({ name: name('cost_dollars_total'), help: 'Charged for batch jobs, at half price', registers }).inc(
    batches.costMicroUsd / 1e6,
  );
  new Gauge({ name: name('enqueued_tokens'), help: 'Prompt tokens of batch jobs that have not ended', registers }).set(
    batches.enqueuedTokens,
  );
}
