import { describe, expect, test } from 'vitest';
import { ScenarioError } from '../../src/model/errors.ts';
import type { Setting } from '../../src/model/scenario.ts';
import { canonicalText, parseDocument } from '../../src/scenario/document.ts';
import { resolve } from '../../src/scenario/resolve.ts';
import { applySettings, parsePath, parseSetting } from '../../src/scenario/settings.ts';

const FILE = `
clock: { duration: 1h }
quota: { profile: none, tier: 1, limits: { gemini-3-pro-image: { rpm: 5 } } }
traffic:
  - name: launch minute
    shape: { kind: steady, rate: 9/min }
    request: { model: gemini-3-pro-image }
  - shape: { kind: flood, requests: 10 }
    request: { model: gemini-3.1-flash-image }
client: { retry: genai-3 }
`;
const NO_FILES = { read: () => null };

function scenarioWith(...texts: string[]) {
  const settings: Setting[] = texts.map(parseSetting);
  return resolve(parseDocument(FILE, 'a.yaml'), settings, NO_FILES).scenario;
}

function problemsWith(...texts: string[]): readonly string[] {
  try {
    scenarioWith(...texts);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('a path has keys, indices and quoted keys', () => {
    expect(parsePath('traffic[1].shape.rate')).toEqual(['traffic', 1, 'shape', 'rate']);
    expect(parsePath('traffic.launch minute.shape.rate')).toEqual(['traffic', 'launch minute', 'shape', 'rate']);
    expect(parsePath('quota.limits."gemini-3.1-flash-image".rpm')).toEqual(['quota', 'limits', 'gemini-3.1-flash-image', 'rpm']);
    expect([parsePath(''), parsePath('a..b'), parsePath('a[x]'), parsePath('.a')]).toEqual([null, null, null, null]);
  });

  test('the value is read as YAML', () => {
    expect(parseSetting('traffic[0].shape.rate=9/min')).toEqual({ path: 'traffic[0].shape.rate', value: '9/min' });
    expect(parseSetting('client.retry={attempts: 3}')).toEqual({ path: 'client.retry', value: { attempts: 3 } });
    expect(parseSetting('thresholds=[success_ratio >= 0.9]').value).toEqual(['success_ratio >= 0.9']);
    expect(() => parseSetting('nothing')).toThrow('expected PATH=VALUE');
  });

  test('entries are found by index and by name', () => {
    const rate = (...texts: string[]) => scenarioWith(...texts).traffic[0]!.shape;
    expect(rate('traffic[0].shape.rate=3/min')).toMatchObject({ rate: { count: 3 } });
    expect(rate('traffic.launch minute.shape.rate=3/min')).toMatchObject({ rate: { count: 3 } });
    expect(scenarioWith('traffic.traffic 2.shape.requests=7').traffic[1]!.shape).toMatchObject({ requests: 7 });
  });

  test('a key that the file does not have is added', () => {
    expect(scenarioWith('client.concurrency=4', 'budget.usd=3', 'quota.limits."gemini-3.1-flash-image".rpm=7')).toMatchObject({
      clients: [{ concurrency: 4 }],
      budget: { microUsd: 3_000_000 },
      quota: {
        limits: expect.arrayContaining([expect.objectContaining({ model: 'gemini-3.1-flash-image', bucket: 'rpm', limit: 7 })]),
      },
    });
  });

  test('one key of a retry preset can be changed, the others stay', () => {
    expect(scenarioWith('client.retry.attempts=2').clients[0]!.retry).toMatchObject({
      preset: 'genai-3',
      attempts: 2,
      throttledAttempts: 2,
      jitter: { low: 1, high: 2 },
    });
  });

  test.each([
    ['client.concurency=4', '--set client.concurency: unknown key, did you mean concurrency?'],
    ['clinet.concurrency=4', '--set clinet: unknown key, did you mean client?'],
    ['traffic[0].shape.rate=nine', '--set traffic[0].shape.rate: expected a rate such as 9/min, found "nine"'],
    ['traffic[7].shape.rate=9/min', '--set traffic[7].shape.rate: traffic has 2 entries, [0] to [1]'],
    [
      'traffic.lunch minute.shape.rate=9/min',
      '--set traffic.lunch minute.shape.rate: traffic has no entry "lunch minute", did you mean traffic.launch minute?',
    ],
    [
      'quota.limits.gemini-3.1-flash-image.rpm=9',
      '--set quota.limits.gemini-3.1-flash-image.rpm: put a key with a dot in quotes: quota.limits."gemini-3.1-flash-image"',
    ],
    ['clock.duration.x=1', '--set clock.duration.x: clock.duration is "1h" and has no keys'],
  ])('%s is a problem of the setting, not of the file', (text, problem) => {
    expect(problemsWith(text)).toContain(problem);
  });

  test('limits read at one tier are set aside at another, with a warning, unless they are set as well', () => {
    const at2 = scenarioWith('quota.tier=2', 'quota.profile=published-2025-11');
    const rpm = (scenario: typeof at2) =>
      scenario.quota.limits.find(({ model, bucket }) => model === 'gemini-3-pro-image' && bucket === 'rpm')!.limit;
    expect(rpm(at2)).toBe(500);
    expect(at2.warnings.map(({ code }) => code)).toContain('limits-set-aside');
    expect(rpm(scenarioWith('quota.tier=2', 'quota.limits.gemini-3-pro-image.rpm=6'))).toBe(6);
    expect(rpm(scenarioWith('quota.tier=1'))).toBe(5);
  });

  test('the document is not changed in place, and its canonical text does not depend on the layout', () => {
    const document = parseDocument(FILE, 'a.yaml');
    const before = canonicalText(document);
    const after = canonicalText(applySettings(document, [{ path: 'client.retry.attempts', value: 2 }]));
    expect(canonicalText(document)).toBe(before);
    expect(after).not.toBe(before);
    expect(canonicalText(parseDocument('b: 1\na: { d: 2, c: 3 }', 'x'))).toBe(
      canonicalText(parseDocument('a:\n  c: 3\n  d: 2\nb: 1', 'y')),
    );
  });
});
