/** What people paste into `rundry diagnose`: every known answer in the forms in which tools print it, whole logs, and texts that only look alike. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../src/model/diagnosis.ts';
import { ERROR_CLASSES } from '../../src/model/names.ts';
import { diagnosisReport } from '../../src/report/diagnosis.ts';
import { GATEWAY_QUESTIONS, noteFor } from '../../src/wire/class-notes.ts';
import { diagnose } from '../../src/wire/diagnosis.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';

interface Known {
  readonly id: string;
  readonly httpStatus: number;
  readonly class: string;
  readonly body: unknown;
}

const FACTS = new URL('../../../shared/facts/error-catalogue.json', import.meta.url);
const facts = existsSync(FACTS) ? (JSON.parse(readFileSync(FACTS, 'utf8')) as Known[]) : [];
const KNOWN: readonly Known[] = [...ERROR_CATALOGUE, ...facts.filter(({ id }) => !ERROR_CATALOGUE.some((entry) => entry.id === id))];

function textOf(body: unknown, indent?: number): string {
  return typeof body === 'string' ? body : JSON.stringify(body, null, indent);
}

/** As Python prints a dict. */
function pythonRepr(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') {
    const escaped = value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
    return escaped.includes("'") && !escaped.includes('"') ? `"${escaped}"` : `'${escaped.replace(/'/g, "\\'")}'`;
  }
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, inner]) => `${pythonRepr(key)}: ${pythonRepr(inner)}`)
      .join(', ')}}`;
  return String(value);
}

function yamlish(value: unknown, indent = ''): string {
  if (Array.isArray(value)) return value.map((item) => `${indent}- ${yamlish(item, `${indent}  `).trimStart()}`).join('\n');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, inner]) =>
        typeof inner === 'object' && inner !== null
          ? `${indent}${key}:\n${yamlish(inner, `${indent}  `)}`
          : `${indent}${key}: ${yamlish(inner)}`,
      )
      .join('\n');
  return String(value);
}

const TRACE =
  '\n    at throwErrorIfNotOK (file:///app/node_modules/@google/genai/dist/node/index.mjs:17:30)\n    at async main (app.js:5:3)';

/** Each prints an answer as some tool does. */
const FORMS: Readonly<Record<string, (entry: Known) => string>> = {
  'as it came': ({ body }) => textOf(body),
  pretty: ({ body }) => textOf(body, 2),
  'inside an array': ({ body }) => (typeof body === 'string' ? body : `[${textOf(body, 2)}\n]`),
  'curl -i': ({ httpStatus, body }) =>
    `HTTP/2 ${httpStatus} \r\ncontent-type: application/json; charset=UTF-8\r\ndate: Sat, 21 Nov 2026 06:00:00 GMT\r\nserver: scaffolding on HTTPServer2\r\nalt-svc: h3=":443"; ma=2592000\r\n\r\n${textOf(body, 2)}\r\n`,
  'curl -v': ({ httpStatus, body }) =>
    `* Connected to generativelanguage.googleapis.com port 443\n> POST /v1beta/models/x HTTP/2\n> x-goog-api-key: AIzaCANARYCANARY\n> \n< HTTP/2 ${httpStatus} \n< content-type: application/json\n< \n${textOf(body)}`,
  'SDK for JavaScript': ({ body }) => `ApiError: ${textOf(body)}${TRACE}`,
  'SDK for JavaScript, inspected': ({ httpStatus, body }) =>
    `ApiError: ${textOf(body)}${TRACE} {\n  status: ${httpStatus},\n  name: 'ApiError'\n}`,
  'SDK for Python': ({ httpStatus, body }) =>
    typeof body === 'string' ? body : `google.genai.errors.ClientError: ${httpStatus} ERROR. ${pythonRepr(body)}`,
  'a Python traceback': ({ httpStatus, body }) =>
    `Traceback (most recent call last):\n  File "/app/main.py", line 12, in <module>\n    client.models.generate_content()\ngoogle.genai.errors.APIError: ${httpStatus} None. ${typeof body === 'string' ? body : pythonRepr(body)}`,
  'winston, JSON': ({ body }) => JSON.stringify({ level: 'error', message: textOf(body), timestamp: '2026-09-02T10:00:00.000Z' }),
  'winston, simple': ({ body }) => `error: image failed ${textOf(body)} {"timestamp":"2026-09-02T10:00:00.000Z"}`,
  pino: ({ httpStatus, body }) =>
    JSON.stringify({
      level: 50,
      time: 1788343200000,
      pid: 7,
      hostname: 'web-1',
      err: { type: 'ApiError', message: textOf(body), stack: `ApiError: ${textOf(body)}${TRACE}`, status: httpStatus },
      msg: 'generate failed',
    }),
  'pino-pretty': ({ body }) =>
    `[2026-09-02 10:00:00.000 +0000] ERROR (7): generate failed\n    err: {\n      "type": "ApiError",\n      "message": ${JSON.stringify(textOf(body))}\n    }`,
  'Python logging': ({ body }) => `2026-09-02 10:00:00,123 - images.worker - ERROR - call failed: ${textOf(body)}`,
  'Python logging, repr': ({ body }) => `ERROR:root:call failed: ${typeof body === 'string' ? body : pythonRepr(body)}`,
  'Python logging, exception': ({ httpStatus, body }) =>
    `2026-09-02 10:00:00,123 ERROR images: call failed\nTraceback (most recent call last):\n  File "a.py", line 3, in run\ngoogle.genai.errors.ClientError: ${httpStatus} X. ${typeof body === 'string' ? body : pythonRepr(body)}`,
  colours: ({ body }) => `\u001b[31mERROR\u001b[39m \u001b[1m${textOf(body)}\u001b[22m`,
  'colours within': ({ body }) =>
    `\u001b[2K\u001b[90m[10:00:00]\u001b[0m \u001b[31m${textOf(body, 2).replace(/\n/g, '\u001b[0m\n\u001b[31m')}`,
  'cut at 80 columns': ({ body }) => (textOf(body).match(/[\s\S]{1,80}/g) ?? []).join('\n'),
  'quoted in a mail': ({ body }) => textOf(body, 2).replace(/^/gm, '> '),
  'docker compose': ({ body }) => textOf(body, 2).replace(/^/gm, 'web-1  | '),
  'twice encoded': ({ body }) => JSON.stringify(textOf(body)),
  'in a code fence': ({ body }) => `We got this today, what is it?\n\n\`\`\`json\n${textOf(body, 2)}\n\`\`\`\n`,
  'util.inspect': ({ httpStatus, body }) =>
    `APICallError [AI_APICallError]: failed\n    at x.js:1:2 ${inspect({ statusCode: httpStatus, responseBody: textOf(body, 2), isRetryable: false }, { depth: 9 })}`,
  'YAML-ish': ({ body }) => (typeof body === 'string' ? body : `answer:\n${yamlish(body, '  ')}`),
  'Windows line ends': ({ body }) => textOf(body, 2).replace(/\n/g, '\r\n'),
};

/** Nothing is left in these that only Google's answers have, or the words of the model stand where those of the service would. */
const LOST: Readonly<Record<string, readonly string[]>> = {
  'pino-pretty': ['gemini-200-text-instead', 'interactions-200-text-instead'],
  'YAML-ish': [
    'gemini-200-text-instead',
    'interactions-200-text-instead',
    'interactions-429-rate-limit',
    'interactions-429-quota-exceeded',
  ],
};

describe.each(Object.entries(FORMS))('%s', (name, form) => {
  test.each(KNOWN.filter(({ id }) => !LOST[name]?.includes(id)).map((entry) => [entry.id, entry] as const))('%s', (_, entry) => {
    expect(diagnose(form(entry)).class).toBe(entry.class);
  });
});

const QUOTA_TEXT = 'You exceeded your current quota, please check your plan and billing details.';

/** Forms that lose structure, as people paste them. */
const PASTED: readonly (readonly [text: string, expected: string])[] = [
  [
    '{"error":{"code":429,"message":"Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests_per_model, limit: 10, mod',
    'quota.rpm',
  ],
  [
    '{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel"',
    'quota.rpd',
  ],
  [
    'google.api_core.exceptions.ResourceExhausted: 429 Resource exhausted. Please try again later. See https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429',
    'quota.shared-capacity',
  ],
  [
    `google.api_core.exceptions.ResourceExhausted: 429 ${QUOTA_TEXT} [violations {\n  quota_metric: "generativelanguage.googleapis.com/generate_content_free_tier_requests"\n  quota_id: "GenerateRequestsPerDayPerProjectPerModel-FreeTier"\n  quota_value: 20\n}\n, retry_delay {\n  seconds: 34\n}\n]`,
    'quota.rpd',
  ],
  [
    `ResourceExhausted: 429 ${QUOTA_TEXT} violations { quota_id: "GenerateRequestsPerMinutePerProjectPerModel" quota_value: 10 }`,
    'quota.rpm',
  ],
  [
    '[GoogleGenerativeAI Error]: Error fetching from https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro-image:generateContent: [503 Service Unavailable] The model is overloaded. Please try again later.',
    'capacity.overloaded',
  ],
  [
    '[GoogleGenerativeAI Error]: Error fetching from https://generativelanguage.googleapis.com/v1beta/x: [400 Bad Request] API key not valid. Please pass a valid API key. [{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]',
    'auth.key-invalid',
  ],
  ['[GoogleGenerativeAI Error]: Candidate was blocked due to SAFETY: finishReason: IMAGE_SAFETY', 'safety.image'],
  ['error:\n  code: 403\n  status: PERMISSION_DENIED\n  details:\n  - reason: SERVICE_DISABLED', 'auth.api-disabled'],
  ['error:\n  code: 403\n  details:\n  - reason: API_KEY_SERVICE_BLOCKED\n    domain: googleapis.com', 'auth.api-blocked'],
  ['status: 403 reason=API_KEY_IP_ADDRESS_BLOCKED generativelanguage.googleapis.com', 'auth.referrer-or-ip-blocked'],
  [
    'litellm.RateLimitError: RateLimitError: VertexAIException - {"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}}',
    'quota.shared-capacity',
  ],
  [
    'litellm.exceptions.BadRequestError: VertexAIException - b\'{\\n  "error": {\\n    "code": 400,\\n    "message": "User location is not supported for the API use.",\\n    "status": "FAILED_PRECONDITION"\\n  }\\n}\\n\'',
    'request.location-unsupported',
  ],
  [
    "openai.RateLimitError: Error code: 429 - [{'error': {'code': 429, 'message': 'You exceeded your current quota', 'status': 'RESOURCE_EXHAUSTED', 'details': [{'@type': 'type.googleapis.com/google.rpc.QuotaFailure', 'violations': [{'quotaId': 'GenerateRequestsPerMinutePerProjectPerModel', 'quotaValue': '5'}]}]}}]",
    'quota.rpm',
  ],
  [
    "openai.PermissionDeniedError: Error code: 403 - {'error': {'message': 'Blocked by Google AI Studio', 'code': 403, 'metadata': {'provider_name': None}}}",
    'auth.provider-block',
  ],
  [
    "TypeError: fetch failed\n    at node:internal/deps/undici/undici:13484:13 {\n  [cause]: Error: getaddrinfo ENOTFOUND generativelanguage.googleapis.com\n      at GetAddrInfoReqWrap.onlookupall { errno: -3008, code: 'ENOTFOUND' }\n}",
    'network.unreachable',
  ],
  ['exception TypeError: fetch failed sending request', 'network.unreachable'],
  ['httpx.ReadTimeout: The read operation timed out', 'client.timeout'],
  ["HTTPStatusError: Server error '502 Bad Gateway' for url https://generativelanguage.googleapis.com/v1beta/x", 'server.bad-gateway'],
  [
    '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>',
    'server.bad-gateway',
  ],
  [
    '2026-09-02T10:00:00Z WARN upstream said: <!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title><p>That’s an error.',
    'server.bad-gateway',
  ],
  [
    'INFO:httpx:HTTP Request: POST https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro-image:generateContent "HTTP/1.1 429 Too Many Requests"',
    'quota.unspecified',
  ],
  ['429 RESOURCE_EXHAUSTED', 'quota.unspecified'],
  ['Your prepayment credits are depleted. gemini', 'billing.prepay-depleted'],
  ['HTTP/1.1 402 Payment Required\n\n{"error":{"message":"This request requires more credits","code":402}}', 'billing.prepay-depleted'],
  ['rpc error: code = PermissionDenied desc = Your API key was reported as leaked. Please use another API key.', 'auth.key-leaked'],
  ['com.google.genai.errors.ServerException: 504 . Deadline expired before operation could complete.', 'server.timeout'],
  ['PERMISSION_DENIED: Your project has been denied access. Please contact support.', 'auth.project-denied'],
  ['Access Restricted: restricted from your billing country', 'auth.region'],
  [
    'models/gemini-2.5-flash-image-preview is not found for API version v1beta, or is not supported for generateContent. Call ListModels',
    'request.model-not-found',
  ],
  ['This model models/gemini-2.0-flash-exp is no longer available.', 'request.model-closed'],
  ['finish_reason: FinishReason.IMAGE_SAFETY (gemini-3-pro-image)', 'safety.image'],
  ["GenerateContentResponse(candidates=[Candidate(finish_reason=<FinishReason.NO_IMAGE: 'NO_IMAGE'>)])", 'safety.no-image'],
];

test.each(PASTED)('pasted: %s', (text, expected) => {
  expect(diagnose(text).class).toBe(expected);
});

test.each([
  'I love bananas',
  'lorem ipsum '.repeat(500),
  '{"name":"rundry","version":"0.1.0"}',
  'npm ERR! 404 Not Found - GET https://registry.npmjs.org/foo',
  'Error: connect ECONNREFUSED 127.0.0.1:5432',
  'fatal: unable to access https://github.com/a/b.git/: The requested URL returned error: 403',
  '{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}',
  'openai.RateLimitError: You exceeded your current quota, please check your plan and billing details.',
  'grpc: received message larger than max (5242880 vs. 4194304)',
  '{"error":{"code":403,"message":"The request cannot be completed because you have exceeded your quota.","errors":[{"domain":"youtube.quota","reason":"quotaExceeded"}]}}',
  'anthropic.RateLimitError: {"type":"error","error":{"type":"rate_limit_error","message":"too many"}}',
  'Quota exceeded for quota metric Queries of service bigquery.googleapis.com',
  '-rw-r--r-- 1 root root 429 Nov 21 06:13 file.txt',
  'requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://api.example.com/users',
  'E tensorflow: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 123 bytes.',
  '403: caller does not have permission; storage.objects.get denied on resource',
  '{"level":"info","message":"GET /favicon.ico","status":404}',
  'The 503 bus to the station leaves at 10:40.',
  '\u0000\u0001\u0002PNG',
])('unknown: %s', (text) => {
  const diagnosis = diagnose(text);
  expect(diagnosis).toMatchObject({ class: 'unknown', whose: null, waitMs: null, bucket: null });
  expect(diagnosis.evidence.join(' ')).toMatch(/missing/);
});

// Logs

const RPM = textOf(ERROR_CATALOGUE.find(({ id }) => id === 'gemini-429-rpm-tier1')?.body);
const OVERLOADED = textOf(ERROR_CATALOGUE.find(({ class: one }) => one === 'capacity.overloaded')?.body);
const WAVE = textOf(ERROR_CATALOGUE.find(({ class: one }) => one === 'auth.key-mismatch')?.body);

test('a log is counted by class, with first and last seen', () => {
  const log = [
    '2026-09-02T10:00:00Z INFO listening on 8080',
    `2026-09-02T10:00:01Z ERROR ApiError: ${RPM}\n    at a.js:1:2`,
    `2026-09-02T10:00:02Z ERROR ApiError: ${OVERLOADED}`,
    `2026-09-02T10:00:03.5Z ERROR ApiError: ${RPM}\n    at a.js:1:2`,
    '2026-09-02T10:00:04Z ERROR db: connect ECONNREFUSED 127.0.0.1:5432',
    '2026-09-02T10:00:05Z INFO 200 in 4290 ms',
  ].join('\n');
  const diagnosis = diagnose(log);
  expect(diagnosis).toMatchObject({ class: 'quota.rpm', bucket: 'rpm', limit: 500, entries: 6, unclear: 1 });
  expect(diagnosis.classes).toMatchObject([
    { class: 'quota.rpm', count: 2, firstSeen: '2026-09-02T10:00:01.000Z', lastSeen: '2026-09-02T10:00:03.500Z', line: 2 },
    { class: 'capacity.overloaded', count: 1, firstSeen: '2026-09-02T10:00:02.000Z', line: 4 },
  ]);
  const text = diagnosisReport(diagnosis, { colour: false });
  expect(text).toContain('6 entries, 3 errors');
  expect(text).toMatch(/quota\.rpm +2 +your quota/);
});

test.each([
  ['pino', (body: string, at: number) => JSON.stringify({ level: 50, time: 1788343200000 + at, err: { message: body }, msg: 'x' }), 'Z'],
  [
    'winston',
    (body: string, at: number) => JSON.stringify({ level: 'error', message: body, timestamp: `2026-09-02T10:00:0${at}.000Z` }),
    'Z',
  ],
  ['python logging', (body: string, at: number) => `2026-09-02 10:00:0${at},123 - x - ERROR - failed\n${body}`, ''],
  ['nginx', (body: string, at: number) => `[02/Sep/2026:10:00:0${at} +0200] error ${body}`, 'Z'],
])('a log of %s is split into entries and dated', (_, line, zone) => {
  const diagnosis = diagnose([line(RPM, 1), line(OVERLOADED, 2), line(RPM, 3)].join('\n'));
  expect(diagnosis).toMatchObject({ class: 'quota.rpm', entries: 3 });
  expect(diagnosis.classes.map(({ count }) => count)).toEqual([2, 1]);
  expect(diagnosis.classes[0]?.firstSeen).toMatch(/^2026-09-0\d/);
  expect(diagnosis.classes[0]?.firstSeen?.endsWith('Z')).toBe(zone === 'Z');
});

test('a wave of 403s after other answers is told from a mistake that was there from the first call', () => {
  const line = (body: string, second: number): string => `2026-09-02T10:00:${String(second).padStart(2, '0')}Z ERROR ${body}`;
  const late = diagnose([line(OVERLOADED, 1), line(WAVE, 2), line(WAVE, 3)].join('\n'));
  expect(late).toMatchObject({ class: 'auth.key-mismatch', retryable: 'no' });
  expect(late.signs.join(' ')).toMatch(/begins at line 2, after other errors \(1\).*not there from the first call/);
  expect(diagnose([line(WAVE, 2), line(WAVE, 3)].join('\n')).signs.join(' ')).toMatch(/from the first error on/);
  expect(late.signs.join(' ')).toMatch(/judge after 15/);
});

test('a block through a gateway asks what only the user knows', () => {
  const block = ERROR_CATALOGUE.find(({ class: one }) => one === 'auth.provider-block');
  expect(diagnose(textOf(block?.body))).toMatchObject({ whose: 'a gateway', questions: GATEWAY_QUESTIONS });
});

test.each(ERROR_CLASSES)('%s says what it is, what to check and where to read', (errorClass) => {
  const { what, check, links } = noteFor(errorClass);
  expect(what.length * check.length * links.length).toBeGreaterThan(0);
  for (const link of links) expect(new URL(link).hostname).toMatch(/(?:^|\.)(?:google\.dev|google\.com|ai\.studio|openrouter\.ai)$/);
});

// Whatever comes

const CANARY = 'AIzaSyCANARY0123456789abcdefghijklmnop';
const SECRETS = [CANARY, 'jane.doe@example.com', 'project_number:987654321098', 'Bearer ya29.canarycanary', 'sk-or-v1-canarycanary'];
const SPELT = ['CANARY', 'jane.doe', '987654321098', 'canarycanary'];

function shown(diagnosis: Diagnosis): string {
  return JSON.stringify(diagnosis) + diagnosisReport(diagnosis, { colour: true });
}

test('a secret is never repeated, wherever it stands', () =>
  fc.assert(
    fc.property(
      fc.constantFrom(...KNOWN),
      fc.constantFrom(...Object.values(FORMS)),
      fc.constantFrom(...SECRETS),
      fc.nat(),
      (entry, form, secret, at) => {
        const text = form(entry);
        const from = at % (text.length + 1);
        const printed = shown(diagnose(`${text.slice(0, from)} ${secret} ${text.slice(from)}`));
        for (const word of SPELT) expect(printed).not.toContain(word);
      },
    ),
    { numRuns: 1500 },
  ));

test('nor in the name of a limit, whose words become an id', () => {
  for (const secret of SECRETS) {
    const text = `Quota exceeded for quota metric 'Requests' and limit 'Per ${secret} minute' of service 'generativelanguage.googleapis.com'`;
    const printed = shown(diagnose(text));
    expect(printed).toMatch(/Per_\S*<.*>_minute/);
    for (const word of SPELT) expect(printed).not.toContain(word);
  }
});

test('no text makes it throw', () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({
          unit: fc.constantFrom(...'{}[]"\'`+\\:, aA9\n<>|\u001b', '2026-09-02T10:00:00Z', '\nError: ', '\nHTTP/2 429'),
          maxLength: 120,
        }),
        fc.tuple(fc.constantFrom(...KNOWN), fc.constantFrom(...Object.values(FORMS)), fc.nat(), fc.nat()).map(([entry, form, from, to]) =>
          form(entry)
            .slice(from % 500)
            .slice(0, to % 3000),
        ),
      ),
      (text) => {
        const diagnosis = diagnose(text);
        expect(ERROR_CLASSES).toContain(diagnosis.class);
        diagnosisReport(diagnosis, { colour: false });
      },
    ),
    { numRuns: 3000 },
  ));

test.each([
  ['open brackets', '['.repeat(100_000)],
  ['lines of brackets', '{\n'.repeat(50_000)],
  ['one long line', 'error 429 '.repeat(100_000)],
  ['blanks', ` ${' '.repeat(200_000)}429`],
  ['dates', '2026-09-02T10:00:00Z error '.repeat(20_000)],
])('a hostile text comes to an end: %s', (_, text) => void diagnose(text));

// The command

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'rundry-diagnose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rundry(words: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, 'diagnose', ...words], { input, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

describe('rundry diagnose', () => {
  test('reads stdin, and prints the keys of the contract', () => {
    const { status, stdout } = rundry(['-', '--json'], RPM);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      class: 'quota.rpm',
      bucket: 'rpm',
      retryable: 'after-delay',
      waitMs: 34_287,
      whose: 'your quota',
      fix: expect.any(Array),
      confidence: 'high',
      evidence: expect.any(Array),
    });
  });

  test('reads a file, also one from PowerShell', () => {
    const file = join(folder, 'body.json');
    writeFileSync(file, `\ufeff${OVERLOADED}`, 'utf16le');
    expect(rundry([file]).stdout).toMatch(/^capacity\.overloaded\n[\s\S]*Google's capacity[\s\S]*Fix, the likeliest first/);
  });

  test('takes a text, in quotes or as words', () => {
    // Longer than a file name may be.
    expect(rundry([RPM]).stdout).toMatch(/^quota\.rpm\n/);
    expect(rundry(['429', 'RESOURCE_EXHAUSTED']).stdout).toMatch(/^quota\.unspecified\n/);
  });

  test('a text about something else is unknown and no failure', () => {
    const { status, stdout } = rundry(['the weather is fine']);
    expect({ status, first: stdout.split('\n')[0] }).toEqual({ status: 0, first: 'unknown' });
    expect(stdout).toMatch(/missing/);
  });

  test.each([
    ['nothing on stdin', ['-'], /Nothing to diagnose/],
    ['blanks', ['  '], /Nothing to diagnose/],
    ['a file that is not there', ['logs/app.log'], /logs\/app\.log: no such file/],
    ['a file here that is not there', ['app.log'], /app\.log: no such file/],
    ['a folder', [tmpdir()], /is a folder/],
  ])('%s is exit 2', (_, words, said) => {
    const { status, stderr } = rundry(words);
    expect(status).toBe(2);
    expect(stderr).toMatch(said);
  });

  test('a key on the command line is not repeated', () => {
    const { stdout, stderr } = rundry([`./${CANARY}.log`]);
    expect(stdout + stderr).not.toContain('CANARY');
  });
});
