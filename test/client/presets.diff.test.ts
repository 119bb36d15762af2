/** Our presets against the packages that they copy: the same answers and the same random numbers give the same tries and waits. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RETRY_PRESETS } from '../../src/client/retry-presets.ts';
import type { Reply } from '../../src/model/reply.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { decodeReply, type HttpAnswer } from '../../src/wire/decode.ts';
import { encodeReply } from '../../src/wire/encode.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';
import { failure, jobsAt, play, sends, throttled } from '../support/play.ts';
import { clientSpec, scenario } from '../support/scenario.ts';
import { type Call, callPackage, type Event, PACKAGES } from './packages.ts';

function answer(reply: Reply, headers: Record<string, string> = {}): HttpAnswer {
  const { status, body } = encodeReply(reply, { model: 'gemini-3-pro-image' }, null);
  return { status, bodyText: typeof body === 'string' ? body : JSON.stringify(body), headers };
}

const OVERLOADED = answer(failure(503));
const TOLD = answer(throttled({ buckets: ['ipm'], retryAfterMs: 41_250 }));
const SPENT = answer(throttled({ buckets: ['spend10m'], class: 'quota.spend' }));
const BARE = answer(throttled({ class: 'quota.shared-capacity' }));
const plain = (status: number): HttpAnswer => ({
  status,
  bodyText: JSON.stringify({ error: { code: status, message: 'no', status: 'UNKNOWN' } }),
});

/** The preset as a scenario file has it, in the engine: what the same events make it do. */
function callPreset(name: string, events: readonly Event[], seed: number): Call {
  const text = `clock: { duration: 1h }\nservice: { refusalLatency: 1ms }\nclient: { retry: ${name} }\ntraffic:\n  - shape: { kind: flood, requests: 1 }\n    request: { model: gemini-3-pro-image }\n`;
  const { retry } = parseScenario(text, 'preset.yaml').scenario.clients[0]!;
  const base = scenario({ traffic: [jobsAt([0])], clients: [clientSpec({ retry })] });
  const played = play(base, {
    seed,
    script: ({ n }) => {
      const event = events[n - 1] ?? PACKAGES[name]!.success;
      return {
        reply: typeof event === 'string' ? { kind: 'silence', why: event } : isGood(event) ? IMAGE : decodeReply(event),
        afterMs: 10,
      };
    },
  });
  const rows = sends(played);
  return {
    attempts: rows.length,
    waitsMs: rows.slice(1).map((row, i) => row.sentMs - rows[i]!.doneMs!),
    delivered: rows.at(-1)!.outcome === 'delivered',
  };
}

const IMAGE: Reply = { kind: 'image', images: 1, usage: { promptTokens: 10, imageTokens: 1_120, thoughtsTokens: 0, otherTokens: 0 } };
const isGood = ({ status }: HttpAnswer): boolean => status === 200;

const names = Object.keys(PACKAGES);

test('the packages are the ones that the presets name', () => {
  const version = (name: string): string => {
    const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  };
  const source = readFileSync(new URL('../../src/client/retry-presets.ts', import.meta.url), 'utf8');
  for (const name of ['@google/genai', 'ai', '@langchain/core', '@langchain/google-genai'])
    expect(source).toContain(`${name} ${version(name)}`);
});

describe.each(names)('%s', (name) => {
  test.each<[string, Event[]]>([
    ['at once', []],
    ['503 for ever', Array.from({ length: 12 }, () => OVERLOADED)],
    ['one 503', [OVERLOADED]],
    ['429s that tell a delay', Array.from({ length: 12 }, () => TOLD)],
    ['a 429 that tells a delay, between 503s', [OVERLOADED, TOLD, OVERLOADED]],
    ['the spend window', [SPENT, SPENT]],
    ['a bare 429', [BARE]],
    ['two lost connections', ['network', 'network']],
    ['a header below the cap', [{ ...TOLD, headers: { 'retry-after': '7' } }, OVERLOADED]],
    ['a header above the cap', [{ ...OVERLOADED, headers: { 'retry-after': '20' } }, OVERLOADED]],
    ['a header of an hour', [{ ...OVERLOADED, headers: { 'retry-after': '3600' } }]],
  ])('%s', async (_, events) => {
    expect(callPreset(name, events, 7)).toEqual(await callPackage(name, events, 7));
  });

  test.each([400, 401, 402, 403, 404, 405, 408, 409, 412, 413, 416, 422, 425, 429, 451, 499, 500, 501, 502, 503, 504, 529])(
    'a %d',
    async (status) => {
      const events = [plain(status)];
      expect(callPreset(name, events, 3)).toEqual(await callPackage(name, events, 3));
    },
  );

  test.skipIf(PACKAGES[name]!.timeout === null)('a try that timed out', async () => {
    expect(callPreset(name, ['timeout', OVERLOADED], 5)).toEqual(await callPackage(name, ['timeout', OVERLOADED], 5));
  });

  test('any sequence, any draws', async () => {
    const event = fc.constantFrom<Event>(
      OVERLOADED,
      TOLD,
      SPENT,
      BARE,
      plain(500),
      plain(502),
      plain(504),
      plain(400),
      plain(408),
      'network',
      {
        ...OVERLOADED,
        headers: { 'retry-after': '3' },
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 9 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (events, seed) => {
        expect(callPreset(name, events, seed)).toEqual(await callPackage(name, events, seed));
      }),
      { numRuns: 60, seed: 20_261_120 },
    );
  });
});

test('langchain tries no 429 of the catalogue again', async () => {
  const refusals = ERROR_CATALOGUE.filter(({ httpStatus }) => httpStatus === 429);
  expect(refusals.length).toBeGreaterThan(10);
  for (const { body } of refusals) {
    const { attempts } = await callPackage(
      'langchain',
      [{ status: 429, bodyText: typeof body === 'string' ? body : JSON.stringify(body) }],
      1,
    );
    expect(attempts).toBe(1);
  }
});

test('none of them waits as long as a refusal tells it to', async () => {
  for (const name of names) {
    const { attempts, waitsMs } = await callPackage(name, [TOLD], 1);
    if (attempts > 1) expect(waitsMs[0]).toBeLessThan(41_250);
  }
});

test('every preset says where it comes from', () => {
  expect(Object.keys(RETRY_PRESETS)).toEqual([
    'none',
    'tight-loop',
    'guide-retry',
    'guide-resilient',
    'guide-503',
    'genai-3',
    'interactions',
    'vercel-ai',
    'langchain',
    'litellm',
    'google-advice',
    'recommended',
  ]);
});
