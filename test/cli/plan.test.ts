/** `rundry plan --analytic` as users run it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const plan = (...args: string[]) =>
  spawnSync(process.execPath, ['src/cli/main.ts', 'plan', 'scenarios/steady.yaml', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });

test('--analytic prints each answer with its formula, and names what nobody knows', () => {
  const { status, stdout } = plan('--analytic', '--set', 'quota.profile=community-2026-02');
  expect(status).toBe(0);
  expect(stdout).toContain('by arithmetic, nothing simulated');
  expect(stdout).toMatch(/carries a day +250 requests +min over buckets of limit \/ window \/ cost: rpd; next ipm at 14400/);
  expect(stdout).toMatch(/Not known, and each could be lower than what is said here: .*spend10m/);
});

test('--analytic --json is for machines', () => {
  const { stdout } = plan('--analytic', '--json');
  expect(JSON.parse(stdout)).toHaveProperty('carried.perMinute');
});
