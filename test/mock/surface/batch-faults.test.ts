/** Faults that are meant for batch jobs and for their rows, and what the mock counts of jobs. */
import { describe, expect, test } from 'vitest';
import { control } from '../../../src/mock/control.ts';
import { Emulation } from '../../../src/mock/emulation.ts';
import { parseFaultRule } from '../../../src/mock/fault-rules.ts';
import type { Mock } from '../../../src/mock/handle.ts';
import type { Scenario } from '../../../src/model/scenario.ts';
import { mockVerdict } from '../../../src/report/mock-verdict.ts';
import { mockScenario } from '../../../src/run/mock-scenario.ts';
import { scenario } from '../../support/scenario.ts';
import { emulated, get, jsonOf, PRO, post, textOf } from '../support.ts';

const HOUR_MS = 3_600_000;
const CREATE = `/v1beta/models/${PRO}:batchGenerateContent`;
const START = Date.UTC(2026, 11, 1, 18);

function body(...texts: string[]): object {
  const requests = texts.map((text) => ({ request: { contents: [{ parts: [{ text }] }] }, metadata: { key: text } }));
  return { batch: { inputConfig: { requests: { requests } } } };
}

function lane(rules: readonly string[] = [], service: Partial<Scenario['service']> = {}) {
  const base = scenario();
  const batch = { ...base.service.batch, turnaround: { p50Ms: HOUR_MS, p95Ms: HOUR_MS } };
  return emulated({}, { service: { ...base.service, batch, ...service } }, { faults: rules.map(parseFaultRule) });
}

function create(mock: Mock, given: object, headers: Record<string, string> = {}) {
  return mock.handle(post(CREATE, given, headers));
}

function outcomes(mock: Mock, name: string): unknown[] {
  const { response } = jsonOf(mock.handle(get(`/v1beta/${name}`)));
  return response.inlinedResponses.inlinedResponses.map(
    ({ response: told, error }: any) => error?.code ?? told.candidates?.[0]?.finishReason ?? told.promptFeedback.blockReason,
  );
}

describe('a fault of a job', () => {
  test('by rule: creation is one of the calls that are counted', () => {
    const { mock } = lane(['capacity.overloaded,first=2']);
    expect([1, 2, 3].map(() => create(mock, body('a')).status)).toEqual([503, 503, 200]);
    expect(mock.summary().batches).toMatchObject({ jobs: 1, refused: 2, refusedBy: { 'capacity.overloaded': 2 } });
    expect(mock.summary().attempts).toBe(0);
  });

  test('by header, from the catalogue or as the service says it', () => {
    const { mock } = lane();
    expect(create(mock, body('a'), { 'x-rundry-fault': 'gemini-400-precondition-batch' }).status).toBe(400);
    const answer = create(mock, body('a'), { 'x-rundry-fault': 'quota.rpm' });
    expect(answer.status).toBe(429);
    expect(textOf(answer)).toContain('GenerateRequestsPerMinutePerProjectPerModel');
    expect(mock.summary().batches).toMatchObject({ jobs: 0, refused: 2 });
  });

  test('by scenario', () => {
    const { mock } = lane([], { faults: [{ class: 'auth.suspended', ratio: 1, models: null, span: null, afterMs: null }] });
    expect(create(mock, body('a')).status).toBe(403);
  });
});

describe('a fault of a row', () => {
  test('by rule: each row is counted by itself, and calls are not', () => {
    const { mock, at } = lane(['server.internal,of=rows,nth=2', 'gemini-200-image-safety,of=rows,nth=3']);
    const { name } = jsonOf(create(mock, body('a', 'b', 'c', 'd')));
    at(HOUR_MS);
    expect(outcomes(mock, name)).toEqual(['STOP', 13, 'IMAGE_SAFETY', 'STOP']);
    expect(mock.summary().batches.rows).toEqual({ asked: 4, delivered: 2, blocked: 1, failed: 1 });
  });

  test('by a marker in its own prompt', () => {
    const { mock, at } = lane();
    const { name } = jsonOf(create(mock, body('a', 'b [rundry:safety.prompt]', 'c [rundry:capacity.overloaded]', 'd [rundry:nonsense]')));
    at(HOUR_MS);
    expect(outcomes(mock, name)).toEqual(['STOP', 'SAFETY', 14, 'STOP']);
  });

  test('by header: what a filter withholds it withholds of every row', () => {
    const { mock, at } = lane();
    const { name } = jsonOf(create(mock, body('a', 'b'), { 'x-rundry-fault': 'safety.image' }));
    at(HOUR_MS);
    expect(outcomes(mock, name)).toEqual(['IMAGE_SAFETY', 'IMAGE_SAFETY']);
  });

  test('by scenario, of the later stages too', () => {
    const { mock, at } = lane([], { faults: [{ class: 'capacity.overloaded', ratio: 1, models: null, span: null, afterMs: null }] });
    const { name } = jsonOf(create(mock, body('a', 'b')));
    at(HOUR_MS);
    expect(outcomes(mock, name)).toEqual([14, 14]);
    expect(mock.summary().batches).toMatchObject({ rows: { failed: 2 }, costMicroUsd: 0 });
  });

  test('breaks no connection', () => {
    expect(() => lane(['reset,of=rows'])).toThrow(/faults\[0\]: rows of a batch are answered by an id or a class/);
    expect(() => lane(['server.internal,of=jobs'])).toThrow(/expected calls or rows/);
  });
});

describe('the count of jobs', () => {
  function emulation() {
    let atMs = START;
    const settings = [
      { path: 'service.batch', value: { turnaround: { p50: '1h', p95: '1h' } } },
      { path: 'quota.limits.account', value: { batchJobs: 2 } },
    ];
    const withSettings = mockScenario({ file: null, settings, startAtMs: START });
    const made = new Emulation({ worldOf: (more) => ({ scenarioAt: () => withSettings(more) }), nowMs: () => atMs, picture: null });
    const api = control(made);
    const ask = async (path: string) => (await api({ ...get(`/__rundry/${path}`), headers: { host: 'localhost' } }))!;
    return { made, ask, at: (ms: number) => (atMs = START + ms), hand: (...texts: string[]) => made.handle(post(CREATE, body(...texts))) };
  }

  test('is told by state, journal, metrics and at the end, and follows the calendar', async () => {
    const { made, ask, at, hand } = emulation();
    const [first, second] = [jsonOf(hand('xxxx', 'xxxx')), jsonOf(hand('xxxx'))];
    expect(hand('x').status).toBe(429);
    expect(made.summary().batches).toMatchObject({
      jobs: 2,
      byState: { pending: 2, running: 0 },
      refused: 1,
      refusedBy: { batchJobs: 1 },
      rows: { asked: 3, delivered: 0 },
      enqueuedTokens: 3,
    });
    at(0.5 * HOUR_MS);
    made.handle(post(`/v1beta/${second.name}:cancel`, {}));
    expect(made.summary().batches.byState).toMatchObject({ pending: 0, running: 1, cancelled: 1 });
    at(HOUR_MS);
    const lines = textOf(await ask('journal'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(
      lines.map(({ at: when, state, job, rows, delivered, failed }) => [when.slice(11, 16), state, job, rows, delivered, failed]),
    ).toEqual([
      ['18:00', 'pending', first.name, 2, null, null],
      ['18:00', 'pending', second.name, 1, null, null],
      ['18:00', 'refused', null, 1, null, null],
      ['18:30', 'cancelled', second.name, 1, 0, 1],
      ['19:00', 'succeeded', first.name, 2, 2, 0],
    ]);
    expect(lines[0].costMicroUsd).toBeGreaterThan(0);
    const metrics = textOf(await ask('metrics'));
    for (const line of [
      'rundry_mock_batch_jobs{state="succeeded"} 1',
      'rundry_mock_batch_jobs{state="cancelled"} 1',
      'rundry_mock_batch_refusals_total{cause="batchJobs"} 1',
      'rundry_mock_batch_rows_total{outcome="delivered"} 2',
      'rundry_mock_batch_enqueued_tokens 0',
    ])
      expect(metrics).toContain(line);
    const { summary } = jsonOf(await ask('state'));
    expect(summary.batches.costMicroUsd / 1e6).toBeCloseTo(3 * 0.0681, 2);
    expect(mockVerdict(made.summary())).toContain(
      'Batch jobs: 2 (succeeded 1, cancelled 1), 3 rows (delivered 2, failed 1), $0.20 at half price\nBatch jobs refused: batchJobs 1\n',
    );
  });

  test('a month without room for a job ran dry first', () => {
    const base = scenario();
    const { mock } = emulated({ monthly: 1 }, { quota: base.quota });
    expect(create(mock, body('a')).status).toBe(429);
    expect(mock.summary()).toMatchObject({
      firstRefusal: { bucket: 'monthly', atMs: 0, model: null, limit: 1 },
      batches: { refusedBy: { monthly: 1 } },
    });
  });
});
