/** `rundry/vitest` as a team's suite has it: matchers on simulated runs, on runs with files, on one's own code against the emulated service. */
import { join } from 'node:path';
import { GoogleGenAI } from '@google/genai';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { run } from '../../src/run/run.ts';
import { readScenario } from '../../src/run/scenario-file.ts';
import { type EmulatedGemini, emulateGemini, simulateFile, startGemini } from '../../src/vitest.ts';

const BURST = join(import.meta.dirname, '../../scenarios/burst.yaml');
const LITE = 'gemini-3.1-flash-lite-image';

/** What a matcher says when it fails. */
function saying(doing: () => void): string {
  try {
    doing();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('expected a failure');
}

describe('a simulated run', () => {
  const burst = simulateFile(BURST);
  const calm = simulateFile(BURST, { 'quota.tier': 3, thresholds: ['success_ratio >= 0.99', 'cost_usd < 100'] });

  test('toStayWithin', () => {
    expect(calm).toStayWithin({ rpm: 0.8, rpd: 0.8 });
    expect(burst).not.toStayWithin({ rpm: 0.8 });
    expect(burst).toStayWithin({ rpd: 0.5 });
    expect(saying(() => expect(burst).toStayWithin({ rpm: 0.8, rpd: 0.1 }))).toMatch(
      /^rpm of gemini-3-pro-image reached 100 % of 20, and refused \d+ times: expected at most 80 % and no refusal\nrpd of gemini-3-pro-image reached 28\.8 % of 250/,
    );
    expect(saying(() => expect(burst).toStayWithin(0.95))).toContain('spend10m of the account reached 99.4 % of $10');
    expect(calm).toStayWithin(0.9);
    expect(saying(() => expect(burst).toStayWithin(1, { model: LITE }))).toContain(`expected a run of ${LITE}`);
  });

  test('toStayWithin fails for a limit that nobody knows, and for a share that is none', () => {
    expect(saying(() => expect(burst).toStayWithin({ ipm: 0.8 }))).toContain('nobody knows whether ipm stayed within 80 %');
    expect(saying(() => expect(burst).toStayWithin({ rpm: 80 }))).toContain('a share of rpm lies above 0 and up to 1, found 80');
  });

  test('toHaveExhaustedFirst, toHaveExhaustedNothing', () => {
    expect(burst).toHaveExhaustedFirst('rpm');
    expect(burst).toHaveExhaustedFirst('rpm', { model: 'gemini-3-pro-image' });
    expect(burst).not.toHaveExhaustedFirst('rpm', { model: LITE });
    expect(calm).toHaveExhaustedNothing();
    expect(burst).not.toHaveExhaustedNothing();
    expect(saying(() => expect(burst).toHaveExhaustedFirst('ipm'))).toBe(
      'expected ipm to run dry first: rpm of gemini-3-pro-image (limit 20) ran dry first, at 0 ms',
    );
    expect(saying(() => expect(calm).toHaveExhaustedFirst('ipm'))).toBe('expected ipm to run dry first: nothing ran dry');
    expect(saying(() => expect(burst).toHaveExhaustedNothing())).toMatch(/^expected no refusal, found 224: rpm of gemini-3-pro-image/);
  });

  test('toHonourRetryInfo', () => {
    const hasty = { attempts: 4, base: '1s', cap: '2s', obeyRetryInfo: false };
    expect(simulateFile(BURST, { 'client.retry': 'recommended' })).toHonourRetryInfo();
    const impatient = simulateFile(BURST, { 'client.retry': hasty });
    expect(impatient).not.toHonourRetryInfo();
    expect(saying(() => expect(impatient).toHonourRetryInfo())).toMatch(/^[\d,]+ of the calls after [\d,]+ refusals came before the delay/);
  });

  test('toDeliverAtLeast, toCostAtMost, toMeetThresholds', () => {
    expect(burst).toDeliverAtLeast(0.5);
    expect(burst).toCostAtMost(10);
    expect(calm).toMeetThresholds();
    expect(saying(() => expect(burst).toDeliverAtLeast(0.99))).toBe(
      'expected at least 99 % to be delivered, found 72 of 125 (57.6 %): 53 failed, 0 dropped, 0 blocked, 0 open',
    );
    expect(saying(() => expect(burst).toCostAtMost(1))).toBe('expected a cost of at most $1, found $9.94, of which $0 delivered nothing');
    const strict = simulateFile(BURST, { thresholds: ['success_ratio >= 0.9'] });
    expect(saying(() => expect(strict).toMeetThresholds())).toBe('missed success_ratio >= 0.9: observed 0.576');
    expect(saying(() => expect(simulateFile(BURST, { thresholds: [] })).toMeetThresholds())).toContain('no thresholds');
  });

  test('is also a summary, and what run() gives', async () => {
    const outcome = await run(readScenario(BURST));
    expect(outcome).toHaveExhaustedFirst('rpm');
    expect(outcome.results.summary).toHaveExhaustedFirst('rpm');
  });

  test('anything else is no run, with or without not', () => {
    expect(() => expect({}).toHaveExhaustedNothing()).toThrow(TypeError);
    expect(() => expect('burst').not.toHaveExhaustedNothing()).toThrow('expected what simulate(), run()');
  });

  test('another seed, and settings that are wrong', () => {
    expect(simulateFile(BURST, {}, { seed: 2 }).summary.seed).toBe(2);
    expect(() => simulateFile(BURST, { 'quota.tire': 2 })).toThrow('tire');
  });

  test('the matchers have types', () => {
    const { toStayWithin, toHaveExhaustedFirst, toDeliverAtLeast } = expect(burst);
    expectTypeOf(toStayWithin)
      .parameter(0)
      .toEqualTypeOf<number | Readonly<Partial<Record<Parameters<typeof toHaveExhaustedFirst>[0], number>>>>();
    expectTypeOf(toHaveExhaustedFirst).toBeCallableWith('ipm');
    expectTypeOf(toDeliverAtLeast).parameters.toEqualTypeOf<[share: number]>();
    // @ts-expect-error no such bucket
    expect(() => expect(burst).toHaveExhaustedFirst('requests')).toThrow();
    expectTypeOf(startGemini).returns.resolves.toMatchTypeOf<EmulatedGemini>();
  });
});

describe("one's own code over HTTP", () => {
  let gemini: Awaited<ReturnType<typeof startGemini>>;
  beforeAll(async () => {
    gemini = await startGemini({
      window: 'sliding',
      limits: { [LITE]: { rpm: 3, tpm: null } },
      service: { latency: { [LITE]: { kind: 'fixed', ms: 5 } } },
    });
  });
  afterAll(() => gemini.close());
  beforeEach(() => gemini.reset());

  const draw = (prompt: string) =>
    new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: gemini.baseUrl } }).models.generateContent({ model: LITE, contents: prompt });

  test('is judged by what the service saw', async () => {
    await Promise.all(['a', 'b'].map(draw));
    expect(gemini).toHaveExhaustedNothing();
    expect(gemini).toStayWithin({ rpm: 0.7 });
    expect(gemini).not.toStayWithin({ rpm: 0.6 });
    expect(saying(() => expect(gemini).toStayWithin({ ipm: 0.5 }))).toContain('nobody knows whether ipm');
    expect(gemini).toStayWithin({ tpm: 0.5 });
    expect(gemini.summary()).toMatchObject({ attempts: 2, byStatus: { 200: 2 } });
  });

  test('which bucket ran dry', async () => {
    const answers = await Promise.allSettled(['a', 'b', 'c', 'd'].map(draw));
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(gemini).toHaveExhaustedFirst('rpm', { model: LITE });
    expect(saying(() => expect(gemini).toStayWithin({ rpm: 1 }))).toContain('refused 1 time');
  });

  test('after reset everything is full again', () => {
    expect(gemini).toHaveExhaustedNothing();
    expect(gemini).toStayWithin({ rpm: 0.1 });
  });

  test('what only a run of a scenario knows cannot be asked', () => {
    expect(() => expect(gemini).toDeliverAtLeast(0.9)).toThrow('an emulated service sees calls');
    expect(() => expect(gemini).not.toMeetThresholds()).toThrow(TypeError);
  });
});

describe("one's own code in process", () => {
  const gemini = emulateGemini({ window: 'sliding', limits: { [LITE]: { rpm: 1, ipm: null } } });
  const server = setupServer(...gemini.handlers);
  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
  afterAll(() => server.close());
  beforeEach(() => gemini.reset());

  const ai = new GoogleGenAI({ apiKey: 'any' });
  const draw = (prompt: string) => ai.models.generateContent({ model: LITE, contents: prompt });

  test('a client that asks again at once disobeys', async () => {
    await draw('a');
    await expect(draw('b')).rejects.toMatchObject({ status: 429 });
    expect(gemini).toHonourRetryInfo();
    await expect(draw('b')).rejects.toMatchObject({ status: 429 });
    expect(gemini).not.toHonourRetryInfo();
    expect(saying(() => expect(gemini).toHonourRetryInfo())).toMatch(/^1 of the calls after 2 refusals came before the delay/);
  });

  test('a client that waits as long as it was told does not, and another picture is no retry', async () => {
    await draw('a');
    await expect(draw('b')).rejects.toMatchObject({ status: 429 });
    await expect(draw('c')).rejects.toMatchObject({ status: 429 });
    gemini.advance(62_000);
    await draw('b');
    expect(gemini).toHonourRetryInfo();
  });

  test('a scenario file says what is emulated', () => {
    const own = emulateGemini({ scenario: BURST, settings: { 'quota.tier': 2 } });
    expect(own.observed().buckets.find(({ bucket, model }) => bucket === 'rpm' && model === 'gemini-3-pro-image')?.limit).toBe(500);
    expect(() => emulateGemini({ scenario: 'gone.yaml' })).toThrow('no such file');
  });
});
