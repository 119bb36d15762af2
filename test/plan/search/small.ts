/** Small scenarios whose whole grid can be simulated, and the means to do so in this thread. */
import type { Evaluate } from '../../../src/plan/evaluate.ts';
import type { Problem } from '../../../src/plan/result.ts';
import { plannedText } from '../../../src/run/plan.ts';
import { workerPool } from '../../../src/run/worker-pool.ts';

export const SMALL: Readonly<Record<string, string>> = {
  'a burst without retries': `
clock: { startAt: 2026-12-01T18:00:00Z, duration: 4m }
quota: { profile: community-2026-02, tier: 1 }
service: { latency: { gemini-3-pro-image: { p50: 15s, p95: 30s } } }
traffic:
  - { name: people, shape: { kind: burst, requests: 14, every: 2m, times: 2 }, request: { model: gemini-3-pro-image, size: 1K } }
client: { concurrency: 40 }
allow: { tier: [1, 2] }
thresholds: [success_ratio >= 0.99, latency_ms_p95 < 4m]
`,
  'an overload of a third': `
clock: { startAt: 2026-12-01T10:00:00Z, duration: 6m }
quota: { profile: community-2026-02, tier: 2 }
service: { overload: [{ from: "00:00Z", to: "24:00Z", errorRate: 0.3 }], latency: { gemini-3-pro-image: { p50: 15s, p95: 30s } } }
traffic:
  - { name: app, shape: { kind: poisson, rate: 6/min }, request: { model: gemini-3-pro-image, size: 1K } }
client: { concurrency: 10, retry: { attempts: 2 }, breaker: { failures: 3, cooldown: 5m } }
allow: { tier: [2] }
thresholds: [success_ratio >= 0.94]
`,
  'a tier that is too small': `
clock: { startAt: 2026-12-01T18:00:00Z, duration: 5m }
quota: { profile: published-2025-11, tier: 1 }
service: { latency: { gemini-3-pro-image: { p50: 15s, p95: 30s } } }
traffic:
  - { name: studio, shape: { kind: poisson, rate: 16/min }, request: { model: gemini-3-pro-image, size: 1K } }
client: { concurrency: 16, retry: { attempts: 3 } }
allow: { tier: [1, 2] }
thresholds: [success_ratio >= 0.99, latency_ms_p95 < 2m]
`,
  'a day that nothing carries': `
clock: { startAt: 2026-12-01T08:00:00Z, duration: 30m }
quota: { profile: community-2026-02, tier: 2, limits: { gemini-3-pro-image: { rpd: 100 } } }
service: { latency: { gemini-3-pro-image: { p50: 15s, p95: 30s } } }
traffic:
  - { name: studio, shape: { kind: poisson, rate: 10/min }, request: { model: gemini-3-pro-image, size: 1K } }
allow: { tier: [2] }
thresholds: [success_ratio >= 0.9]
`,
};

export function smallProblem(text: string): { problem: Problem; evaluate: Evaluate } {
  const { problem, loaded } = plannedText(text, 'small.yaml');
  return { problem, evaluate: workerPool(loaded, { workers: 1 }).evaluate };
}
