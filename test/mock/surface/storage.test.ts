/** Objects of Cloud Storage, put and fetched in the ways of its clients. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Mock } from '../../../src/mock/handle.ts';
import type { PlainRequest, PlainResponse } from '../../../src/mock/plain.ts';
import { crc32c } from '../../../src/mock/surface/crc32c.ts';
import { emulated, jsonOf, textOf } from '../support.ts';

const BYTES = Buffer.from([0, 255, 10, 13, 128, 7]);
const OBJECT = '/storage/v1/b/bucket/o/dir%2Fone.bin';

function call(
  mock: Mock,
  method: string,
  path: string,
  bytes: Uint8Array = Buffer.alloc(0),
  headers: Record<string, string> = {},
): PlainResponse {
  const request: PlainRequest = { method, path, headers, body: '', bytes, origin: 'http://127.0.0.1:1' };
  return mock.handle(request);
}

const mock = (): Mock => emulated({}).mock;
const upload = (query: string): string => `/upload/storage/v1/b/bucket/o?${query}`;
const fetched = (of: Mock): Buffer => Buffer.from(call(of, 'GET', `${OBJECT}?alt=media`).body);

describe('an object is put', () => {
  test('whole', () => {
    const of = mock();
    const put = call(of, 'POST', upload('uploadType=media&name=dir%2Fone.bin'), BYTES, { 'content-type': 'image/png' });
    expect(jsonOf(put)).toMatchObject({
      kind: 'storage#object',
      bucket: 'bucket',
      name: 'dir/one.bin',
      contentType: 'image/png',
      size: '6',
      md5Hash: createHash('md5').update(BYTES).digest('base64'),
      selfLink: 'http://127.0.0.1:1/storage/v1/b/bucket/o/dir%2Fone.bin',
    });
    expect(fetched(of)).toEqual(BYTES);
    expect(call(of, 'GET', `/download${OBJECT}?alt=media`).headers).toMatchObject({
      'x-goog-hash': expect.stringMatching(/^crc32c=.{8},md5=/),
    });
  });

  test('in parts that say what it is', () => {
    const of = mock();
    const head = 'Content-Type: application/json\r\n\r\n{"name":"dir/one.bin"}';
    const body = Buffer.concat([Buffer.from(`--x\r\n${head}\r\n--x\r\nContent-Type: image/png\r\n\r\n`), BYTES, Buffer.from('\r\n--x--')]);
    expect(call(of, 'POST', upload('uploadType=multipart'), body, { 'content-type': 'multipart/related; boundary=x' }).status).toBe(200);
    expect(fetched(of)).toEqual(BYTES);
  });

  test('piece by piece', () => {
    const of = mock();
    const begun = call(of, 'POST', upload('uploadType=resumable&name=dir%2Fone.bin'), Buffer.from('{}'), {
      'x-upload-content-type': 'image/png',
    });
    const path = begun.headers['location']!.replace('http://127.0.0.1:1', '');
    const first = call(of, 'PUT', path, BYTES.subarray(0, 4), { 'content-range': 'bytes 0-3/*' });
    expect([first.status, first.headers['range']]).toEqual([308, 'bytes=0-3']);
    expect(call(of, 'PUT', path, undefined, { 'content-range': 'bytes */*' }).status).toBe(308);
    const last = call(of, 'PUT', path, BYTES.subarray(4), { 'content-range': 'bytes 4-5/6' });
    expect(jsonOf(last)).toMatchObject({ size: '6', contentType: 'image/png' });
    expect(fetched(of)).toEqual(BYTES);
  });

  test('not without a name', () => {
    expect(jsonOf(call(mock(), 'POST', upload('uploadType=media'), BYTES)).error).toMatchObject({
      code: 400,
      errors: [{ reason: 'required' }],
    });
  });
});

test('objects are listed by their beginnings, folder by folder, and deleted', () => {
  const of = mock();
  for (const name of ['a/1', 'a/2', 'b/1', 'c']) call(of, 'POST', upload(`name=${encodeURIComponent(name)}`), BYTES);
  const names = (query: string): unknown => {
    const { items = [], prefixes } = jsonOf(call(of, 'GET', `/storage/v1/b/bucket/o?${query}`));
    return [items.map(({ name }: any) => name), prefixes];
  };
  expect(names('prefix=a/')).toEqual([['a/1', 'a/2'], undefined]);
  expect(names('delimiter=/')).toEqual([['c'], ['a/', 'b/']]);
  const page = jsonOf(call(of, 'GET', '/storage/v1/b/bucket/o?maxResults=3'));
  expect([page.items.length, page.nextPageToken]).toEqual([3, '3']);
  expect(call(of, 'DELETE', '/storage/v1/b/bucket/o/c').status).toBe(204);
  const gone = call(of, 'GET', '/storage/v1/b/bucket/o/c');
  expect([gone.status, jsonOf(gone).error.errors[0].reason]).toEqual([404, 'notFound']);
});

test('a bucket is there as soon as it is named', () => {
  const of = mock();
  expect(jsonOf(call(of, 'GET', '/storage/v1/b/mine'))).toMatchObject({ kind: 'storage#bucket', name: 'mine' });
  expect(textOf(of.handle({ method: 'POST', path: '/storage/v1/b?project=p', headers: {}, body: '{"name":"new"}' }))).toContain('"new"');
});

/** Check values of RFC 3720, B.4. */
test.each([
  [new Uint8Array(32), 0x8a9136aa],
  [new Uint8Array(32).fill(0xff), 0x62a8ab43],
  [Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
  [Buffer.from('123456789'), 0xe3069283],
])('the checksum of %s', (bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum);
  expect(crc32c(bytes.subarray(5), crc32c(bytes.subarray(0, 5)))).toBe(sum);
});
