/** Whatever comes, every surface answers: with a status, and with JSON where it says so. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emulated, PRO, textOf } from '../support.ts';

const PATHS = [
  '/v1/interactions',
  '/v1beta/interactions/v1_x/cancel',
  '/v1beta/openai/chat/completions',
  '/v1beta/openai/images/generations',
  '/v1beta/openai/models/x',
  '/api/v1/chat/completions',
  `/v1beta/models/${PRO}:batchGenerateContent`,
  '/v1beta/batches/x:cancel',
  '/v1beta/batches?pageSize=-1&pageToken=x',
  '/upload/v1beta/files',
  '/upload/v1beta/files?upload_id=x',
  '/upload/v1beta/files?uploadType=multipart',
  '/v1beta/files?pageSize=0',
  '/download/v1beta/files/x:download',
  '/v1/publishers/google/models/imagen-4.0-generate-001:predict',
  '/v1beta1/projects/p/locations/l/batchPredictionJobs',
  '//v1beta/%3A/%2F',
];
/** Names that the surfaces look for, with values that they do not expect. */
const NAMES = [
  'model',
  'input',
  'messages',
  'content',
  'role',
  'type',
  'data',
  'uri',
  'batch',
  'inputConfig',
  'requests',
  'request',
  'file',
  'name',
  'instances',
  'prompt',
  'parameters',
  'n',
  'size',
  'stream',
  'response_format',
  'image_url',
  'image_config',
  'previous_interaction_id',
];

const body = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.constantFrom(PRO, `google/${PRO}`, '', 'x', 0, -1, 2, true, null), tie('list'), tie('fields')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  fields: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 8 }),
})).fields;

const headers = fc.record(
  {
    'x-goog-upload-protocol': fc.constantFrom('resumable', 'multipart', 'raw', 'none'),
    'x-goog-upload-command': fc.constantFrom('start', 'upload', 'upload, finalize', 'query', 'cancel', 'x'),
    'x-goog-upload-offset': fc.constantFrom('0', '-1', 'x'),
    'content-type': fc.constantFrom('application/json', 'multipart/related; boundary=x', 'multipart/related'),
    'content-range': fc.constantFrom('bytes 0-1/2', 'bytes */2', 'x'),
    origin: fc.constant('https://app.example'),
  },
  { requiredKeys: [] },
);

test('calls of any shape are answered', () => {
  const { mock } = emulated({ rpm: 50 });
  fc.assert(
    fc.property(
      fc.constantFrom(...PATHS),
      fc.constantFrom('POST', 'GET', 'DELETE', 'PUT', 'OPTIONS', 'HEAD'),
      headers,
      body,
      (path, method, told, asked) => {
        const text = JSON.stringify(asked);
        const answer = mock.handle({ method, path, headers: { 'x-goog-api-key': 'any', ...told }, body: text, bytes: Buffer.from(text) });
        expect(answer.status).toBeGreaterThanOrEqual(200);
        expect(answer.status).toBeLessThan(600);
        const sent = textOf(answer);
        if (sent !== '' && answer.headers['content-type']?.startsWith('application/json')) JSON.parse(sent);
      },
    ),
    { numRuns: 2_000, seed: 20_261_121 },
  );
});
