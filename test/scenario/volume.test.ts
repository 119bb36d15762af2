import { describe, expect, test } from 'vitest';
import { ScenarioError } from '../../src/model/errors.ts';
import { parseDocument } from '../../src/scenario/document.ts';
import { resolve } from '../../src/scenario/resolve.ts';

function problemsOf(shape: string, { images = 1, quota = '{}', allow = 'null' } = {}): readonly string[] {
  const text = `clock: { duration: 2m }
quota: ${quota}
allow: ${allow}
traffic:
  - shape: ${shape}
    request: { model: gemini-3-pro-image, images: ${images} }
`;
  try {
    resolve(parseDocument(text, 'a.yaml'), [], { read: () => null });
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems;
  }
}

const AT_ONCE = 'a.yaml:5 traffic[0].shape: brings more than 10M requests at one instant, images counted: no run holds them';
const IN_ALL = 'a.yaml:5 traffic[0].shape: brings more than 1000M requests, images counted: no run holds them';

describe('an entry that no run could hold', () => {
  test.each([
    ['{ kind: flood, requests: 10000001 }'],
    ['{ kind: burst, requests: 11M, every: 1m, times: 1 }'],
    ['{ kind: users, users: 9007199254740992, think: { mean: 1s } }'],
  ])('%s waits in memory all at once', (shape) => {
    expect(problemsOf(shape)).toEqual([AT_ONCE]);
  });

  test('the images of a job are requests', () => {
    expect(problemsOf('{ kind: flood, requests: 4 }', { images: 3_000_000 })).toEqual([AT_ONCE]);
    expect(problemsOf('{ kind: flood, requests: 4 }', { images: 2_500_000 })).toEqual([]);
  });

  test.each([
    ['{ kind: steady, rate: 9999999999/s }'],
    ['{ kind: ramp, from: 0/min, to: 9999999999/s }'],
    ['{ kind: stages, stages: [{ to: 9999999999/s, for: 1m }] }'],
    ['{ kind: spike, base: 1/min, peak: 9999999999/s, at: 10s, width: 1s }'],
    ['{ kind: stairs, from: 1/min, step: 9999999999/s, every: 1m, times: 3 }'],
    ['{ kind: poisson, rate: 9999999999/s }'],
    ['{ kind: gamma, rate: 9999999999/s, cv: 1 }'],
    ['{ kind: diurnal, perDay: 9999999999 }'],
    ['{ kind: burst, requests: 1M, every: 1ms, times: 9999999 }'],
  ])('%s', (shape) => {
    expect(problemsOf(shape)).toEqual([IN_ALL]);
  });

  test('what lies behind the end of the run does not count', () => {
    expect(problemsOf('{ kind: burst, requests: 1M, every: 1m, times: 9999999999 }')).toEqual([]);
    expect(problemsOf('{ kind: stairs, from: 1/min, step: 1/min, every: 1m, times: 1M }')).toEqual([]);
  });
});

test('projects, accounts and levels are counted in memory too', () => {
  expect(
    problemsOf('{ kind: stairs, from: 1/min, step: 1/min, every: 1s, times: 2M }', { quota: '{ projects: 1M, accounts: 1M }' }),
  ).toEqual([
    'a.yaml:2 quota.projects: expected at most 10000, found "1M"',
    'a.yaml:2 quota.accounts: expected at most 10000, found "1M"',
    'a.yaml:5 traffic[0].shape.times: expected at most 1M levels, found "2M"',
  ]);
});

test.each(['""', '0', '.nan', '[]'])('allow: %s is no mapping', (allow) => {
  expect(problemsOf('{ kind: flood, requests: 1 }', { allow })).toHaveLength(1);
});
