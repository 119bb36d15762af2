import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/model/errors.ts';
import type { Trace, TraceFormat } from '../../src/model/scenario.ts';
import { detectFormat } from '../../src/traffic/trace.ts';
import { readTrace } from './entry.ts';
import { sharedText } from './shared.ts';

const read = (format: TraceFormat, ...lines: readonly string[]): Trace => readTrace(format, lines.join('\n'), 'trace', 'abc');

/** Columns as plain arrays: [at, images, promptTokens, referenceImages, model, size]. */
function rowsOf(trace: Trace): unknown[] {
  return Array.from(trace.atMs, (atMs, i) => [
    atMs,
    trace.images[i],
    trace.promptTokens[i],
    trace.referenceImages[i],
    trace.models[trace.model[i]!] ?? null,
    trace.size[i],
  ]);
}

const GENTD26 =
  'gmt_create,predict_type,predict_status,exec_time_seconds,groupId,prompt_length,negative_prompt_length,num_images_per_prompt';

describe('gentd26', () => {
  test('a row is a job whatever its status; empty cells are unknown; rows come in any order', () => {
    const trace = read(
      'gentd26',
      GENTD26,
      '2024-12-02 00:00:12,IMG_2_IMG,SUCCEED,33.0,G1,76.0,26.0,4.0',
      '2024-12-02 00:00:00,TXT_2_IMG,FAILED,24.0,G2,177.0,28.0,2.0',
      '2024-12-02 00:00:12,TXT_2_IMG,PENDING,0.0,G3,,,',
    );
    expect(rowsOf(trace)).toEqual([
      [0, 2, 177, -1, null, -1],
      [12_000, 4, 76, -1, null, -1],
      [12_000, 0, -1, -1, null, -1],
    ]);
    expect([trace.sha256, trace.rows, trace.damaged]).toEqual(['abc', 3, { rows: 0, examples: [] }]);
  });

  test('byte order mark, CRLF, quoted cells, blank lines, columns more, fewer and elsewhere', () => {
    const text =
      '\uFEFF"num_images_per_prompt",note,gmt_create\r\n"8","a, ""b""\r\nc","2024-12-02 00:00:05"\r\n\r\n1,,2024-12-02 00:00:06,extra\r\n';
    expect(rowsOf(readTrace('gentd26', text, 'trace', ''))).toEqual([
      [0, 8, -1, -1, null, -1],
      [1_000, 1, -1, -1, null, -1],
    ]);
  });

  test('damaged rows are counted, the first five with line and reason', () => {
    const trace = read(
      'gentd26',
      'gmt_create,num_images_per_prompt,prompt_length',
      '2024-12-02 00:00:00,1.0,5',
      ',1.0,5',
      'yesterday,1.0,5',
      '2024-02-30 00:00:00,1,5',
      '2024-12-02 00:00:00,1.5,5',
      '2024-12-02 00:00:00,70000,5',
      '2024-12-02 00:00:00,1,-4',
      '2024-12-02 00:00:01,2,5',
      '2024-12-02',
    );
    expect(trace.rows).toBe(2);
    expect(trace.damaged).toEqual({
      rows: 7,
      examples: [
        'line 3: no timestamp',
        'line 4: no timestamp: expected one such as 2026-12-01 06:00:00, found "yesterday"',
        'line 5: no timestamp: expected one such as 2026-12-01 06:00:00, found "2024-02-30 00:00:00"',
        'line 6: num_images_per_prompt: expected a whole number, found "1.5"',
        'line 7: images: expected a whole number from 1, found 70000',
      ],
    });
  });

  test.for([
    ['image-service-2024-12-02.csv', 2_134, 86_398_000],
    ['image-service-2024-11-26.csv', 1_775, 86_390_000],
  ] as const)('%s', ([name, rows, lastMs], { skip }) => {
    const text = sharedText(`traces/${name}`) ?? skip('needs ../shared/traces');
    const trace = readTrace('gentd26', text, name, '');
    expect([trace.rows, trace.atMs.at(-1), trace.damaged.rows]).toEqual([rows, lastMs, 0]);
    expect(trace.atMs.every((atMs, k) => k === 0 || atMs >= trace.atMs[k - 1]!)).toBe(true);
    expect(detectFormat(text, name)).toBe('gentd26');
  });
});

describe('azure-llm and mooncake', () => {
  test('seven digits of a second, and zones, are read', () => {
    const trace = read(
      'azure-llm',
      'TIMESTAMP,ContextTokens,GeneratedTokens',
      '2023-11-16 18:17:03.9799600,4808,10',
      '2023-11-16 18:17:04.0319600+00:00,3180,8',
    );
    expect(rowsOf(trace)).toEqual([
      [0, 0, 4_808, -1, null, -1],
      [52, 0, 3_180, -1, null, -1],
    ]);
  });

  test('mooncake counts in ms', () => {
    const trace = read(
      'mooncake',
      '{"timestamp": 40, "input_length": 3, "hash_ids": [1]}',
      '{"timestamp": 0, "input_length": 2, "output_length": 6}',
      '{"timestamp": 9',
    );
    expect(rowsOf(trace)).toEqual([
      [0, 0, 2, -1, null, -1],
      [40, 0, 3, -1, null, -1],
    ]);
    expect(trace.damaged).toEqual({ rows: 1, examples: ['line 3: not a JSON object'] });
  });

  test.for([
    ['azure-llm-2023-code-head.csv', 'azure-llm', 2_000, 853_079.347],
    ['mooncake-synthetic-head.jsonl', 'mooncake', 1_000, 272_653],
  ] as const)('%s', ([name, format, rows, lastMs], { skip }) => {
    const text = sharedText(`traces/${name}`) ?? skip('needs ../shared/traces');
    const trace = readTrace(format, text, name, '');
    expect([trace.rows, trace.atMs.at(-1), detectFormat(text, name)]).toEqual([rows, lastMs, format]);
  });
});

describe('csv and jsonl', () => {
  test.each([
    ['instants', '2026-12-01T06:00:00Z', '2026-12-01T08:00:00.250+02:00', 250],
    ['epoch seconds', '1796104800', '1796104800.25', 250],
    ['epoch ms', '1796104800000', '1796104800250', 250],
    ['seconds', '0', '0.25', 250],
  ])('`at` in %s', (_, first, second, gapMs) => {
    expect([...read('csv', 'at', first, second).atMs]).toEqual([0, gapMs]);
    expect([...read('jsonl', `{"at": "${first}"}`, `{"at": "${second}"}`).atMs]).toEqual([0, gapMs]);
  });

  test('every optional column, in either spelling', () => {
    const expected = [
      [0, 2, 90, 1, 'gemini-3-pro-image', 2],
      [1_000, 0, -1, -1, null, -1],
    ];
    const lines = ['2026-12-01 06:00:00;models/gemini-3-pro-image-preview;2;2k;90;1', '2026-12-01 06:00:01;;;;;'];
    expect(rowsOf(read('csv', 'at;model;images;size;prompt_tokens;reference_images', ...lines))).toEqual(expected);
    expect(rowsOf(read('csv', 'AT;Model;Images;Size;promptTokens;referenceImages', ...lines))).toEqual(expected);
    const objects = [
      '{"at": 5, "model": "gemini-3-pro-image", "images": 2, "size": "2K", "promptTokens": 90, "reference_images": 1}',
      '{"at": 6, "model": null}',
    ];
    expect(rowsOf(read('jsonl', ...objects))).toEqual(expected);
  });

  test('models and sizes that do not exist, and jobs of no image, are damaged rows', () => {
    const trace = read('csv', 'at,model,images,size', '1,,,', '2,dall-e-3,,', '3,imagen-4.0-generate-001,,', '4,,0,', '5,,,8K');
    expect(trace.damaged.examples).toEqual([
      'line 3: "dall-e-3" is no image model of this API',
      'line 4: "imagen-4.0-generate-001" is no image model of this API; its successor is gemini-3-pro-image',
      'line 5: images: expected a whole number from 1, found 0',
      'line 6: size: expected one of 512 1K 2K 4K, found "8K"',
    ]);
  });
});

describe('journal', () => {
  const request = {
    traffic: 'people',
    model: 'gemini-3-pro-image',
    lane: 'interactive',
    size: '2K',
    inputTokens: 300 + 2 * 258,
    listMicroUsd: 1,
  };
  const header = {
    kind: 'header',
    resolved: {
      traffic: [
        { name: 'people', request: { referenceImages: 2 } },
        { name: 'bots', request: { referenceImages: 0 } },
      ],
    },
  };
  const attempt = (row: object): string => JSON.stringify({ kind: 'attempt', n: 1, jobImages: 1, ...request, ...row });
  const drop = (row: object): string => JSON.stringify({ kind: 'drop', attempts: 0, jobImages: 1, ...request, ...row });

  test('one job per job, from its first attempt, what was sent before a crash, or a drop', () => {
    const trace = read(
      'journal',
      JSON.stringify(header),
      attempt({ request: 1, job: 0, jobImages: 2, dueMs: 500 }),
      attempt({ request: 0, job: 0, jobImages: 2, dueMs: 500 }),
      attempt({ request: 0, job: 0, n: 2, dueMs: 500, jobImages: 2 }),
      drop({ request: 2, job: 1, dueMs: 400, traffic: 'bots', inputTokens: 7, lane: 'batch' }),
      drop({ request: 3, job: 2, attempts: 1, dueMs: 450 }),
      attempt({ kind: 'sent', request: 4, job: 3, dueMs: 600 }),
      '{"kind":"breaker","atMs":1}',
      '{"kind":"end","at',
    );
    expect(rowsOf(trace)).toEqual([
      [0, 2, 300, 2, 'gemini-3-pro-image', 2],
      [100, 1, 300, 2, 'gemini-3-pro-image', 2],
    ]);
    expect(trace.damaged).toEqual({ rows: 1, examples: ['1 of the batch lane, which an entry replays whose shape says lane: batch'] });
  });

  test.each([
    [
      'a torn line that is not the last',
      [JSON.stringify(header), '{"kind":"att', attempt({ job: 0, dueMs: 1 })],
      'trace line 2: not a row of a journal',
    ],
    ['an attempt without its instant', [JSON.stringify(header), attempt({ job: 0 })], 'trace line 2: not an attempt (missing "dueMs")'],
    ['no header', [attempt({ job: 0, dueMs: 1 })], 'trace line 1: not a journal (its first row is "attempt", not "header")'],
    ['no jobs', [JSON.stringify(header)], 'trace line 1: no rows (no row could be read)'],
  ])('%s is refused with its line', (_, lines, message) => {
    expect(() => read('journal', ...lines)).toThrow(new InputError(message));
  });
});

describe('har', () => {
  const call = (url: string, startedDateTime: string, body?: object, answer?: object): object => ({
    startedDateTime,
    request: { method: 'POST', url, postData: body && { mimeType: 'application/json', text: JSON.stringify(body) } },
    response: { status: 200, content: answer ? { text: JSON.stringify(answer) } : {} },
  });
  const har = (...entries: readonly object[]): string => JSON.stringify({ log: { version: '1.2', entries } }, null, 1);
  const base = 'https://generativelanguage.googleapis.com/v1beta';

  test('calls that ask an image model for an image are jobs; other traffic is passed over', () => {
    const picture = { inlineData: { mimeType: 'image/png', data: '' } };
    const body = { contents: [{ parts: [{ text: 'a cat' }, picture, picture] }], generationConfig: { imageConfig: { imageSize: '4K' } } };
    const text = har(
      call(`${base}/models/gemini-3-pro-image:streamGenerateContent?alt=sse`, '2026-12-01T06:00:02.500Z'),
      call('https://example.com/app.js', '2026-12-01T05:00:00Z'),
      call(`${base}/models/gemini-3-pro-image:generateContent`, '2026-12-01T07:00:00.000+01:00', body, {
        usageMetadata: { promptTokenCount: 530 },
      }),
      call(`${base}/models/gemini-3-flash:generateContent`, '2026-12-01T06:00:00Z'),
      call(`${base}/interactions`, '2026-12-01T06:00:03Z', {
        model: 'gemini-3.1-flash-lite-image',
        input: 'a dog',
        response_format: { image_size: '1K' },
      }),
    );
    const trace = readTrace('har', text, 'session.har', '');
    expect(rowsOf(trace)).toEqual([
      [0, 1, 14, 2, 'gemini-3-pro-image', 3],
      [2_500, 1, -1, -1, 'gemini-3-pro-image', -1],
      [3_000, 1, -1, 0, 'gemini-3.1-flash-lite-image', 1],
    ]);
    expect(trace.damaged).toEqual({ rows: 1, examples: ['entry 4: "gemini-3-flash" is no image model of this API'] });
    expect(detectFormat(text, 'session')).toBe('har');
  });

  test('a session without such a call is refused', () => {
    const text = har(call('https://example.com/app.js', '2026-12-01T05:00:00Z'));
    expect(() => readTrace('har', text, 'session.har', '')).toThrow('session.har: none of its 1 entries is a call to :generateContent');
  });
});

describe('what is not the format', () => {
  test.each([
    ['gentd26', 'time,images\n1,2', 'trace line 1: not in the format gentd26 (no column "gmt_create")'],
    ['azure-llm', 'TIMESTAMP,Tokens\n1,2', 'trace line 1: not in the format azure-llm (no column "ContextTokens")'],
    ['csv', 'when\n1', 'trace line 1: not in the format csv (no column "at")'],
    ['csv', '', 'trace line 1: no rows (no row could be read)'],
    ['csv', 'at\nsoon\n', 'trace line 2: no timestamp: expected one such as 2026-12-01 06:00:00, found "soon" (no row could be read)'],
    ['mooncake', '{"at": 1}', 'trace line 1: not in the format mooncake (no key "timestamp")'],
    ['jsonl', 'at,images\n1,2', 'trace line 1: not a JSON object (no row could be read)'],
    ['har', 'at,images', 'trace line 1: not a HAR file (no "log.entries")'],
    ['journal', 'at,images\n1,2', 'trace line 1: not a row of a journal'],
  ] as const)('%s refuses %j', (format, text, message) => {
    expect(() => readTrace(format, text, 'trace', '')).toThrow(new InputError(message));
  });

  test('a quote that is never closed is refused with its line', () => {
    expect(() => read('csv', 'at,model', '1,', '2,"gemini')).toThrow(/^trace: not a CSV file \(.*line 3/);
  });
});

test.each([
  ['gmt_create,x\n', 'a.csv', 'gentd26'],
  ['\uFEFFTIMESTAMP,ContextTokens\r\n', 'a.csv', 'azure-llm'],
  ['timestamp,images\n', 'a.csv', 'csv'],
  ['at;images\n', 'a.txt', 'csv'],
  ['{"timestamp":1,"input_length":2}\n', 'a', 'mooncake'],
  ['{"at":1}\n', 'a', 'jsonl'],
  ['{"kind":"header"}\n', 'journal.ndjson', 'journal'],
  ['{\n "log": {', 'a.json', 'har'],
  ['<html>', 'a.csv', null],
  ['', 'a.csv', null],
])('detectFormat(%j, %s) is %s', (text, name, format) => {
  expect(detectFormat(text, name)).toBe(format);
});
