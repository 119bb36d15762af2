import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseEnv } from 'node:util';
import { GoogleGenAI } from '@google/genai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientEnvironment, clientModule } from '../../src/report/client-files.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';

const scenario = (client: string, own = '') =>
  parseScenario(
    `name: shop
clock: { duration: 1h }
traffic:
  - name: people
    shape: { kind: steady, rate: 9/min }
    request: { model: gemini-3-pro-image }
  - name: nightly shots
    shape: { kind: flood, requests: 10 }
    request: { model: gemini-3-pro-image }
    lane: batch
${own}
client: ${client}
`,
    'shop.yaml',
  ).scenario;

// Inside the project, where the SDK is found.
const folder = mkdtempSync(join(import.meta.dirname, 'client-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const keyBefore = process.env['GEMINI_API_KEY'];
beforeAll(() => {
  process.env['GEMINI_API_KEY'] = 'any';
});
afterAll(() => {
  if (keyBefore === undefined) delete process.env['GEMINI_API_KEY'];
  else process.env['GEMINI_API_KEY'] = keyBefore;
});

async function imported(text: string, name: string): Promise<Record<string, unknown>> {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, text);
  return import(pathToFileURL(file).href);
}

const FULL = `{ concurrency: 8, pace: 18/min, timeout: 90s, queue: { limit: 50, deadline: 2m },
  limits: { rpm: 100, spend10mUsd: 10, margin: 0.1 }, retry: recommended, fallback: [gemini-3.1-flash-lite-image, { lane: batch, on: [rpd] }],
  breaker: { failures: 3, cooldown: 1m }, schedule: { allow: ["22:00-05:30 America/New_York"] } }`;

describe('the environment file', () => {
  test('is one that Node reads, with units in its names', () => {
    expect(parseEnv(clientEnvironment(scenario(FULL)))).toEqual({
      GEMINI_CONCURRENCY: '8',
      GEMINI_PACE_INTERVAL_MS: '3334',
      GEMINI_REQUESTS_PER_MINUTE: '90',
      GEMINI_USD_PER_TEN_MINUTES: '9',
      GEMINI_QUEUE_LIMIT: '50',
      GEMINI_QUEUE_DEADLINE_MS: '120000',
      GEMINI_TIMEOUT_MS: '90000',
      GEMINI_ATTEMPTS: '7',
      GEMINI_THROTTLED_ATTEMPTS: 'unlimited',
      GEMINI_RETRY_ON: '429,500,502,503,504,timeout,network',
      GEMINI_RETRY_WAITS_MS: '1000,2000,4000,60000,120000,300000',
      GEMINI_RETRY_JITTER: 'equal',
      GEMINI_OBEY_RETRY_INFO: 'true',
      GEMINI_SPEND_WAIT_MS: '60000',
      GEMINI_ON_DAILY_LIMIT: 'giveUp',
      GEMINI_RETRY_BUDGET_RATIO: '1',
      GEMINI_RETRY_HOLDS_SLOT: 'true',
      GEMINI_BREAKER_FAILURES: '3',
      GEMINI_BREAKER_COOLDOWN_MS: '60000',
      GEMINI_BREAKER_SCOPE: 'model',
      GEMINI_BREAKER_COUNTS: '5xx,timeout',
      GEMINI_BREAKER_AFTER_COOLDOWN: 'trial',
      GEMINI_FALLBACK: 'gemini-3.1-flash-lite-image after 5xx/timeout/breaker,batch lane after rpd',
      GEMINI_SEND_ONLY_IN: '22:00-05:30 America/New_York',
      GEMINI_ROWS_PER_BATCH_JOB: '100',
    });
  });

  test('a client of an entry has its name in front; one that nobody uses is left out', () => {
    const text = clientEnvironment(scenario('{ concurrency: 8 }', '    client: { batch: { rowsPerJob: 20 } }'));
    expect(parseEnv(text)).toEqual({ GEMINI_CONCURRENCY: '8', GEMINI_ATTEMPTS: '1', GEMINI_NIGHTLY_SHOTS_ROWS_PER_BATCH_JOB: '20' });
    expect(text).toMatch(/^# None: GEMINI_PACE_INTERVAL_MS .*GEMINI_TIMEOUT_MS/m);
  });
});

describe('the SDK module', () => {
  test('hands the SDK its timeout, and keeps retries from it where it would do something else', async () => {
    const text = clientModule(scenario(FULL));
    const { ai, client } = await imported(text, 'full');
    expect(ai).toBeInstanceOf(GoogleGenAI);
    expect(text).toContain('timeout: 90000,');
    expect(text).toMatch(/No retryOptions: the SDK counts 429s/);
    expect(text).not.toMatch(/^ +retryOptions:/m);
    expect(client).toMatchObject({
      concurrency: 8,
      paceIntervalMs: 3334,
      throttledAttempts: 'unlimited',
      retryOn: expect.arrayContaining([429, 'timeout']),
    });
    expect(client).not.toHaveProperty('timeoutMs');
  });

  test('hands over the retries that are the SDK’s own', async () => {
    const text = clientModule(scenario('{ retry: { preset: genai-3, attempts: 3 } }'));
    const { client } = await imported(text, 'own');
    expect(text).toContain(
      'retryOptions: { attempts: 3, initialDelay: 1, expBase: 2, maxDelay: 60, jitter: 1, httpStatusCodes: [408, 429, 500, 502, 503, 504] },',
    );
    expect(client).toEqual({ rowsPerBatchJob: 100 });
  });

  test.each([
    '{ retry: { preset: genai-3, obeyRetryInfo: true } }',
    '{ retry: { preset: genai-3, jitter: full } }',
    '{ retry: { preset: genai-3, deadline: 5m } }',
    '{ retry: vercel-ai }',
    '{ retry: { attempts: 5 } }',
  ])('but not those of %s', (client) => expect(clientModule(scenario(client))).not.toMatch(/^ +retryOptions:/m));

  test('an entry with a client of its own gets its own names; the batch lane needs no timeout', async () => {
    const text = clientModule(scenario('{ concurrency: 8, timeout: 90s }', '    client: { concurrency: 2 }'));
    expect(Object.keys(await imported(text, 'two')).sort()).toEqual(['ai', 'client', 'nightlyShotsClient']);
  });
});
