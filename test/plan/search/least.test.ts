/** Nobody is told to set what changes nothing: neither for a client that does not need it, nor where no setting helps. */
import { expect, test } from 'vitest';
import { search } from '../../../src/plan/search.ts';
import { smallProblem } from './small.ts';

const clock = 'clock: { startAt: 2026-12-01T10:00:00Z, duration: 6m }';
const service = (more: string) => `service: { latency: { gemini-3-pro-image: { fixed: 10s } }, ${more} }`;
const entry = (name: string, client = '') =>
  `  - { name: ${name}, shape: { kind: steady, rate: 6/min }, request: { model: gemini-3-pro-image, size: 1K }${client} }`;

test('of two clients the one that tries often enough is left alone', async () => {
  const { problem, evaluate } = smallProblem(`
${clock}
quota: { profile: community-2026-02, tier: 2 }
${service('overload: [{ from: "00:00Z", to: "24:00Z", errorRate: 0.3 }]')}
traffic:
${entry('people')}
${entry('bulk', ', client: { retry: { attempts: 9, throttledAttempts: unlimited } }')}
allow: { tier: [2] }
thresholds: [success_ratio >= 0.97]
`);
  const { feasible, chosen } = await search(problem, evaluate);
  expect(feasible).toBe(true);
  expect(chosen.candidate.changes.map(({ path }) => path)).toEqual(['client.retry']);
});

test('what comes nearest where a filter withholds a fifth is the file as it stands', async () => {
  const { problem, evaluate } = smallProblem(`
${clock}
quota: { profile: community-2026-02, tier: 2 }
${service('blockRatio: 0.2')}
traffic:
${entry('app')}
allow: { tier: [2] }
thresholds: [success_ratio >= 0.99]
`);
  const { feasible, chosen, nearest } = await search(problem, evaluate);
  expect([feasible, chosen.candidate.changes]).toEqual([false, []]);
  expect(nearest?.obstacle).toMatchObject({ what: 'the safety filter', bucket: null });
});
