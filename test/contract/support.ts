/** The mock on a port, in the moods that every client is to meet: willing, throttling, overloaded, blocking. */
import { afterAll, expect } from 'vitest';
import { listen, type MockServer } from '../../src/mock/server.ts';
import { IMAGE_MODELS } from '../../src/model/catalogue.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { emulated } from '../mock/support.ts';
import { scenario } from '../support/scenario.ts';

export const MODEL = 'gemini-3-pro-image';
export const PROMPT = 'a house under the sun';
export const KEY = 'test-key';

/** `throttling` lets one request a minute through; its quota ends within the first. */
export type Mood = 'willing' | 'throttling' | 'overloaded' | 'blocking';

export interface Running {
  readonly url: string;
  /** Moves the emulated calendar; ms since the start. */
  at(ms: number): void;
}

const ALWAYS = {
  span: { kind: 'daily', fromMs: 0, toMs: 86_400_000 },
  errorRatio: 1,
  models: null,
  meanSpellMs: null,
  latencyFactor: 1,
} as const;

function serviceIn(mood: Mood): Scenario['service'] {
  return {
    ...scenario().service,
    latency: Object.fromEntries(IMAGE_MODELS.map(({ id }) => [id, { kind: 'fixed', ms: 0 }])),
    overloadLatencyMs: 0,
    overload: mood === 'overloaded' ? [ALWAYS] : [],
    blockRatio: mood === 'blocking' ? 1 : 0,
  };
}

const servers: MockServer[] = [];

/** Closed when the file's tests are done. */
export async function serve(mood: Mood = 'willing'): Promise<Running> {
  const { mock, at } = emulated(mood === 'throttling' ? { rpm: 1 } : {}, { service: serviceIn(mood) });
  // Latencies that a scenario cannot set pass a thousand times as fast.
  const server = await listen(mock, { port: 0, speed: 1_000 });
  servers.push(server);
  return { url: server.url, at };
}

afterAll(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

/** What a call was rejected with. */
export async function rejection(call: Promise<unknown>): Promise<any> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error('expected the call to be rejected');
  return outcome.error;
}

/** Base64 of something that is a picture. */
export function expectPicture(base64: string | null | undefined): void {
  const head = Buffer.from(base64 ?? '', 'base64')
    .subarray(0, 4)
    .toString('hex');
  expect(['89504e47', 'ffd8ffe0']).toContain(head);
}

/** Details of a quota refusal in Google's form. */
export function expectQuotaDetails(error: any): void {
  expect(error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' });
  expect(error.details).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [expect.objectContaining({ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel', quotaValue: '1' })],
      }),
      expect.objectContaining({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '60s' }),
    ]),
  );
}
