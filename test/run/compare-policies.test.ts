/** `rundry compare-policies`, as users run it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { PolicyComparison } from '../../src/analysis/policies.ts';
import { type PolicyRun, policyOutcome, ruling } from '../../src/analysis/policies.ts';
import { RETRY_PRESETS } from '../../src/client/retry-presets.ts';
import { whoWins } from '../../src/report/policies.ts';
import { comparePolicies } from '../../src/run/compare-policies.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

const OVERLOADED = `name: an hour of overload
clock: { startAt: 2026-12-01T10:00:00Z, duration: 1h }
quota: { profile: none, limits: { gemini-3-pro-image: { rpm: 8 } } }
service:
  overload: [{ from: "10:00Z", to: "11:00Z", errorRate: 0.4 }]
  latency: { gemini-3-pro-image: { fixed: 5s } }
traffic:
  - name: app
    shape: { kind: steady, rate: 6/min }
    request: { model: gemini-3-pro-image }
  - name: night
    shape: { kind: steady, rate: 1/min }
    request: { model: gemini-3-pro-image }
    client: { retry: { attempts: 9 }, breaker: none }
client: { retry: { attempts: 3 }, breaker: guide, fallback: [gemini-nano-banana-2.1] }
`;

function files(text = OVERLOADED): { file: string; out: string } {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  const file = join(folder, 'scenario.yaml');
  writeFileSync(file, text);
  return { file, out: join(folder, 'out') };
}

function rundry(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, 'compare-policies', ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

describe('the command', () => {
  test('prints a table and who wins, and writes the columns of the contract', () => {
    const { file, out } = files();
    const { status, stdout, stderr } = rundry(file, '--policies', 'none,genai-3,recommended', '--seeds', '3', '--out', out);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/an hour of overload · simulated · 3 policies · seeds 1 to 3/);
    expect(stdout).toMatch(/^genai-3 .* % … .* %/m);
    expect(stdout).toMatch(/ wins/);
    expect(stdout).toContain('A 429 takes 300ms to answer: assumed');
    const csv = readFileSync(join(out, 'policies.csv'), 'utf8');
    expect(csv.split('\r\n')[0]).toBe(
      'schema_version,policy,seeds,success_ratio,success_ratio_low,success_ratio_high,latency_ms_p95,latency_ms_p95_low,latency_ms_p95_high,attempts_per_request,wasted_ratio,early_retries,makespan_ms,cost_usd',
    );
    const rows = parse<Record<string, string>>(csv, { columns: true });
    expect(rows.map(({ policy }) => policy)).toEqual(['none', 'genai-3', 'recommended']);
    for (const row of rows) {
      expect(row['seeds']).toBe('3');
      const [low, mean, high] = ['success_ratio_low', 'success_ratio', 'success_ratio_high'].map((name) => Number(row[name])) as [
        number,
        number,
        number,
      ];
      expect(low).toBeLessThanOrEqual(mean);
      expect(high).toBeGreaterThanOrEqual(mean);
    }
    expect(Number(rows[0]!['attempts_per_request'])).toBe(1);
  });

  test('gives the same bytes again, and keeps what is there without --force', () => {
    const { file, out } = files();
    const args = [file, '--policies', 'genai-3,as-written', '--seeds', '2', '--out', out];
    expect(rundry(...args).status).toBe(0);
    const first = readFileSync(join(out, 'policies.csv'), 'utf8');
    expect(rundry(...args)).toMatchObject({ status: 3, stdout: '' });
    expect(rundry(...args, '--force').status).toBe(0);
    expect(readFileSync(join(out, 'policies.csv'), 'utf8')).toBe(first);
  });

  test('one seed has no interval, and says so', () => {
    const { file, out } = files();
    const { stdout } = rundry(file, '--policies', 'none,recommended', '--seeds', '1', '--out', out);
    expect(stdout).toContain('One seed shows no luck');
    expect(readFileSync(join(out, 'policies.csv'), 'utf8').split('\r\n')[1]).toMatch(/^1,none,1,[\d.]+,,,\d+,,,1,/);
  });

  test('--json is for machines, --set for settings', () => {
    const { file, out } = files();
    const { stdout } = rundry(
      file,
      '--policies',
      'none,vercel-ai',
      '--seeds',
      '2',
      '--out',
      out,
      '--set',
      'service.refusalLatency=50ms',
      '--json',
    );
    const said = JSON.parse(stdout) as { assumedRefusalLatency: string | null; outcomes: unknown[]; verdict: string };
    expect(said).toMatchObject({ assumedRefusalLatency: null, seeds: 2 });
    expect(said.outcomes).toHaveLength(2);
    expect(said.verdict).toMatch(/vercel-ai|none/);
  });

  test.each([
    [['--policies', 'genai3'], '"genai3" is no policy, did you mean genai-3?'],
    [['--policies', 'none,none'], 'none is named twice'],
    [['--policies', ','], 'expected names'],
    [['--policies', 'none', '--seeds', '0'], '--seeds: expected a whole number above 0'],
    [['--policies', 'none', '--set', 'clock.duration=soon'], 'clock.duration'],
    [[], 'policies'],
  ])('%j is exit 2', (args, message) => {
    const { file, out } = files();
    const { status, stderr } = rundry(file, '--out', out, ...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});

describe('a policy', () => {
  test('replaces retry, breaker and fallback of every client, and nothing else', async () => {
    const { file } = files();
    const compared = await comparePolicies(file, { policies: ['none', 'guide-resilient', 'as-written'], seeds: 1 });
    const attempts = compared.outcomes.map(({ runs }) => runs[0]!.attempts_per_request!);
    expect(attempts[0]).toBe(1); // also of the entry that has a retry of its own
    expect(attempts[2]).toBeGreaterThan(1);
    expect(compared.notes.map((note) => note.split(' ')[0])).toEqual(['guide-resilient', 'as-written']);
    expect(compared.notes[0]).toContain('images of another model');
  });

  test('that falls back to a model of unknown limits looks better than it may be, which is said', async () => {
    const { file } = files(OVERLOADED.replace('profile: none', 'profile: published-2025-11, tier: 3'));
    const { notes } = await comparePolicies(file, { policies: ['guide-resilient'], seeds: 1 });
    expect(notes[0]).toMatch(/its .*rpm.* are not known here and refuse nothing/);
  });

  test('runs the seeds that the others run', async () => {
    const { file } = files();
    const alone = await comparePolicies(file, { policies: ['genai-3'], seeds: 3 });
    const among = await comparePolicies(file, { policies: ['none', 'genai-3'], seeds: 3 });
    expect(among.outcomes[1]).toEqual(alone.outcomes[0]);
  });

  test('every preset runs', async () => {
    const { file } = files();
    const compared = await comparePolicies(file, { policies: Object.keys(RETRY_PRESETS), seeds: 1 });
    expect(compared.outcomes).toHaveLength(Object.keys(RETRY_PRESETS).length);
  });
});

describe('who wins', () => {
  const runs = (success: readonly number[], wasted: number, p95: number): PolicyRun[] =>
    success.map((value, i) => ({
      success_ratio: value,
      latency_ms_p95: p95 + i,
      attempts_per_request: 1 + wasted,
      wasted_ratio: wasted + i / 1_000,
      early_retries: 0,
      makespan_ms: 1_000,
      cost_usd: 1,
    }));
  const compared = (...policies: readonly [string, PolicyRun[]][]): PolicyComparison => {
    const outcomes = policies.map(([policy, of]) => policyOutcome(policy, of));
    const seeds = policies[0]![1].length;
    return { scenario: 'x', firstSeed: 1, seeds, assumedRefusalLatency: null, outcomes, ruling: ruling(outcomes), notes: [] };
  };

  test('the one that delivers more on every seed, though the seeds differ more than the policies do', () => {
    const said = whoWins(compared(['a', runs([0.5, 0.7, 0.9], 0.9, 9_000)], ['b', runs([0.48, 0.681, 0.879], 0.1, 1_000)]));
    expect(said).toMatch(/^a wins: it delivers 70 %, 2 points \(95 %: .*\) more than b/);
  });

  test('else the one that wastes less', () => {
    const said = whoWins(compared(['a', runs([0.5, 0.7, 0.9], 0.9, 1_000)], ['b', runs([0.6, 0.6, 0.89], 0.1, 9_000)]));
    expect(said).toMatch(/^b wins by its waste: .* do not tell its success from that of a, but .* against .* of a\.$/);
  });

  test('else the one that waits less', () => {
    const said = whoWins(compared(['a', runs([0.9, 0.9, 0.9], 0.1, 1_000)], ['b', runs([0.9, 0.9, 0.9], 0.1, 9_000)]));
    expect(said).toMatch(/^a wins by its wait: /);
  });

  test('else nobody', () => {
    const same = runs([0.9, 0.9, 0.9], 0.1, 1_000);
    expect(whoWins(compared(['a', same], ['b', same]))).toMatch(/^No policy wins: a is best by its means .* do not tell it from b /);
  });

  test('a policy that delivers nothing has no p95, and does not win by it', () => {
    const none = runs([0, 0, 0], 0.1, 0).map((run) => ({ ...run, latency_ms_p95: null }));
    expect(ruling([policyOutcome('a', none), policyOutcome('b', runs([0, 0, 0], 0.1, 9_000))]).winner).toBe('b');
  });

  test('alone there is nothing to compare with', () => {
    expect(whoWins(compared(['a', runs([0.9, 0.8], 0, 1)]))).toContain('nothing to compare');
  });
});
