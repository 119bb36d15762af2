/** A killed run loses nothing: what the mock answered was announced before its bytes left, and the torn journal still reports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Row } from '../../src/model/rows.ts';
import { rebuild } from '../../src/run/rebuild.ts';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');
const SCENARIO = `name: killed
clock: { startAt: 2026-12-01T18:00:00Z, duration: 1h }
quota: { profile: none, limits: { gemini-3.1-flash-lite-image: { ipm: 60 } } }
service: { overload: [{ from: "00:00Z", to: "24:00Z", errorRate: 0.2 }], latency: { gemini-3.1-flash-lite-image: { p50: 4s, p95: 8s } } }
traffic:
  - shape: { kind: poisson, rate: 120/min }
    request: { model: gemini-3.1-flash-lite-image }
client: { retry: { attempts: 3 } }
`;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout?.once('data', (chunk) => resolve(String(chunk).split('\n')[0] ?? '')));
}

const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('exit', () => resolve()));

function answersIn(journal: string): number {
  return existsSync(journal) ? readFileSync(journal, 'utf8').split('"kind":"attempt"').length - 1 : 0;
}

// Of some seven thousand, so that it is killed in its midst however late the kill comes.
test.each([10, 40, 90])('killed once it has had %i answers, a run keeps every attempt that was answered', async (answersMin) => {
  const folder = mkdtempSync(join(tmpdir(), 'rundry-kill-'));
  const file = join(folder, 'scenario.yaml');
  const out = join(folder, 'run');
  const answers = join(folder, 'mock');
  writeFileSync(file, SCENARIO);
  const mock = start(['mock', file, '--port', '0', '--speed', '20', '--out', answers]);
  const url = (await firstLine(mock)).replace('rundry mock listening on ', '');
  const run = start(['run', file, '--mode', 'mock', '--speed', '20', '--base-url', url, '--out', out]);
  while (answersIn(join(out, 'journal.ndjson')) < answersMin) await new Promise((resolve) => setTimeout(resolve, 20));
  run.kill('SIGKILL');
  await ended(run);
  mock.kill('SIGTERM');
  await ended(mock);

  const lines = readFileSync(join(out, 'journal.ndjson'), 'utf8').split('\n').slice(0, -1);
  const rows = lines.map((text) => JSON.parse(text) as Row);
  const announced = new Set(rows.flatMap((row) => (row.kind === 'sent' ? [`${row.request}.${row.n}`] : [])));
  const draws = readFileSync(join(answers, 'mock-answers.csv'), 'utf8')
    .trim()
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(',').at(-1)!);
  expect(draws.length).toBeGreaterThanOrEqual(answersMin);
  expect(draws.filter((draw) => !announced.has(draw))).toEqual([]);

  const { summary } = await rebuild(out);
  const answered = rows.filter((row) => row.kind === 'attempt').length;
  expect(summary.attempts.sent).toBe(announced.size);
  expect(summary.attempts.open).toBe(announced.size - answered);
  expect(summary.warnings.map(({ code }) => code)).toContain('journal-torn');
  const { offered, delivered, blocked, failed, dropped, pending } = summary.requests;
  expect(delivered + blocked + failed + dropped + pending).toBe(offered);
  rmSync(folder, { recursive: true });
});
