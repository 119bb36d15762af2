/**
 * What plans promise against what comes of it: on scenario files, and with `--generated N` on N small scenarios drawn at random.
 * `node test/bench/promises.ts FILE… [--generated N] [--verify N]`
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { Xoshiro128 } from '../../src/model/chance.ts';
import { MEASURES } from '../../src/plan/result.ts';
import { type Plan, planText } from '../../src/run/plan.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { generated: { type: 'string', default: '0' }, verify: { type: 'string', default: '200' } },
});
const verify = Number(values.verify);

let kept = 0;
let feasible = 0;
let covered = 0;
let intervals = 0;
const rows: object[] = [];
for (const file of positionals) tally(basename(file), await planText(readFileSync(file, 'utf8'), file, { verify }));
for (let n = 1; n <= Number(values.generated); n++)
  tally(`generated ${n}`, await planText(generated(n), 'generated.yaml', { verify, workers: 1 }));
console.table(rows);
console.log(`${feasible} feasible, of which ${kept} hold on 95 % of ${verify} unseen seeds or more`);
console.log(`${covered} of ${intervals} promised intervals cover the verified mean (95 % of them are promised to)`);

function tally(name: string, { result, promised, verified }: Plan): void {
  const holds = verified?.holds.mean ?? Number.NaN;
  if (result.feasible) {
    feasible++;
    if (holds >= result.probability) kept++;
  }
  for (const measure of MEASURES) {
    const interval = promised.intervals[measure];
    const mean = verified?.measured[measure]?.mean;
    // What does not vary cannot miss: only intervals with a width are counted.
    if (!result.feasible || !interval || mean === undefined || interval[0] === interval[1]) continue;
    intervals++;
    if (mean >= interval[0] && mean <= interval[1]) covered++;
  }
  rows.push({
    name,
    feasible: result.feasible,
    changes: result.chosen.candidate.changes.map(({ lever }) => lever).join(' '),
    promised: rounded(promised.holdsAtLeast),
    verified: rounded(holds),
    seeds: verified?.seeds,
    simulations: result.simulations,
  });
}

/** Poisson traffic or bursts, near or above a limit, with or without an overload and retries. */
function generated(n: number): string {
  const stream = new Xoshiro128(n);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(stream.next() * all.length)]!;
  const rate = 2 + Math.floor(stream.next() * 12);
  const shape = pick([
    `{ kind: poisson, rate: ${rate}/min }`,
    `{ kind: gamma, rate: ${rate}/min, cv: 2 }`,
    `{ kind: burst, requests: ${2 * rate}, every: 3m, times: 2 }`,
  ]);
  const overload = pick(['none', 'none', `[{ from: "00:00Z", to: "24:00Z", errorRate: ${pick([0.05, 0.2, 0.4])} }]`]);
  return [
    `seed: ${1_000 * n}`,
    'clock: { startAt: 2026-12-01T18:00:00Z, duration: 8m }',
    `quota: { profile: community-2026-02, tier: ${pick([1, 1, 2])}, window: ${pick(['fixed', 'sliding', 'token-bucket'])} }`,
    `service: { overload: ${overload}, latency: { gemini-3-pro-image: { p50: 15s, p95: 30s } } }`,
    `traffic: [{ name: app, shape: ${shape}, request: { model: gemini-3-pro-image, size: 1K } }]`,
    `client: { concurrency: ${pick([4, 8, 40])}, retry: { attempts: ${pick([1, 2, 5])} } }`,
    `thresholds: [success_ratio >= ${pick([0.9, 0.95, 0.98])}${pick(['', ', latency_ms_p95 < 2m'])}]`,
    'allow: { tier: [1, 2] }',
  ].join('\n');
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
