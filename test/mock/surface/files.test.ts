import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import type { PlainRequest, PlainResponse } from '../../../src/mock/plain.ts';
import { scenario } from '../../support/scenario.ts';
import { emulated, get, jsonOf, post, textOf } from '../support.ts';

const HOUR_MS = 3_600_000;
const BYTES = Uint8Array.from({ length: 10 }, (_, index) => 250 + index);

function upload(path: string, headers: Record<string, string>, bytes: Uint8Array = new Uint8Array(), method = 'POST'): PlainRequest {
  return { ...post(path, '', headers), method, bytes, origin: 'http://here:1' };
}

function start(headers: Record<string, string> = {}, metadata: object = { file: { displayName: 'ten bytes' } }): PlainRequest {
  const told = {
    'x-goog-upload-protocol': 'resumable',
    'x-goog-upload-command': 'start',
    'x-goog-upload-header-content-type': 'image/png',
  };
  return upload('/upload/v1beta/files', { ...told, ...headers }, Buffer.from(JSON.stringify(metadata)));
}

/** Path and query of a session, whose URL begins with where the client called. */
function sessionOf(answer: PlainResponse): string {
  const url = answer.headers['x-goog-upload-url'] ?? '';
  expect(url).toMatch(/^http:\/\/here:1\/upload\/v1beta\/files\?upload_id=/);
  return url.slice('http://here:1'.length);
}

const FINAL = { 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0' };

describe('uploads', () => {
  test('piece by piece, asked in between how far they are', () => {
    const { mock } = emulated({});
    const session = sessionOf(mock.handle(start({ 'x-goog-upload-header-content-length': '10' })));
    const first = mock.handle(upload(session, { 'x-goog-upload-command': 'upload', 'x-goog-upload-offset': '0' }, BYTES.subarray(0, 4)));
    expect(first.headers).toMatchObject({ 'x-goog-upload-status': 'active', 'x-goog-upload-size-received': '4' });
    expect(mock.handle(upload(session, { 'x-goog-upload-command': 'query' })).headers['x-goog-upload-size-received']).toBe('4');
    const wrong = mock.handle(upload(session, { 'x-goog-upload-command': 'upload', 'x-goog-upload-offset': '3' }, BYTES));
    expect(wrong.status).toBe(400);
    const early = mock.handle(upload(session, { 'x-goog-upload-command': 'finalize' }));
    expect(jsonOf(early).error.message).toContain('4 bytes of the 10');
    const last = mock.handle(upload(session, { ...FINAL, 'x-goog-upload-offset': '4' }, BYTES.subarray(4)));
    expect(last.headers['x-goog-upload-status']).toBe('final');
    const { file } = jsonOf(last);
    expect(file).toMatchObject({ displayName: 'ten bytes', mimeType: 'image/png', sizeBytes: '10', state: 'ACTIVE', source: 'UPLOADED' });
    expect(file.uri).toBe(`http://here:1/v1beta/${file.name}`);
    expect(mock.handle(get(`/v1beta/${file.name}:download?alt=media`)).body).toEqual(Buffer.from(BYTES));
    expect(mock.handle(upload(session, FINAL, BYTES)).status).toBe(404);
  });

  test('called off', () => {
    const { mock } = emulated({});
    const session = sessionOf(mock.handle(start()));
    expect(mock.handle(upload(session, { 'x-goog-upload-command': 'cancel' })).headers['x-goog-upload-status']).toBe('cancelled');
    expect(mock.handle(upload(session, FINAL, BYTES)).status).toBe(404);
  });

  test('by range, as older libraries do', () => {
    const { mock } = emulated({});
    const location = mock.handle(upload('/upload/v1beta/files?uploadType=resumable', {}, Buffer.from('{}'))).headers['location']!;
    const session = location.slice('http://here:1'.length);
    const part = mock.handle(upload(session, { 'content-range': 'bytes 0-3/10' }, BYTES.subarray(0, 4), 'PUT'));
    expect(part).toMatchObject({ status: 308, headers: { range: 'bytes=0-3' } });
    expect(mock.handle(upload(session, { 'content-range': 'bytes */10' }, undefined, 'PUT')).status).toBe(308);
    const done = mock.handle(upload(session, { 'content-range': 'bytes 4-9/10' }, BYTES.subarray(4), 'PUT'));
    expect(jsonOf(done).file.sizeBytes).toBe('10');
  });

  test.each(['\r\n', '\n'])('in parts, whose lines end with %j', (end) => {
    const { mock } = emulated({});
    const head = [
      '--edge',
      'content-type: application/json',
      '',
      '{"file":{"display_name":"in parts"}}',
      '--edge',
      'Content-Type: image/gif',
      '',
      '',
    ];
    const body = Buffer.concat([Buffer.from(head.join(end)), BYTES, Buffer.from(`${end}--edge--${end}`)]);
    const headers = { 'x-goog-upload-protocol': 'multipart', 'content-type': 'multipart/related; boundary="edge"' };
    const { file } = jsonOf(mock.handle(upload('/upload/v1beta/files', headers, body)));
    expect(file).toMatchObject({ displayName: 'in parts', mimeType: 'image/gif', sizeBytes: '10' });
    expect(mock.handle(get(`/v1beta/${file.name}:download`)).body).toEqual(Buffer.from(BYTES));
    expect(mock.handle(upload('/upload/v1beta/files', headers, Buffer.from('--edge'))).status).toBe(400);
  });

  test('raw', () => {
    const { mock } = emulated({});
    const headers = { 'x-goog-upload-protocol': 'raw', 'content-type': 'image/webp' };
    expect(jsonOf(mock.handle(upload('/upload/v1beta/files', headers, BYTES))).file).toMatchObject({
      mimeType: 'image/webp',
      sizeBytes: '10',
    });
  });

  test('under a name of their own, once', () => {
    const { mock } = emulated({});
    const put = (name: string): PlainResponse => mock.handle(upload(sessionOf(mock.handle(start({}, { file: { name } }))), FINAL, BYTES));
    expect(jsonOf(put('files/mine')).file.name).toBe('files/mine');
    expect(jsonOf(put('mine')).error.status).toBe('ALREADY_EXISTS');
    expect(put('Not A Name').status).toBe(400);
  });

  test('need a key to begin, and none to go on', () => {
    const { mock } = emulated({}, {}, { apiKeys: ['k1'] });
    expect(mock.handle({ ...start(), headers: { 'x-goog-upload-protocol': 'resumable' } }).status).toBe(403);
    expect(mock.handle(start()).status).toBe(400);
    const session = sessionOf(mock.handle(start({ 'x-goog-api-key': 'k1' })));
    expect(mock.handle({ ...upload(session, FINAL, BYTES), headers: FINAL }).status).toBe(200);
  });

  test('are refused when the store is full, until something is deleted', () => {
    const { mock } = emulated({});
    const put = (): PlainResponse =>
      mock.handle(upload('/upload/v1beta/files', { 'x-goog-upload-protocol': 'raw' }, new Uint8Array(90 << 20)));
    const [first] = [put(), put()];
    expect(put().status).toBe(429);
    mock.handle({ ...get(`/v1beta/${jsonOf(first!).file.name}`), method: 'DELETE' });
    expect(put().status).toBe(200);
  });
});

describe('files', () => {
  function withFile(): ReturnType<typeof emulated> & { readonly name: string } {
    const whole = emulated({}, { quota: { ...scenario().quota, projects: 2 } });
    const answer = whole.mock.handle(upload('/upload/v1beta/files', { 'x-goog-upload-protocol': 'raw' }, BYTES));
    return { ...whole, name: jsonOf(answer).file.name };
  }

  test('last 48 hours', () => {
    const { mock, at, name } = withFile();
    at(48 * HOUR_MS - 1);
    expect(mock.handle(get(`/v1beta/${name}`)).status).toBe(200);
    at(48 * HOUR_MS);
    expect(mock.handle(get(`/v1beta/${name}`)).status).toBe(403);
    expect(textOf(mock.handle(get('/v1beta/files')))).toBe('{}');
  });

  test('belong to the project that sent them', () => {
    const { mock, name } = withFile();
    const other = { 'x-rundry-project': 'p2' };
    const answer = mock.handle(get(`/v1beta/${name}`, other));
    expect(answer.status).toBe(403);
    expect(jsonOf(answer).error.message).toContain(name.slice('files/'.length));
    expect(textOf(mock.handle(get('/v1beta/files', other)))).toBe('{}');
    expect(mock.handle(get('/v1beta/files', { 'x-rundry-project': 'p9' })).status).toBe(400);
  });

  test('may stand in a prompt of their own project by their address, as long as they are there', () => {
    const { mock, at, name } = withFile();
    const asked = (uri: string, project = 'p1'): number =>
      mock.handle(
        post(
          '/v1beta/models/gemini-3-pro-image:generateContent',
          { contents: [{ parts: [{ text: 'as here' }, { file_data: { file_uri: uri } }] }] },
          { 'x-rundry-project': project },
        ),
      ).status;
    const uri = `http://here:1/v1beta/${name}`;
    expect([asked(uri), asked(uri, 'p2'), asked('http://here:1/v1beta/files/none'), asked('https://example.com/house.png')]).toEqual([
      200, 403, 403, 200,
    ]);
    at(48 * HOUR_MS);
    expect(asked(uri)).toBe(403);
  });

  test('are listed in pages', () => {
    const { mock } = withFile();
    for (let n = 0; n < 2; n++) mock.handle(upload('/upload/v1beta/files', { 'x-goog-upload-protocol': 'raw' }, BYTES));
    const first = jsonOf(mock.handle(get('/v1/files?pageSize=2')));
    const second = jsonOf(mock.handle(get(`/v1/files?pageSize=2&pageToken=${first.nextPageToken}`)));
    expect(new Set([...first.files, ...second.files].map(({ name }) => name)).size).toBe(3);
    expect(second.nextPageToken).toBeUndefined();
  });
});
