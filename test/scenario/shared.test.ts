import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseDocument } from '../../src/scenario/document.ts';
import { scenarioJsonSchema } from '../../src/scenario/json-schema.ts';
import { resolve } from '../../src/scenario/resolve.ts';
import { BAD, filesIn } from './bad-fixture.ts';

const SHARED = join(import.meta.dirname, '../../../shared');
const present = existsSync(join(SHARED, 'scenarios')) && existsSync(join(SHARED, 'exact'));
const files = present
  ? ['scenarios', 'exact'].flatMap((folder) =>
      readdirSync(join(SHARED, folder))
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => join(folder, name)),
    )
  : [];
const validate = new Ajv({ strict: false }).compile(scenarioJsonSchema());

function scenarioOf(file: string) {
  const path = join(SHARED, file);
  return resolve(parseDocument(readFileSync(path, 'utf8'), file), [], filesIn(join(path, '..'))).scenario;
}

describe.skipIf(!present)('the shared scenarios, which must run as they stand (skipped without ../shared)', () => {
  test.each(files)('%s resolves, and its JSON Schema accepts it', (file) => {
    const scenario = scenarioOf(file);
    expect(scenario.traffic.length).toBeGreaterThan(0);
    expect(structuredClone(scenario)).toEqual(scenario);
    validate(parse(readFileSync(join(SHARED, file), 'utf8')));
    expect(validate.errors).toBe(null);
  });

  test('launch-day.yaml: instants, lanes, fallback and money', () => {
    const scenario = scenarioOf('scenarios/launch-day.yaml');
    expect(scenario).toMatchObject({
      seed: 42,
      clock: { startAtMs: Date.UTC(2026, 11, 1, 8), durationMs: 86_400_000, drainMs: 600_000 },
      quota: { tier: '2', window: 'fixed', projects: 1, accounts: 1 },
      service: {
        overloadPreset: 'community-utc-hours',
        blockRatio: 0.002,
        overloadLatencyMs: 2_000,
        refusalLatencyMs: 0,
        deadlineMs: 600_000,
      },
      traffic: [
        {
          name: 'people',
          startMs: 0,
          images: 2,
          lane: 'interactive',
          deadlineMs: null,
          shape: { kind: 'diurnal', preset: 'people', zone: 'America/New_York' },
        },
        { name: 'campaign', startMs: 9 * 3_600_000, durationMs: 15 * 3_600_000 },
        {
          name: 'catalogue',
          startMs: 19 * 3_600_000,
          lane: 'batch',
          deadlineMs: 86_400_000,
          request: { size: '2K', referenceImages: 1 },
        },
      ],
      clients: [
        {
          name: 'client',
          concurrency: 24,
          queue: { limit: 2_000, deadlineMs: 600_000 },
          timeoutMs: 180_000,
          retry: { preset: null, attempts: 5, throttledAttempts: 5, onDailyLimit: 'giveUp', holdsSlot: true },
          breaker: { failures: 3, cooldownMs: 300_000, scope: 'model', counts: ['5xx', 'timeout'], afterCooldown: 'trial' },
          fallback: [{ to: { model: 'gemini-nano-banana-2.1' }, on: ['5xx', 'timeout', 'breaker'] }],
        },
      ],
      budget: { microUsd: 1_500_000_000, requests: null },
    });
    expect(scenario.quota.limits.find(({ bucket }) => bucket === 'spend10m')).toMatchObject({
      limit: 50_000_000,
      source: { from: 'scenario' },
    });
    expect(scenario.quota.limits.find(({ model, bucket }) => model === 'gemini-nano-banana-2.1' && bucket === 'tpm')).toMatchObject({
      limit: 1_000_000,
    });
    expect(scenario.warnings.map(({ code }) => code)).toContain('unverified-preset');
  });

  test('spend-window.yaml: none lifts a limit, 18/min stays 18 per minute', () => {
    const scenario = scenarioOf('scenarios/spend-window.yaml');
    const limit = (bucket: string) => scenario.quota.limits.find((candidate) => candidate.bucket === bucket);
    expect(limit('ipm')).toMatchObject({ state: 'none', limit: null });
    expect(limit('monthly')).toMatchObject({ state: 'none' });
    expect(scenario.traffic[0]!.shape).toEqual({ kind: 'steady', rate: { count: 18, perMs: 60_000 } });
    expect(scenario.service.latency).toEqual({ 'gemini-3-pro-image': { kind: 'fixed', ms: 20_000 } });
  });

  test('replay-image-service.yaml: the trace is there as columns', () => {
    const { shape } = scenarioOf('scenarios/replay-image-service.yaml').traffic[0]!;
    expect(shape).toMatchObject({ kind: 'replay', format: 'gentd26', speed: 1, scale: 1 });
    expect(shape.kind === 'replay' && shape.trace!.rows).toBeGreaterThan(100);
  });

  test('exact files: what decides their numbers', () => {
    expect(scenarioOf('exact/pace-covers-retries.yaml').clients[0]).toMatchObject({ paceIntervalMs: 5_000, concurrency: null });
    expect(scenarioOf('exact/throttled-attempts.yaml').clients[0]!.retry).toMatchObject({
      attempts: 2,
      throttledAttempts: 3,
      jitter: 'none',
      baseMs: 1_000,
    });
    expect(scenarioOf('exact/dst-spring-used-today.yaml').quota.usedToday).toEqual({ 'gemini-3-pro-image': 3 });
    expect(scenarioOf('exact/batch-deadline.yaml')).toMatchObject({
      clients: [{ rowsPerJob: 10 }],
      traffic: [{ deadlineMs: 9_000_000 }],
    });
    expect(scenarioOf('exact/two-models-one-wallet.yaml').traffic.map(({ startMs }) => startMs)).toEqual([0, 10_000, 608_000]);
    expect(scenarioOf('exact/retry-503.yaml').service.overload).toEqual([
      {
        span: { kind: 'daily', fromMs: 64_800_000, toMs: 64_860_000 },
        errorRatio: 1,
        models: null,
        meanSpellMs: null,
        latencyFactor: 1,
      },
    ]);
  });
});

describe('the JSON Schema', () => {
  test.each(['rates-and-units', 'unknown-keys', 'imagen', 'shapes', 'service', 'quota', 'client', 'no-traffic', 'empty'])(
    'rejects fixtures/bad/%s.yaml',
    (name) => {
      expect(validate(parse(readFileSync(join(BAD, `${name}.yaml`), 'utf8')))).toBe(false);
    },
  );
});
