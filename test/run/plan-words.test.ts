/** Whole plans, from file to words, on scenarios whose answer is known by hand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Setting } from '../../src/model/scenario.ts';
import { planText } from '../../src/report/plan-text.ts';
import { plan } from '../../src/run/plan.ts';
import { planJson } from '../../src/run/plan-file.ts';

const LONG_MS = 60_000;

const OURS = join(import.meta.dirname, '../../scenarios');
const folder = mkdtempSync(join(tmpdir(), 'rundry-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function planned(file: string, settings: readonly Setting[] = []) {
  const found = await plan(file, { settings, verify: 5, workers: 1 });
  const view = { ...found, name: 'plan', seconds: null };
  return { found, text: planText(view, { colour: false, width: 100 }).replace(/\s+/g, ' ') };
}

test(
  'dollars bind: the next tier is told with its date, and that more requests would change nothing',
  async () => {
    const { found, text } = await planned(join(OURS, 'spend-window.yaml'), [{ path: 'clock.duration', value: '30m' }]);
    expect(found.recommendation.answer).toBe('change');
    expect(text).toContain('Raising a request limit (rpm, ipm, rpd) would change nothing.');
    expect(text).toMatch(/Billing and tier: quota.tier 2 → 3 It relieves spend10m/);
    expect(text).toContain('Tier 3 takes $1,000 paid and 30 days since the first payment');
    const json = planJson(found) as { recommendation: object[]; notes: object[]; untilTier: object };
    expect(json.recommendation[0]).toMatchObject({ setting: 'tier', path: 'quota.tier', to: 3, relieves: 'spend10m' });
    expect(json.notes).toMatchObject([{ about: 'read limits' }, { about: 'spend' }]);
    expect(json.untilTier).toMatchObject({ tier: '3', today: { tier: '2' } });
  },
  LONG_MS,
);

const WORKER = `name: worker
clock: { startAt: 2026-12-01T08:00:00Z, duration: 4h }
quota: { profile: community-2026-02, tier: 1 }
service: { latency: { gemini-3-pro-image: { fixed: 20s } } }
traffic: [{ name: worker, shape: { kind: steady, rate: 9/min }, request: { model: gemini-3-pro-image } }]
client: { concurrency: 8 }
thresholds: [first_bucket == none]
`;

test(
  'a day’s limit: tier 1 has 250, tier 2 with 1,000 is too small, tier 3 is not known',
  async () => {
    const file = join(folder, 'worker.yaml');
    writeFileSync(file, WORKER);
    const { found, text } = await planned(file);
    expect(found.recommendation.answer).toBe('infeasible');
    expect(text).toMatch(/^Nothing that is allowed meets .*: rpd stands in the way/);
    expect(text).toContain('Tier 1, too small: 250 a day');
    expect(text).toContain('Tier 2, too small: 1,000 a day');
    expect(text).toContain('Tier 3, unknown: unknown a day');
  },
  LONG_MS,
);

test(
  'what holds already is told to change nothing',
  async () => {
    const { found, text } = await planned(join(OURS, 'overload.yaml'), [{ path: 'clock.duration', value: '20m' }]);
    expect(found.recommendation.lines).toEqual([]);
    expect(text).toMatch(/^Change nothing: /);
  },
  LONG_MS,
);

test(
  'limits that nobody knows are asked for with what the plan needs of them, and promise nothing',
  async () => {
    const file = join(folder, 'unknown.yaml');
    const own = WORKER.replace('profile: community-2026-02', 'profile: observed-2026').replace('9/min', '2/min');
    writeFileSync(file, own.replace('duration: 4h', 'duration: 20m').replace('[first_bucket == none]', '[success_ratio >= 0.99]'));
    const { found, text } = await planned(file);
    expect(found.result).toMatchObject({ feasible: false, chosen: { candidate: { changes: [] }, holds: { mean: 1 } } });
    expect(text).toMatch(/^Nobody can promise success_ratio >= 0.99: rpm, ipm and rpd of gemini-3-pro-image are not known\. Where no/);
    expect(text).toContain('rpd of gemini-3-pro-image is not known and refused nothing here; the plan needs about 40 of it and no more.');
  },
  LONG_MS,
);
