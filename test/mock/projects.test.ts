import { getResponse } from 'msw';
import { describe, expect, test } from 'vitest';
import { geminiHandlers } from '../../src/mock/index.ts';
import { projectsByKey } from '../../src/mock/projects.ts';
import { ScenarioError } from '../../src/model/errors.ts';
import type { Tier } from '../../src/model/names.ts';
import { projectsOfKeys } from '../../src/model/projects.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { parseKeyArgument, parseKeysFile } from '../../src/scenario/keys-file.ts';
import { limits, scenario } from '../support/scenario.ts';
import { emulated, generate, jsonOf } from './support.ts';

const LIMITS: Readonly<Record<Tier, number>> = { free: 0, '1': 2, '2': 5, '3': 9 };

function at(tier: Tier): Scenario {
  const base = scenario();
  return { ...base, quota: { ...base.quota, tier, limits: limits({ rpm: LIMITS[tier], spend10m: 1_000_000 }) } };
}

function projectsOf(keys: Parameters<typeof projectsOfKeys>[0]): ReturnType<typeof projectsByKey> {
  return projectsByKey(projectsOfKeys(keys, '1'), at, 1);
}

const call = (key: string) => ({ ...generate(), headers: { 'x-goog-api-key': key } });

describe('keys of several projects', () => {
  const projects = () =>
    projectsOf([
      ['a1', { project: 'a', tier: 1 }],
      ['a2', { project: 'a' }],
      ['b1', { project: 'b', tier: '2' }],
      ['c1', { project: 'c', tier: 1 }],
    ]);
  const statuses = (keys: readonly string[], mock = emulated({}, {}, { projects: projects() }).mock) =>
    keys.map((key) => mock.handle(call(key)).status);

  test('keys of one project share its buckets, and another project of the tier has its own', () => {
    expect(statuses(['a1', 'a2', 'a1', 'a2', 'c1', 'c1', 'c1'])).toEqual([200, 200, 429, 429, 200, 200, 429]);
  });

  test('each project has the limits of its own tier, which its refusals state', () => {
    const { mock } = emulated({}, {}, { projects: projects() });
    expect(statuses(Array(6).fill('b1'), mock)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(jsonOf(mock.handle(call('b1'))).error.details).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ violations: [expect.objectContaining({ quotaValue: '5' })] })]),
    );
    expect(mock.summary().firstRefusal).toMatchObject({ bucket: 'rpm', project: 'b', limit: 5 });
  });

  test("projects of one account share its ten minutes' money, others do not", () => {
    const dear: Scenario = { ...at('3'), quota: { ...at('3').quota, limits: limits({ spend10m: 300_000 }) } };
    const shared = projectsByKey(
      projectsOfKeys(
        [
          ['x', { project: 'x', account: 'acme' }],
          ['y', { project: 'y', account: 'acme' }],
          ['z', { project: 'z', account: 'other' }],
        ],
        '3',
      ),
      () => dear,
      1,
    );
    expect(statuses(['x', 'y', 'x', 'y', 'z', 'z', 'z'], emulated({}, {}, { projects: shared }).mock)).toEqual([
      200, 200, 429, 429, 200, 200, 429,
    ]);
  });

  test('a key that nobody owns is invalid, as Google says it, and none is missing', () => {
    const { mock } = emulated({}, {}, { projects: projects() });
    const stranger = mock.handle(call('stranger'));
    expect(stranger.status).toBe(400);
    expect(jsonOf(stranger).error.message).toMatch(/API key not valid/);
    expect(mock.handle({ ...generate(), headers: {} }).status).toBe(403);
    expect(mock.handle({ ...generate(), headers: { authorization: 'Bearer b1' } }).status).toBe(200);
    expect(mock.handle({ ...generate(), headers: {}, path: `${generate().path}?key=b1` }).status).toBe(200);
  });

  test('rows name the project, and never the key', () => {
    const rows: unknown[] = [];
    const { mock } = emulated({}, {}, { projects: projects(), onAnswer: (row) => rows.push(row) });
    statuses(['b1', 'a1', 'stranger'], mock);
    expect(rows).toMatchObject([{ project: 'b' }, { project: 'a' }, { project: '' }]);
    expect(JSON.stringify(rows)).not.toMatch(/b1|a1|stranger/);
  });
});

test('handlers take keys: another tier is the same profile at that tier', async () => {
  const MODEL = 'gemini-3.1-flash-lite-image';
  const keys = { one: { project: 'a', tier: '1' }, two: { project: 'b', tier: 'free' } };
  const handlers = geminiHandlers({ keys, picture: null });
  const status = async (key: string) =>
    (
      await getResponse(
        handlers,
        new Request(`https://generativelanguage.googleapis.com/v1beta/models/${MODEL}:generateContent`, {
          method: 'POST',
          headers: { 'x-goog-api-key': key },
          body: generate().body,
        }),
      )
    )?.status;
  expect([await status('one'), await status('two'), await status('three')]).toEqual([200, 429, 400]);
});

describe('keys as they are written down', () => {
  const KEY = 'AIzaCanaryCanaryCanary';

  test('a file, and arguments', () => {
    const text = `shop: { tier: 2, account: acme, keys: [${KEY}, k2] }\nlabs: { keys: [k3] }\n`;
    expect(projectsOfKeys(parseKeysFile(text, 'keys.yaml'), '3')).toEqual([
      { name: 'shop', tier: '2', account: 'acme', keys: [KEY, 'k2'] },
      { name: 'labs', tier: '3', account: 'tier 3', keys: ['k3'] },
    ]);
    expect(parseKeyArgument(`${KEY}=shop:2:acme`)).toEqual([KEY, { project: 'shop', tier: '2', account: 'acme' }]);
    expect(parseKeyArgument(`${KEY}=shop`)).toEqual([KEY, { project: 'shop' }]);
    expect(parseKeyArgument(KEY)).toBe(null);
  });

  test.each([
    ['', 'expected projects such as'],
    [`${KEY}: shop`, 'project 1: expected projects such as'],
    [`shop: { keys: [{ ${KEY}: 1 }] }`, 'project 1: keys: expected a list'],
    [`shop: { ${KEY}: 1, keys: [a] }`, 'project 1: expected no other keys'],
    [`shop: { keys: [${KEY}`, 'not YAML'],
  ])('%j is told without what it holds', (text, problem) => {
    const error = thrown(() => parseKeysFile(text, 'keys.yaml'));
    expect(error.message).toContain(problem);
    expect(error.message).not.toContain(KEY);
  });

  test('every contradiction is told at once, by the place of the key', () => {
    const error = thrown(() =>
      projectsOfKeys(
        [
          [KEY, { project: 'a', tier: 7 }],
          [KEY, { project: 'a', tier: 1, account: 'x' }],
          ['k', { project: 'b', tier: 2, account: 'x' }],
          ['l', { project: 'b', tier: 3 }],
        ],
        '1',
      ),
    );
    expect(error.problems).toEqual([
      'key 1: expected a tier of free, 1, 2, 3, found "7"',
      'key 2: the same key was given before',
      'key 2: its project has another tier already',
      'key 4: its project has another tier already',
      'account x: its projects are at tiers 1 and 2; a billing account has one tier',
    ]);
  });

  function thrown(act: () => unknown): ScenarioError {
    try {
      act();
    } catch (error) {
      if (error instanceof ScenarioError) return error;
      throw error;
    }
    throw new Error('expected a ScenarioError');
  }
});
