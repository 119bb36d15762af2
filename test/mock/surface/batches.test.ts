import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import type { Mock } from '../../../src/mock/handle.ts';
import type { PlainResponse } from '../../../src/mock/plain.ts';
import type { LimitSpec, Scenario } from '../../../src/model/scenario.ts';
import { limits, scenario } from '../../support/scenario.ts';
import { BODY, emulated, emulatedWith, get, jsonOf, PRO, post, textOf } from '../support.ts';

const HOUR_MS = 3_600_000;
const CREATE = `/v1beta/models/${PRO}:batchGenerateContent`;

function inline(rows: number, request: object = BODY): object {
  const requests = Array.from({ length: rows }, (_, index) => ({ request, metadata: { key: `row ${index}` } }));
  return { batch: { displayName: 'test', inputConfig: { requests: { requests } } } };
}

function create(mock: Mock, body: object = inline(1), headers: Record<string, string> = {}): PlainResponse {
  return mock.handle(post(CREATE, body, headers));
}

/** A job takes an hour, unless the test says otherwise. */
function lane(batch: Partial<Scenario['service']['batch']> = {}, quota: Partial<Scenario['quota']> = {}) {
  const base = scenario();
  const turnaround = { p50Ms: HOUR_MS, p95Ms: HOUR_MS };
  return emulated(
    {},
    { quota: { ...base.quota, ...quota }, service: { ...base.service, batch: { ...base.service.batch, turnaround, ...batch } } },
  );
}

/** Batch limits stand beside those that the helper sets. */
function limited(bucket: LimitSpec['bucket'], model: string | null, limit: number, values: Parameters<typeof limits>[0] = {}) {
  const spec: LimitSpec = { bucket, model, state: 'known', limit, interval: null, source: { grade: 'assumed', from: 'test', asOf: null } };
  return [...limits(values), spec];
}

function withLimits(own: readonly LimitSpec[], accounts = 1) {
  const base = scenario();
  const turnaround = { p50Ms: HOUR_MS, p95Ms: HOUR_MS };
  const service = { ...base.service, batch: { ...base.service.batch, turnaround } };
  return emulatedWith({ ...base, service, quota: { ...base.quota, limits: own, projects: 2, accounts } });
}

describe('a job', () => {
  test('is pending, then running, then done, with counts as strings', () => {
    const { mock, at } = lane();
    const { name, metadata, done } = jsonOf(create(mock, inline(3)));
    expect(metadata).toMatchObject({
      state: 'BATCH_STATE_PENDING',
      displayName: 'test',
      model: `models/${PRO}`,
      createTime: '2026-12-01T18:00:00.000Z',
    });
    expect(metadata.batchStats).toEqual({ requestCount: '3', pendingRequestCount: '3' });
    expect(done).toBeUndefined();
    const stateAt = (ms: number): string => {
      at(ms);
      return jsonOf(mock.handle(get(`/v1beta/${name}`))).metadata.state;
    };
    expect([0.1 * HOUR_MS - 1, 0.1 * HOUR_MS, HOUR_MS - 1, HOUR_MS].map(stateAt)).toEqual([
      'BATCH_STATE_PENDING',
      'BATCH_STATE_RUNNING',
      'BATCH_STATE_RUNNING',
      'BATCH_STATE_SUCCEEDED',
    ]);
    const ended = jsonOf(mock.handle(get(`/v1beta/${name}`)));
    expect(ended).toMatchObject({
      done: true,
      metadata: { endTime: '2026-12-01T19:00:00.000Z', batchStats: { successfulRequestCount: '3' } },
    });
    expect(ended.response.inlinedResponses).toEqual(ended.metadata.output.inlinedResponses);
    const rows = ended.response.inlinedResponses.inlinedResponses;
    expect(rows.map((row: any) => row.metadata.key)).toEqual(['row 0', 'row 1', 'row 2']);
    expect(new Set(rows.map((row: any) => row.response.responseId)).size).toBe(3);
  });

  test('takes no minute quota and half the price', () => {
    const base = scenario();
    const { mock, at } = emulatedWith({ ...base, quota: { ...base.quota, limits: limits({ rpm: 0, monthly: 100_000 }) } });
    // A picture lists at about 0.137 dollars.
    expect(create(mock).status).toBe(200);
    at(48 * HOUR_MS);
    const refused = create(mock);
    expect(refused.status).toBe(429);
    expect(jsonOf(refused).error.message).toContain('monthly spending cap');
  });

  test('may expire, and then has no results', () => {
    const { mock, at } = lane({ turnaround: { p50Ms: 100 * HOUR_MS, p95Ms: 100 * HOUR_MS } });
    const { name } = jsonOf(create(mock));
    at(48 * HOUR_MS);
    const ended = jsonOf(mock.handle(get(`/v1beta/${name}`)));
    expect(ended).toMatchObject({ done: true, metadata: { state: 'BATCH_STATE_EXPIRED' }, error: { code: 4 } });
    expect(ended.response).toBeUndefined();
  });

  test('that was cancelled stays so; one that is done cannot be', () => {
    const { mock, at } = lane();
    const [first, second] = [jsonOf(create(mock)), jsonOf(create(mock))];
    expect(jsonOf(mock.handle(post(`/v1beta/${first.name}:cancel`, {})))).toEqual({});
    at(2 * HOUR_MS);
    mock.handle(post(`/v1beta/${second.name}:cancel`, {}));
    const states = [first, second].map(({ name }) => jsonOf(mock.handle(get(`/v1beta/${name}`))).metadata.state);
    expect(states).toEqual(['BATCH_STATE_CANCELLED', 'BATCH_STATE_SUCCEEDED']);
  });

  test('is listed newest first, in pages, for its own project alone', () => {
    const { mock } = lane({}, { projects: 2 });
    const names = Array.from({ length: 3 }, () => jsonOf(create(mock)).name);
    const first = jsonOf(mock.handle(get('/v1beta/batches?pageSize=2')));
    const second = jsonOf(mock.handle(get(`/v1beta/batches?pageSize=2&pageToken=${first.nextPageToken}`)));
    expect([...first.operations, ...second.operations].map(({ name }) => name)).toEqual(names.toReversed());
    const other = { 'x-rundry-project': 'p2' };
    expect(textOf(mock.handle(get('/v1beta/batches', other)))).toBe('{}');
    expect(mock.handle(get(`/v1beta/${names[0]}`, other)).status).toBe(404);
    expect(mock.handle({ ...get(`/v1beta/${names[0]}`), method: 'DELETE' }).status).toBe(200);
    expect(mock.handle(get(`/v1beta/${names[0]}`)).status).toBe(404);
  });
});

describe('rows', () => {
  test('that are wrong fail alone, with a gRPC code', () => {
    const { mock, at } = lane();
    const body: any = inline(2);
    body.batch.inputConfig.requests.requests[0].request = { contents: [] };
    const { name } = jsonOf(create(mock, body));
    at(HOUR_MS);
    const { metadata, response } = jsonOf(mock.handle(get(`/v1beta/${name}`)));
    expect(metadata).toMatchObject({
      state: 'BATCH_STATE_SUCCEEDED',
      batchStats: { successfulRequestCount: '1', failedRequestCount: '1' },
    });
    const [wrong, right] = response.inlinedResponses.inlinedResponses;
    expect(wrong).toMatchObject({
      error: { code: 3, message: expect.stringContaining('contents is not specified') },
      metadata: { key: 'row 0' },
    });
    expect(right.response.candidates[0].finishReason).toBe('STOP');
  });

  test('that a filter withheld say so', () => {
    const base = scenario();
    const turnaround = { p50Ms: HOUR_MS, p95Ms: HOUR_MS };
    const { mock, at } = emulated({}, { service: { ...base.service, blockRatio: 1, batch: { ...base.service.batch, turnaround } } });
    const { name } = jsonOf(create(mock));
    at(HOUR_MS);
    const [row] = jsonOf(mock.handle(get(`/v1beta/${name}`))).response.inlinedResponses.inlinedResponses;
    expect(row.response.candidates[0].finishReason).toBe('IMAGE_SAFETY');
  });

  test('from a file come back in a file, in their order, by their keys', () => {
    const { mock, at } = lane();
    const lines = [{ key: 'good', request: BODY }, { key: 'bad', request: { contents: [] } }, { request: BODY }];
    const { name } = jsonOf(create(mock, fromFile(mock, lines.map((line) => JSON.stringify(line)).join('\n'))));
    at(HOUR_MS);
    const { responsesFile } = jsonOf(mock.handle(get(`/v1beta/${name}`))).response;
    const download = mock.handle(get(`/v1beta/${responsesFile}:download?alt=media`));
    const rows = textOf(download)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map((row) => [row.key, 'response' in row, row.error?.code])).toEqual([
      ['good', true, undefined],
      ['bad', false, 3],
      [undefined, true, undefined],
    ]);
    expect(download.headers['content-type']).toBe('application/jsonl');
  });

  test('results too large to be fetched inline are a 503 after a minute', () => {
    const huge = { mimeType: 'image/jpeg', base64: 'A'.repeat(6_000_000) };
    const base = scenario();
    const turnaround = { p50Ms: HOUR_MS, p95Ms: HOUR_MS };
    const service = { ...base.service, batch: { ...base.service.batch, turnaround } };
    const { mock, at } = emulated({}, { service }, { picture: () => huge });
    const [fits, breaks] = [jsonOf(create(mock, inline(80))), jsonOf(create(mock, inline(90)))];
    at(HOUR_MS);
    expect(mock.handle(get(`/v1beta/${breaks.name}`))).toMatchObject({ status: 503, afterMs: 60_000 });
    const fetched = mock.handle(get(`/v1beta/${fits.name}`));
    let chars = 0;
    for (const piece of fetched.pieces ?? []) chars += piece.length;
    expect(chars).toBeGreaterThan(2 * 80 * 6_000_000);
  });
});

describe('what is not taken', () => {
  test.each([
    ['bad JSON', '{', 400],
    ['no input', { batch: {} }, 400],
    ['no requests', { batch: { inputConfig: { requests: { requests: [] } } } }, 400],
    ['a file that is not there', { batch: { input_config: { file_name: 'files/none' } } }, 403],
    ['more than 20 MB in the call', inline(1, { contents: [{ parts: [{ text: 'x'.repeat(21 << 20) }] }] }), 400],
  ])('%s', (_, body, status) => {
    expect(lane().mock.handle(post(CREATE, body)).status).toBe(status);
  });

  test('a model that does not exist', () => {
    const answer = lane().mock.handle(post('/v1/models/nobody:batchGenerateContent', inline(1)));
    expect(jsonOf(answer).error.message).toContain(
      'models/nobody is not found for API version v1, or is not supported for batchGenerateContent',
    );
  });

  test('anything on the free tier', () => {
    const { mock } = lane({}, { tier: 'free' });
    expect(jsonOf(create(mock)).error).toMatchObject({ code: 400, status: 'FAILED_PRECONDITION' });
  });

  test('a file whose lines are no JSON: the job fails', () => {
    const { mock, at } = lane();
    const { name } = jsonOf(create(mock, fromFile(mock, `${JSON.stringify({ request: BODY })}\nnot json`)));
    at(HOUR_MS);
    const ended = jsonOf(mock.handle(get(`/v1beta/${name}`)));
    expect(ended).toMatchObject({
      metadata: { state: 'BATCH_STATE_FAILED' },
      error: { code: 3, message: expect.stringContaining('line 2') },
    });
  });

  test('more jobs at once than an account may have, whichever project sends them; a place is free when one ends', () => {
    const { mock, at } = withLimits(limited('batchJobs', null, 3));
    const codes = Array.from({ length: 4 }, (_, n) => create(mock, inline(1), { 'x-rundry-project': `p${1 + (n % 2)}` }).status);
    expect(codes).toEqual([200, 200, 200, 429]);
    at(HOUR_MS);
    expect(create(mock).status).toBe(200);
  });

  test('a job that was deleted while it ran keeps its place', () => {
    const { mock, at } = withLimits(limited('batchJobs', null, 1));
    const { name } = jsonOf(create(mock));
    mock.handle({ ...get(`/v1beta/${name}`), method: 'DELETE' });
    expect(create(mock).status).toBe(429);
    at(HOUR_MS);
    expect(create(mock).status).toBe(200);
  });

  test('more prompt tokens than a project and model may have enqueued', () => {
    const { mock, at } = withLimits(limited('batchTokens', PRO, 6));
    // The prompt counts three tokens.
    const three = inline(1, { contents: [{ parts: [{ text: 'x'.repeat(12) }] }] });
    const ask = (project: string): number => create(mock, three, { 'x-rundry-project': project }).status;
    expect([ask('p1'), ask('p1'), ask('p1'), ask('p2')]).toEqual([200, 200, 429, 200]);
    at(HOUR_MS);
    expect(ask('p1')).toBe(200);
  });
});

function fromFile(mock: Mock, text: string): object {
  const headers = { 'x-goog-upload-protocol': 'raw', 'content-type': 'application/jsonl' };
  const { file } = jsonOf(mock.handle({ ...post('/upload/v1beta/files', '', headers), bytes: Buffer.from(text) }));
  return { batch: { input_config: { file_name: file.name } } };
}
