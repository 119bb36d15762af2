/** A simulated day of 10,000 requests from the built command to its exit, less an empty start of Node. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { median } from './measure.ts';

export interface StartUpResult {
  readonly requests: number;
  readonly dayMs: number;
  readonly emptyMs: number;
  /** What the day takes beyond an empty start. */
  readonly beyondMs: number;
}

const DAY = `name: bench day
clock: { startAt: 2026-12-01T08:00:00Z, duration: 24h }
quota: { profile: published-2025-11, tier: 2 }
service: { overload: community-utc-hours }
traffic:
  - name: people
    shape: { kind: diurnal, perDay: 10000, zone: America/New_York }
    request: { model: gemini-3-pro-image, size: 1K }
client: { concurrency: 64, retry: { attempts: 5 } }
`;

/** @returns null when nothing is built */
export function benchStartUp(rounds: number): StartUpResult | null {
  const cli = resolve('dist/cli/main.js');
  if (!existsSync(cli)) return null;
  const folder = mkdtempSync(join(tmpdir(), 'rundry-bench-'));
  const file = join(folder, 'day.yaml');
  writeFileSync(file, DAY);
  const timed = (args: readonly string[]): number => {
    const startMs = performance.now();
    execFileSync(process.execPath, args, { stdio: 'ignore' });
    return performance.now() - startMs;
  };
  const days: number[] = [];
  const empties: number[] = [];
  for (let round = 0; round < rounds; round++) {
    days.push(timed([cli, 'run', file, '--out', join(folder, `run-${round}`), '--quiet']));
    empties.push(timed(['-e', '0']));
  }
  rmSync(folder, { recursive: true });
  return { requests: 10_000, dayMs: median(days), emptyMs: median(empties), beyondMs: median(days) - median(empties) };
}
