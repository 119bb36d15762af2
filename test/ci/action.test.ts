/** The composite action and the example workflow: every step that is a command is run, as a runner would. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyFolder, ROOT } from '../cli/rundry.ts';
import { junitFaults } from '../support/junit.ts';
import { ACTION_FOLDER, action, runAction, runStep, workflow } from './runner.ts';

const APP = `name: app
clock: { startAt: 2026-12-01T18:00:00Z, duration: 20m }
quota: { profile: none, limits: { gemini-3-pro-image: { rpm: 20 } } }
service: { latency: { gemini-3-pro-image: { fixed: 10s } } }
traffic:
  - { name: people, shape: { kind: poisson, rate: 16/min }, request: { model: gemini-3-pro-image } }
thresholds: [success_ratio >= 0.2]
`;

function repository(): string {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'load'));
  writeFileSync(join(folder, 'load/app.yaml'), APP);
  return folder;
}

describe('the action', () => {
  test('takes inputs through the environment: no expression stands in a command', () => {
    for (const { run, shell } of action().runs.steps) {
      expect(run).not.toContain('${{');
      expect(shell).toBe('bash');
    }
  });

  test('runs scenarios, and without a baseline leaves it at their thresholds', async () => {
    const folder = repository();
    const { steps, outputs, jobSummary } = runAction(folder, { scenarios: 'load/*.yaml', out: 'out' });
    expect(steps.map(({ name, code }) => [name, code])).toEqual([['Run the scenarios', 0]]);
    expect(steps[0]!.out).toContain('::notice file=load/app.yaml,title=app::');
    expect(outputs).toBe('folder=out\n');
    expect(jobSummary).toContain('## app');
    expect(await junitFaults(readFileSync(join(folder, 'out/junit.xml'), 'utf8'))).toEqual([]);
  });

  test('passes against a baseline of the same scenario, and fails where a limit was halved, naming the bucket', () => {
    const folder = repository();
    runAction(folder, { scenarios: 'load/app.yaml', out: 'baseline' });
    const same = runAction(folder, { scenarios: 'load/app.yaml', out: 'out', baseline: 'baseline' });
    expect(same.steps.map(({ code }) => code)).toEqual([0, 0]);
    const halved = runAction(folder, {
      scenarios: 'load/app.yaml',
      out: 'out',
      baseline: 'baseline',
      args: '--set=quota.limits."gemini-3-pro-image".rpm=10\n--seed=1\n',
      'fail-on': 'delivered_per_min < -5%\nlatency_ms_p95 > 20%\n',
    });
    expect(halved.steps.map(({ code }) => code)).toEqual([0, 99]);
    expect(halved.steps[1]!.out).toContain(
      '::error title=app against its baseline::delivered_per_min < -5%25: rpm of gemini-3-pro-image refuses',
    );
    expect(halved.jobSummary).toContain('## app: NEW against BASE');
    expect(existsSync(join(folder, 'out/compare-junit.xml'))).toBe(true);
  });

  test('compares although a threshold was missed, and says where there is no baseline yet', () => {
    const folder = repository();
    writeFileSync(join(folder, 'load/other.yaml'), APP.replace('name: app', 'name: other').replace('0.2', '1'));
    runAction(folder, { scenarios: 'load/app.yaml', out: 'baseline/app' });
    const { steps } = runAction(folder, { scenarios: 'load/app.yaml load/other.yaml', out: 'out', baseline: 'baseline' });
    expect(steps.map(({ code }) => code)).toEqual([99, 0]);
    expect(steps[0]!.out).toContain('::error file=load/other.yaml,line=7,title=other::success_ratio >= 1 was missed');
    expect(steps[1]!.out).toContain('::notice title=rundry::There is no baseline for out/other yet: keep it as baseline/other.');
    expect(steps[1]!.out).toContain('BASE baseline/app');
  });

  test('a scenario that is wrong fails the first step, and the second finds nothing to compare', () => {
    const folder = repository();
    mkdirSync(join(folder, 'out'));
    const { steps } = runAction(folder, { scenarios: 'load/gone.yaml', out: 'out', baseline: 'baseline' });
    expect(steps.map(({ code }) => code)).toEqual([2, 0]);
    expect(steps[0]!.out).toContain('::error file=load/gone.yaml,title=rundry::load/gone.yaml: no such file');
  });
});

describe('the example workflow', () => {
  const { steps } = workflow().jobs['capacity']!;

  test('installs, and runs the action on a baseline that is kept here: it passes', () => {
    const folder = emptyFolder();
    for (const path of ['scenarios', 'reports/sample']) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    const commands = steps.filter(({ run }) => run !== undefined).map((step) => runStep(folder, step));
    expect(commands).toEqual([{ name: 'npm ci', code: 0, out: 'npm ci\n' }]);
    const [ours] = steps.filter(({ uses }) => uses === `./${ACTION_FOLDER}`);
    const given = Object.fromEntries(Object.entries(ours!.with!).map(([key, value]) => [key, String(value)]));
    const ran = runAction(folder, given);
    expect(
      ran.steps.map(({ code }) => code),
      ran.steps.map(({ out }) => out).join('\n'),
    ).toEqual([0, 0]);
    expect(existsSync(join(folder, 'out/burst/junit.xml'))).toBe(true);
  });

  test('every other step is an action by its version', () => {
    for (const { uses } of steps) if (uses !== undefined && !uses.startsWith('./')) expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
  });

  test('keeps what the action wrote', () => {
    const [upload] = steps.filter(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    const [ours] = steps.filter(({ uses }) => uses?.startsWith('./'));
    expect(String(ours!.with!['out']).startsWith(`${upload!.with!['path']}/`)).toBe(true);
  });
});
