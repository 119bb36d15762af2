/** The steps of a plan, each worth taking by itself. */
import { expect, test } from 'vitest';
import { candidateOf } from '../../../src/plan/candidates.ts';
import { change, groundOf } from '../../../src/plan/grounds.ts';
import { stepsOf } from '../../../src/plan/steps.ts';
import { Trials } from '../../../src/plan/trials.ts';
import { smallProblem } from './small.ts';

/** One at a time makes six a minute where ten are allowed; all at once, two thirds are refused, unless they are tried again. */
const ONE_BY_ONE = `
clock: { startAt: 2026-12-01T18:00:00Z, duration: 10m }
quota: { profile: none, limits: { gemini-3-pro-image: { rpm: 10 } } }
service: { latency: { gemini-3-pro-image: { fixed: 10s } } }
traffic: [{ name: shots, shape: { kind: flood, requests: 30 }, request: { model: gemini-3-pro-image } }]
client: { concurrency: 1 }
`;

test('a step that loses images is one with the step that wins them back', async () => {
  const { problem, evaluate } = smallProblem(ONE_BY_ONE);
  const more = change(problem, 'concurrency', 'client.concurrency', 30);
  const retry = change(problem, 'retry', 'client.retry', 'recommended');
  const stepsWith = (...changes: (typeof more)[]) => {
    const chosen = candidateOf(1, groundOf(problem, '1', [])!, changes);
    return stepsOf(new Trials(problem, { evaluate, weight: 30 }), chosen);
  };
  const [both, ...others] = await stepsWith(more, retry);
  expect([both!.changes.map(({ lever }) => lever), others]).toEqual([['concurrency', 'retry'], []]);
  expect([both!.before, both!.after].map(({ measured }) => measured.success_ratio?.mean)).toEqual([1, 1]);
  const [alone] = await stepsWith(more);
  expect(alone!.changes).toEqual([more]);
  expect(alone!.difference.success_ratio?.mean).toBeCloseTo(-20 / 30);
});
