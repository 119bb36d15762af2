import { describe, expect, test } from 'vitest';
import { RETRY_PRESETS } from '../../src/client/retry-presets.ts';
import { InputError, ScenarioError } from '../../src/model/errors.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { adviseScenario } from '../../src/scenario/advice.ts';
import { parseDocument } from '../../src/scenario/document.ts';
import { resolve } from '../../src/scenario/resolve.ts';
import { TEMPLATES } from '../../src/scenario/templates.ts';
import { METRICS, parseThreshold } from '../../src/scenario/thresholds.ts';

function resolved(text: string, files: Record<string, string> = {}) {
  return resolve(parseDocument(text, 'a.yaml'), [], {
    read: (path) => (path in files ? { text: files[path]!, sha256: 'abc' } : null),
  });
}

/** A scenario with these further lines. */
function scenarioOf(lines: string, request = 'model: gemini-3-pro-image', entry = ''): Scenario {
  return resolved(`clock: { startAt: 2026-12-01T12:00:00Z, duration: 1h }
traffic:
  - name: app
    shape: { kind: burst, requests: 40, every: 5m, times: 2 }
    request: { ${request} }
${entry}
${lines}
`).scenario;
}

function codes(scenario: Scenario): readonly string[] {
  return scenario.warnings.map(({ code }) => code);
}

describe('defaults', () => {
  test('what a scenario does not say does not happen', () => {
    const { clients, service, quota, budget, name, seed, thresholds } = resolved(
      'clock: { duration: 1h }\ntraffic: [{ shape: { kind: flood, requests: 1 }, request: { model: gemini-3-pro-image } }]',
    ).scenario;
    expect(clients).toEqual([
      {
        name: 'client',
        concurrency: null,
        pace: null,
        paceIntervalMs: null,
        limits: null,
        queue: { limit: null, deadlineMs: null },
        timeoutMs: null,
        retry: expect.objectContaining({ preset: null, attempts: 1, throttledAttempts: 1 }),
        breaker: null,
        fallback: [],
        hedge: null,
        adaptive: null,
        schedule: null,
        rowsPerJob: 100,
      },
    ]);
    expect(service).toMatchObject({ overload: [], faults: [], latency: {}, errorRatio: 0, overloadConsumes: true });
    expect(quota).toMatchObject({
      profile: 'best-known',
      tier: '1',
      window: 'fixed',
      projects: 1,
      spread: 'round-robin',
      usedToday: {},
      spentThisMonthMicroUsd: 0,
    });
    expect({ budget, name, seed, thresholds }).toEqual({
      budget: { microUsd: null, requests: null },
      name: 'a',
      seed: 1,
      thresholds: [],
    });
  });

  test('inside a given retry the other keys have defaults of their own', () => {
    expect(scenarioOf('client: { retry: { attempts: 3 } }').clients[0]!.retry).toEqual({
      preset: null,
      attempts: 3,
      throttledAttempts: 3,
      growth: 'exponential',
      baseMs: 1_000,
      factor: 2,
      capMs: 32_000,
      jitter: 'full',
      deadlineMs: null,
      budgetRatio: null,
      retryOn: [429, 500, 502, 503, 504, 'timeout'],
      obeyRetryInfo: true,
      onDailyLimit: 'giveUp',
      holdsSlot: true,
    });
    expect(scenarioOf('client: { retry: { throttledAttempts: unlimited } }').clients[0]!.retry).toMatchObject({
      attempts: 5,
      throttledAttempts: null,
    });
  });
});

describe('models and sizes', () => {
  test('a preview id is its GA model, with a warning, wherever it stands', () => {
    const scenario = scenarioOf(
      'quota: { profile: none, limits: { gemini-3-pro-image-preview: { rpm: 7 } }, usedToday: { gemini-3-pro-image-preview: 2 } }\nservice: { latency: { gemini-3-pro-image-preview: { fixed: 1s } } }',
      'model: gemini-3-pro-image-preview',
    );
    expect(scenario.traffic[0]!.request.model).toBe('gemini-3-pro-image');
    expect(scenario.quota.limits.find(({ bucket }) => bucket === 'rpm')).toMatchObject({ model: 'gemini-3-pro-image', limit: 7 });
    expect(scenario.quota.usedToday).toEqual({ 'gemini-3-pro-image': 2 });
    expect(Object.keys(scenario.service.latency)).toEqual(['gemini-3-pro-image']);
    expect(codes(scenario).filter((code) => code === 'model-preview')).toHaveLength(1);
  });

  test('deprecated and closed models are accepted with a warning', () => {
    expect(codes(scenarioOf('', 'model: gemini-3.1-flash-image, size: 512'))).toContain('model-deprecated');
    expect(codes(scenarioOf('', 'model: gemini-2.5-flash-image, size: 4K'))).toContain('model-closed');
  });

  test('limits are there for every model that may be called, also by fallback and plan', () => {
    const { quota } = scenarioOf(
      'client: { fallback: [gemini-nano-banana-2.1] }\nallow: { models: [gemini-3.1-flash-lite-image], tier: [1, free], projects: 1..3 }',
    );
    const models = new Set(quota.limits.filter(({ bucket }) => bucket === 'rpm').map(({ model }) => model));
    expect([...models]).toEqual(['gemini-3-pro-image', 'gemini-nano-banana-2.1', 'gemini-3.1-flash-lite-image']);
  });
});

describe('goals and allow', () => {
  test('left out is null, an empty list is none of the kind', () => {
    expect(scenarioOf('')).toMatchObject({ goals: null, allow: null });
    expect(scenarioOf('goals: { minimise: [makespan, cost] }\nallow: { batch: [] }')).toMatchObject({
      goals: { minimise: ['makespan', 'cost'] },
      allow: { tier: null, projects: null, concurrency: null, models: null, sizes: null, batch: [], shift: null },
    });
  });

  test('tiers, ranges, models and sizes; what is said twice counts once', () => {
    expect(
      scenarioOf('allow: { tier: [2, free, 2], projects: 1..3, concurrency: 8, models: [gemini-3-pro-image-preview], sizes: [4K, 1K] }')
        .allow,
    ).toEqual({
      tier: ['2', 'free'],
      projects: [1, 3],
      concurrency: [8, 8],
      models: ['gemini-3-pro-image'],
      sizes: ['4K', '1K'],
      batch: null,
      shift: null,
    });
  });
});

describe('quota.limits', () => {
  test('a number, none, 0, unknown and an interval; what is left out keeps the profile', () => {
    const { quota } = scenarioOf(
      'quota: { profile: published-2025-11, limits: { gemini-3-pro-image: { rpm: none, tpm: 0, ipm: 8..12, batchTokens: unknown }, account: { spend10mUsd: 0.2 } } }',
    );
    const limit = (name: string) => quota.limits.find(({ bucket }) => bucket === name);
    expect(limit('rpm')).toMatchObject({
      state: 'none',
      limit: null,
      source: { grade: 'observed', from: 'scenario', asOf: null },
    });
    expect(limit('tpm')).toMatchObject({ state: 'known', limit: 0 });
    expect(limit('ipm')).toMatchObject({ state: 'unknown', interval: [8, 12] });
    expect(limit('batchTokens')).toMatchObject({ state: 'unknown', interval: null });
    expect(limit('rpd')).toMatchObject({ state: 'known', limit: 250, source: { from: 'profile published-2025-11' } });
    expect(limit('spend10m')).toMatchObject({ limit: 200_000, model: null });
  });

  test("a limits file of the user's own is read relative to the scenario", () => {
    const text =
      'clock: { duration: 1h }\nquota: { profile: mine.yaml }\ntraffic: [{ shape: { kind: flood, requests: 1 }, request: { model: gemini-3-pro-image } }]';
    const { scenario } = resolved(text, {
      'mine.yaml': 'asOf: 2026-11-20\ntiers: { "1": { models: { gemini-3-pro-image: { rpm: 7 } } } }',
    });
    expect(scenario.quota.limits.find(({ bucket }) => bucket === 'rpm')).toMatchObject({ limit: 7 });
    expect(() => resolved(text, { 'mine.yaml': 'tiers: [' })).toThrow(InputError);
  });
});

describe('clients', () => {
  test("an entry's own client replaces whole keys and has a place of its own", () => {
    const { clients, traffic } = scenarioOf(
      'client: { concurrency: 8, retry: { attempts: 3, jitter: none } }',
      undefined,
      '    client: { retry: { attempts: 2 }, concurrency: none }',
    );
    expect(traffic[0]!.client).toBe(1);
    expect(clients[1]).toMatchObject({ name: 'app', concurrency: null, retry: { attempts: 2, jitter: 'full' } });
    expect(clients[0]).toMatchObject({ name: 'client', concurrency: 8, retry: { attempts: 3 } });
  });

  test.each(Object.keys(RETRY_PRESETS))('retry preset %s is known by its name', (preset) => {
    expect(scenarioOf(`client: { retry: ${preset} }\nservice: { refusalLatency: 300ms }`).clients[0]!.retry.preset).toBe(preset);
  });

  test('a preset may bring a breaker and a fallback, which the client can replace', () => {
    expect(scenarioOf('client: { retry: guide-resilient }').clients[0]).toMatchObject({
      breaker: { scope: 'chain' },
      fallback: [{}],
    });
    expect(
      scenarioOf('client: { retry: { preset: guide-resilient, attempts: 2 }, breaker: none, fallback: none }').clients[0],
    ).toMatchObject({
      retry: { attempts: 2, throttledAttempts: 2, capMs: 64_000 },
      breaker: null,
      fallback: [],
    });
  });

  test('the interval of a pace is rounded up to the ms', () => {
    expect(scenarioOf('client: { pace: 7/min }').clients[0]!.paceIntervalMs).toBe(8_572);
  });

  test.each([
    ['client: { retry: tight-loop }', /for ever/],
    ['client: { retry: { throttledAttempts: unlimited, growth: constant, base: 0s } }', /for ever/],
    ['client: { retry: { throttledAttempts: unlimited, cap: 0s } }', /for ever/],
  ])('%s could retry for ever within one instant', (lines, message) => {
    expect(() => scenarioOf(lines)).toThrow(message);
    expect(() => scenarioOf(`${lines}\nservice: { refusalLatency: 300ms }`)).not.toThrow();
  });
});

describe('time', () => {
  test('an entry that starts at or after the end is a warning', () => {
    const late = (startAt: string) => codes(scenarioOf('', undefined, `    startAt: ${startAt}`));
    expect(late('+1h')).toContain('entry-after-end');
    expect(late('+59m')).not.toContain('entry-after-end');
  });

  test('overload spans are daily wall times or instants of the run', () => {
    const { overload } = scenarioOf(
      'service: { overload: [{ from: "22:00Z", to: "02:00Z", errorRate: 0.1, meanSpell: 2m }, { from: +10m, to: 2026-12-01T13:00:00Z, errorRate: 1, models: [gemini-3-pro-image], latencyFactor: 2 }] }',
    ).service;
    expect(overload[0]).toMatchObject({ span: { kind: 'daily', fromMs: 79_200_000, toMs: 7_200_000 }, meanSpellMs: 120_000 });
    const noonMs = Date.UTC(2026, 11, 1, 12);
    expect(overload[1]).toMatchObject({
      span: { kind: 'once', fromAtMs: noonMs + 600_000, toAtMs: noonMs + 3_600_000 },
      models: ['gemini-3-pro-image'],
      latencyFactor: 2,
    });
  });

  test('startAtMs stands for clock.startAt', () => {
    const document = parseDocument(
      'clock: { duration: 1h }\ntraffic: [{ startAt: +5m, shape: { kind: flood, requests: 1 }, request: { model: gemini-3-pro-image } }]',
      'a.yaml',
    );
    const { scenario } = resolve(document, [], { read: () => null }, { mode: 'live', startAtMs: 1_000_000 });
    expect([scenario.clock.startAtMs, scenario.traffic[0]!.startMs]).toEqual([1_000_000, 300_000]);
  });
});

describe('thresholds', () => {
  test.each<[string, number | string]>([
    ['success_ratio >= 0.99', 0.99],
    ['success_ratio>=99%', 0.99],
    ['latency_ms_p95 < 60s', 60_000],
    ['latency_ms_p95 < 90000', 90_000],
    ['cost_usd <= $40', 40],
    ['offered_per_min > 540/h', 9],
    ['first_bucket == none', 'none'],
    ['binding_bucket != spend10m', 'spend10m'],
    ['peak_utilisation_rpd < 0.85', 0.85],
    ['pending == 0', 0],
  ])('%s', (expression, value) => expect(parseThreshold(expression)).toMatchObject({ expression, value }));

  test.each(['success_ratio >= 99', 'wasted_ratio <= 30', 'error_ratio < 120%', 'success_ratio >= -0.5'])(
    'a share is part of a whole: %s is none',
    (expression) => expect(parseThreshold(expression)).toContain('expected a share such as 0.99 or 99%'),
  );

  test('metrics are those of the contract', () => expect(METRICS.size).toBe(59));
});

describe('problems', () => {
  test.each(['"two\\nlines"', '"red \\e[31m"', '"nul \\0"'])('a name that would tear a table is none: %s', (written) => {
    const problem = /^a\.yaml:1 name: expected a name on one line, without control characters, found /m;
    expect(() => resolved(`name: ${written}\nclock: { duration: 1m }\ntraffic: []\n`)).toThrow(problem);
  });

  test('all of them at once, in the order of the file, over all sections', () => {
    try {
      resolved(
        'clock: { duration: 24 }\nservice: { overlod: none }\ntraffic:\n  - shape: { kind: steady, rate: nine }\n    request: { model: imagen-4.0-generate-001 }\nthresholds: [what]',
      );
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ScenarioError);
      expect((error as ScenarioError).problems).toEqual([
        'a.yaml:1 clock.duration: expected a duration such as 500ms, 90s, 10m, 24h or 2d, found 24',
        'a.yaml:2 service.overlod: unknown key, did you mean overload?',
        'a.yaml:4 traffic[0].shape.rate: expected a rate such as 9/min, found "nine"',
        'a.yaml:5 traffic[0].request.model: expected an image model, found "imagen-4.0-generate-001": it is retired, use gemini-3-pro-image',
        'a.yaml:6 thresholds[0]: expected METRIC OP VALUE such as success_ratio >= 0.99, found "what"',
      ]);
    }
  });

  test('damaged rows of a trace are a warning with their number', () => {
    const text = 'clock: { duration: 1h }\ntraffic: [{ shape: { kind: replay, file: t.csv }, request: { model: gemini-3-pro-image } }]';
    const { warnings } = resolved(text, { 't.csv': 'timestamp,images\n2026-12-01 06:00:00,1\nnever,1\n' });
    expect(warnings.find(({ code }) => code === 'trace-damaged')?.text).toContain('1 of 2 rows');
  });
});

describe('advice', () => {
  const advised = (lines: string, request?: string) => adviseScenario(scenarioOf(lines, request)).map(({ code }) => code);

  test.each([
    ['client: { timeout: 30s }', 'timeout-below-p95'],
    ['client: { retry: { jitter: none } }', 'no-jitter'],
    ['client: { retry: { obeyRetryInfo: false } }', 'told-delay-ignored'],
    ['quota: { profile: none, limits: { gemini-3-pro-image: { rpm: 39 } } }', 'offered-above-limit'],
    ['quota: { profile: none, limits: { gemini-3-pro-image: { rpd: 79 } } }', 'offered-above-limit'],
    ['quota: { profile: none, limits: { account: { spend10mUsd: 10.9 } } }', 'offered-above-limit'], // 80 at $0.137136
    ['quota: { profile: none, limits: { gemini-3-pro-image: { ipm: unknown } } }', 'limit-unknown'],
  ])('%s: %s', (lines, code) => expect(advised(lines)).toContain(code));

  test('a scenario within its limits gets none', () => {
    expect(
      advised(
        'quota: { profile: none, limits: { gemini-3-pro-image: { rpm: 40, rpd: 80 }, account: { spend10mUsd: 11 } } }\nclient: { timeout: 60s, retry: { attempts: 3 } }',
      ),
    ).toEqual([]);
  });
});

describe('templates', () => {
  test.each(Object.entries(TEMPLATES))('%s resolves', (_, text) => expect(() => resolved(text)).not.toThrow());
});
