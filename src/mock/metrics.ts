/** An emulation's counts and levels in the text format of Prometheus, gathered when they are asked for. */
import { Counter, Gauge, Registry } from 'prom-client';
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
  for (const [bucket, refused] of Object.entries(emulation.summary().refusedBy)) refusals.inc({ bucket }, refused);
  new Counter({ name: 'rundry_mock_unrouted_total', help: 'Calls to paths that the mock does not serve', registers }).inc(
    emulation.summary().unrouted,
  );
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
