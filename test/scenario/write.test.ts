import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError, ScenarioError } from '../../src/model/errors.ts';
import type { Scenario, Setting } from '../../src/model/scenario.ts';
import { parseDocument } from '../../src/scenario/document.ts';
import { resolve } from '../../src/scenario/resolve.ts';
import { TEMPLATES } from '../../src/scenario/templates.ts';
import { writeSettings } from '../../src/scenario/write.ts';
import { filesIn } from './bad-fixture.ts';

const OWN = join(import.meta.dirname, '../../scenarios');

const BLOCK = `# Limits as read in AI Studio.
clock:
  startAt: 2026-12-01T08:00:00Z   # a Pacific midnight
  duration: 2h

quota:
  tier: 1 # for now
  limits:
    gemini-3-pro-image:
      rpm: 10
      # a day
      rpd: 500
    account:
      spend10mUsd: 10

traffic:
  # who pays
  - name: people
    shape: { kind: steady, rate: 9/min }   # measured
    request:
      model: gemini-3-pro-image
      size: 1K
  -   name: catalogue
      shape:
        kind: flood
        requests: 100
      request: {
        model: gemini-3-pro-image, # the large one
        size: 2K
      }
      deadline: 24h

client:
  concurrency: 8
  retry: genai-3
# the end
`;
const ALIASES = `clock: { duration: 1h }
shared: &request { model: gemini-3-pro-image }
traffic:
  - { name: people, shape: { kind: flood, requests: 3 }, request: *request }
  - { name: catalogue, shape: { kind: flood, requests: 3 }, request: *request }
`
  .replace('shared: &request { model: gemini-3-pro-image }\n', '')
  .replace('request: *request', 'request: &request { model: gemini-3-pro-image }');

function written(text: string, ...settings: Setting[]): string {
  return writeSettings(parseDocument(text, 'app.yaml'), settings);
}

/** Lines that one has and the other has not, with - and +. */
function difference(before: string, after: string): string[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  return [
    ...a.filter((line) => !b.includes(line)).map((line) => `-${line}`),
    ...b.filter((line) => !a.includes(line)).map((line) => `+${line}`),
  ];
}

describe('settings written into the text of a scenario', () => {
  test('none change nothing', () => expect(written(BLOCK)).toBe(BLOCK));

  test.each<[string, Setting, string[]]>([
    ['a value', { path: 'client.concurrency', value: 12 }, ['-  concurrency: 8', '+  concurrency: 12']],
    ['a value with a comment behind it', { path: 'quota.tier', value: '1' }, ['-  tier: 1 # for now', '+  tier: "1" # for now']],
    [
      'a value inside braces',
      { path: 'traffic.people.shape.rate', value: '12/min' },
      ['-    shape: { kind: steady, rate: 9/min }   # measured', '+    shape: { kind: steady, rate: 12/min }   # measured'],
    ],
    ['a new key of a mapping in lines', { path: 'traffic.people.request.promptTokens', value: 250 }, ['+      promptTokens: 250']],
    [
      'a new key inside braces',
      { path: 'traffic.people.shape.note', value: 'a, b' },
      ['-    shape: { kind: steady, rate: 9/min }   # measured', '+    shape: { kind: steady, rate: 9/min, note: "a, b" }   # measured'],
    ],
    [
      'a new key inside braces over several lines',
      { path: 'traffic[1].request.promptTokens', value: 9 },
      ['-        size: 2K', '+        size: 2K, promptTokens: 9'],
    ],
    ['a new key after an entry indented its own way', { path: 'traffic[1].lane', value: 'batch' }, ['+      lane: batch']],
    ['a new section', { path: 'budget.usd', value: 5 }, ['+budget: { usd: 5 }']],
    ['a new list', { path: 'thresholds', value: ['success_ratio >= 0.99'] }, ['+thresholds: [success_ratio >= 0.99]']],
    [
      'a preset that becomes a mapping',
      { path: 'client.retry.attempts', value: 4 },
      ['-  retry: genai-3', '+  retry: { preset: genai-3, attempts: 4 }'],
    ],
    [
      'a mapping in lines that becomes a value',
      { path: 'quota.limits.account', value: { monthlyUsd: 'none' } },
      ['-    account:', '-      spend10mUsd: 10', '+    account: { monthlyUsd: none }'],
    ],
    ['a key taken out', { path: 'client.retry', value: undefined }, ['-  retry: genai-3']],
    [
      'a key of braces taken out',
      { path: 'traffic[0].shape.rate', value: undefined },
      ['-    shape: { kind: steady, rate: 9/min }   # measured', '+    shape: { kind: steady }   # measured'],
    ],
    [
      'an entry more',
      { path: 'traffic[2]', value: { shape: { kind: 'flood', requests: 1 }, request: { model: 'gemini-3-pro-image', size: '512' } } },
      ['+  - { shape: { kind: flood, requests: 1 }, request: { model: gemini-3-pro-image, size: "512" } }'],
    ],
  ])('%s changes its own lines alone', (_, setting, expected) => {
    expect(difference(BLOCK, written(BLOCK, setting))).toEqual(expected);
  });

  test('another tier takes out the limits that were read at the old one, except those that are set as well', () => {
    const tier = { path: 'quota.tier', value: 2 };
    expect(difference(BLOCK, written(BLOCK, tier))).not.toContain('+  limits: {}');
    expect(written(BLOCK, tier)).not.toContain('limits:');
    const both = written(BLOCK, tier, { path: 'quota.limits."gemini-3-pro-image".rpm', value: 40 });
    expect(parseDocument(both, 'app.yaml').value).toMatchObject({ quota: { tier: 2, limits: { 'gemini-3-pro-image': { rpm: 40 } } } });
    expect(both).not.toContain('rpd: 500');
  });

  test('what others refer to by an alias is not changed for them', () => {
    const after = parseDocument(written(ALIASES, { path: 'traffic.people.request.size', value: '4K' }), 'app.yaml').value;
    expect(after).toMatchObject({
      traffic: [{ request: { model: 'gemini-3-pro-image', size: '4K' } }, { request: { model: 'gemini-3-pro-image' } }],
    });
    expect((after as { traffic: { request: object }[] }).traffic[1]!.request).not.toHaveProperty('size');
    const other = written(ALIASES, { path: 'traffic.catalogue.request.size', value: '4K' });
    expect(parseDocument(other, 'app.yaml').value).toMatchObject({ traffic: [{ name: 'people' }, { request: { size: '4K' } }] });
  });

  test('a setting that leads nowhere is a fault of ours', () => {
    expect(() => written(BLOCK, { path: 'traffic.nobody.lane', value: 'batch' })).toThrow(InvariantError);
  });
});

/** What a plan may set, on a file whose first entry it names by its place. */
const setting: fc.Arbitrary<Setting> = fc.oneof(
  ...(
    [
      ['quota.tier', fc.constantFrom(1, 2, '3')],
      ['quota.projects', fc.integer({ min: 1, max: 3 })],
      ['quota.window', fc.constantFrom('fixed', 'sliding', undefined)],
      ['quota.limits."gemini-3-pro-image".rpm', fc.constantFrom(12, '8..12', 'unknown', 'none', undefined)],
      ['quota.limits."gemini-3.1-flash-lite-image"', fc.constantFrom({ rpm: 5, rpd: '1k' }, undefined)],
      ['quota.limits.account.spend10mUsd', fc.constantFrom(20, '$25', undefined)],
      ['service.overload', fc.constantFrom('none', 'community-utc-hours', [{ from: '10:00Z', to: '+2h', errorRate: 0.25 }])],
      ['client.concurrency', fc.constantFrom(1, 24, 'none', undefined)],
      ['client.pace', fc.constantFrom('9/min', '0.5/s', 'none', undefined)],
      ['client.queue', fc.constantFrom({ limit: 100, deadline: '5m' }, { limit: 'none' }, undefined)],
      ['client.queue.deadline', fc.constantFrom('90s', undefined)],
      ['client.retry', fc.constantFrom('recommended', 'none', { attempts: 3, retryOn: [429, '5xx'], jitter: 'equal' }, undefined)],
      ['client.retry.attempts', fc.integer({ min: 1, max: 9 })],
      ['client.breaker', fc.constantFrom('guide', { failures: 5, cooldown: '90s' }, undefined)],
      ['client.fallback', fc.constantFrom(['gemini-3.1-flash-lite-image'], [{ lane: 'batch', on: [503, 'rpd'] }], [], undefined)],
      ['client.schedule', fc.constantFrom({ allow: ['22:00-05:00 America/New_York'] }, undefined)],
      ['traffic[0].lane', fc.constantFrom('batch', 'interactive', undefined)],
      ['traffic[0].deadline', fc.constantFrom('12h', undefined)],
      ['traffic[0].startAt', fc.constantFrom('+5m', '23:30 America/Los_Angeles', undefined)],
      ['traffic[0].client', fc.constantFrom({ concurrency: 2, pace: '6/min' }, undefined)],
      ['traffic[0].client.concurrency', fc.integer({ min: 1, max: 9 })],
      ['traffic[0].request.size', fc.constantFrom('2K', '4K', undefined)],
      ['thresholds', fc.constantFrom(['success_ratio >= 0.9', 'cost_usd <= 40'], [], undefined)],
      ['allow', fc.constantFrom({ projects: '1..3', sizes: ['1K'] }, undefined)],
    ] as const
  ).map(([path, value]) => (value as fc.Arbitrary<unknown>).map((one): Setting => ({ path, value: one }))),
);

const FILES = new Map([
  ...readdirSync(OWN)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [name, readFileSync(join(OWN, name), 'utf8')] as const),
  ...Object.entries(TEMPLATES),
  ['block', BLOCK],
  ['aliases', ALIASES],
  ['json', JSON.stringify(parseDocument(BLOCK, 'app.yaml').value, null, 2)],
]);

function resolved(text: string, settings: readonly Setting[]): Scenario | null {
  try {
    return { ...resolve(parseDocument(text, 'app.yaml'), settings, filesIn(OWN)).scenario, warnings: [] };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return null;
  }
}

test('a written scenario is the one that its settings make, with every comment still there', () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.constantFrom(...FILES.keys()), fc.array(setting, { minLength: 1, maxLength: 6 }), (name, settings) => {
      const text = FILES.get(name)!;
      const meant = resolved(text, settings);
      if (meant === null) return; // settings that do not go together
      compared++;
      const after = writeSettings(parseDocument(text, 'app.yaml'), settings);
      expect(resolved(after, [])).toEqual(meant);
      expect(writeSettings(parseDocument(after, 'app.yaml'), [])).toBe(after);
      if (name === 'aliases') return; // the plain value has none
      if (settings.some(({ path }) => path === 'quota.tier')) return; // limits that are set aside go with the comments amid them
      // Those in lines of their own: one behind a value goes with it.
      for (const comment of text.match(/^ *#.*$/gm) ?? []) expect(after).toContain(comment);
    }),
    { numRuns: 200 },
  );
  expect(compared).toBeGreaterThan(60);
});
