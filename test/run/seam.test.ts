/** The seam: through the SDK and MSW on a virtual clock, a scenario gives the attempts that it gives in `sim`, row for row. */
import fc from 'fast-check';
import { getResponse } from 'msw';
import { expect, test } from 'vitest';
import { drive } from '../../src/engine/engine.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import { coverCatalogue, geminiHandlers, Mock } from '../../src/mock/index.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import type { Row } from '../../src/model/rows.ts';
import { RETRY_NONE, type Scenario, type Shape } from '../../src/model/scenario.ts';
import { clientsOf, simulate } from '../../src/run/simulate.ts';
import { service } from '../../src/service/service.ts';
import { geminiHeld } from '../../src/targets/gemini.ts';
import { simulated, withEmulatedRest } from '../../src/targets/simulated.ts';
import { faultRules } from '../support/random-scenario.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

const PRO = 'gemini-3-pro-image';
const LITE = 'gemini-3.1-flash-lite-image';

async function overTheWire(given: Scenario, seed: number): Promise<Row[]> {
  const covered = coverCatalogue(given);
  const rows: Row[] = [];
  const clock = virtualClock();
  const { startAtMs } = given.clock;
  const emulated = service(covered, seed);
  const mock = new Mock({ service: emulated, startAtMs, nowMs: () => startAtMs + clock.nowMs, picture: null });
  const handlers = geminiHandlers({ mock, delays: 'none' });
  const wire = geminiHeld(clock, {
    connection: { kind: 'key', apiKey: 'key-of-a-test', baseUrl: null },
    isOwnMock: true,
    exchange: async (url, init) => {
      const response = await getResponse(handlers, new Request(url, init));
      if (!response) throw new Error(`nobody answers ${url}`);
      return {
        status: response.status,
        bodyText: await response.text(),
        contentType: response.headers.get('content-type') ?? '',
        afterMs: Number(response.headers.get('x-rundry-after-ms')),
      };
    },
  });
  const target = withEmulatedRest(wire, simulated(emulated, clock, startAtMs));
  const record = (row: Row): void => void rows.push({ ...row });
  drive({ scenario: given, seed, clock, target, clients: clientsOf(given, seed, record), record });
  await clock.runHeld();
  return rows;
}

function inSim(given: Scenario, seed: number): Row[] {
  const rows: Row[] = [];
  simulate(given, seed, { record: (row) => void rows.push({ ...row }) });
  return rows;
}

/** Texts are what only a wire has. */
const comparable = (rows: readonly Row[]): Row[] => rows.map((row) => (row.kind === 'attempt' ? { ...row, message: null } : row));

const shapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({
    kind: fc.constant('burst' as const),
    requests: fc.integer({ min: 1, max: 12 }),
    everyMs: fc.constantFrom(15_000, 60_000),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    kind: fc.constant('steady' as const),
    rate: fc.record({ count: fc.integer({ min: 1, max: 20 }), perMs: fc.constant(60_000) }),
  }),
  fc.record({
    kind: fc.constant('poisson' as const),
    rate: fc.record({ count: fc.integer({ min: 1, max: 20 }), perMs: fc.constant(60_000) }),
  }),
  fc.record({ kind: fc.constant('flood' as const), requests: fc.integer({ min: 1, max: 20 }) }),
);

const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    shape: shapes,
    images: fc.integer({ min: 1, max: 2 }),
    promptTokens: fc.constantFrom(10, 300),
    referenceImages: fc.constantFrom(0, 2),
    window: fc.constantFrom('fixed', 'anchored', 'sliding', 'sliding-counter', 'token-bucket'),
    ipm: fc.option(fc.integer({ min: 0, max: 8 })),
    rpm: fc.option(fc.integer({ min: 1, max: 8 })),
    tpm: fc.option(fc.constantFrom(100, 1_000, 3_000)),
    rpd: fc.option(fc.integer({ min: 0, max: 12 })),
    spend10m: fc.option(fc.constantFrom(100_000, 500_000, 1_000_000)),
    monthly: fc.option(fc.constantFrom(700_000, 2_000_000)),
    tier: fc.constantFrom('1', '2', '3'),
    projects: fc.integer({ min: 1, max: 2 }),
    errorRatio: fc.constantFrom(0, 0.3),
    overload: fc.constantFrom(0, 0.4),
    blockRatio: fc.constantFrom(0, 0.2),
    promptBlockRatio: fc.constantFrom(0, 0.2),
    refusalLatencyMs: fc.constantFrom(0, 300),
    deadlineMs: fc.constantFrom(20_000, 600_000),
    concurrency: fc.option(fc.integer({ min: 1, max: 5 })),
    timeoutMs: fc.option(fc.constantFrom(15_000, 30_000)),
    attempts: fc.integer({ min: 1, max: 4 }),
    jitter: fc.constantFrom('none', 'full', 'decorrelated'),
    obeyRetryInfo: fc.boolean(),
    onDailyLimit: fc.constantFrom('giveUp', 'wait'),
    holdsSlot: fc.boolean(),
    fallback: fc.boolean(),
    hedge: fc.option(fc.constant(12_000)),
    faults: faultRules,
  })
  .map((drawn) => {
    const base = scenario();
    const ofPro = limits(
      Object.fromEntries(
        (['ipm', 'rpm', 'tpm', 'rpd', 'spend10m', 'monthly'] as const).flatMap((bucket) =>
          drawn[bucket] === null ? [] : [[bucket, drawn[bucket]]],
        ),
      ),
      PRO,
    );
    const ofLite = limits({ ipm: 3 }, LITE).filter(({ model }) => model !== null);
    return scenario({
      clock: { ...base.clock, durationMs: 180_000, drainMs: 120_000 },
      quota: {
        ...base.quota,
        window: drawn.window,
        tier: drawn.tier,
        projects: drawn.projects,
        limits: [...ofPro, ...ofLite],
      } as Scenario['quota'],
      service: {
        ...base.service,
        errorRatio: drawn.errorRatio,
        blockRatio: drawn.blockRatio,
        promptBlockRatio: drawn.promptBlockRatio,
        refusalLatencyMs: drawn.refusalLatencyMs,
        deadlineMs: drawn.deadlineMs,
        faults: drawn.faults,
        overload:
          drawn.overload === 0
            ? []
            : [
                {
                  span: { kind: 'daily', fromMs: 0, toMs: 0 },
                  errorRatio: drawn.overload,
                  models: null,
                  meanSpellMs: null,
                  latencyFactor: 1,
                },
              ],
      },
      traffic: [
        entry(drawn.shape, {
          durationMs: 180_000,
          images: drawn.images,
          request: requestSpec(PRO, '1K', drawn.promptTokens, drawn.referenceImages),
        }),
      ],
      clients: [
        clientSpec({
          concurrency: drawn.concurrency,
          timeoutMs: drawn.timeoutMs,
          retry: {
            ...RETRY_NONE,
            preset: null,
            attempts: drawn.attempts,
            throttledAttempts: drawn.attempts,
            jitter: drawn.jitter,
            obeyRetryInfo: drawn.obeyRetryInfo,
            onDailyLimit: drawn.onDailyLimit,
            holdsSlot: drawn.holdsSlot,
            retryOn: [429, 500, 503, 504, 'timeout'],
          } as Scenario['clients'][0]['retry'],
          fallback: drawn.fallback ? [{ to: { model: LITE }, on: [429, '5xx', 'timeout'] }] : [],
          hedge: drawn.hedge === null ? null : { afterMs: drawn.hedge },
        }),
      ],
    });
  });

test('the wire and the simulator say the same, attempt for attempt', async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, fc.integer({ min: 0, max: 1_000_000 }), async (given, seed) => {
      expect(comparable(await overTheWire(given, seed))).toEqual(comparable(inSim(given, seed)));
    }),
    { numRuns: 60, seed: 20261121 },
  );
});
