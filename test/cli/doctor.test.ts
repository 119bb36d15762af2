/** `rundry doctor` as users run it, against the mock over HTTP. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatedScenario } from '../../src/mock/emulated.ts';
import { type RunningMock, startMock } from '../../src/run/start-mock.ts';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');
const KEY = `AIza${'k'.repeat(35)}`;
const folder = mkdtempSync(join(tmpdir(), 'rundry-doctor-'));
const file = join(folder, 'app.yaml');
writeFileSync(
  file,
  `name: app
clock: { duration: 10m }
traffic: [{ name: people, shape: { kind: steady, rate: 1/min }, request: { model: gemini-3.1-flash-lite-image } }]
client: { retry: recommended }
`,
);
let mock: RunningMock;
beforeAll(async () => {
  mock = await startMock({
    scenario: emulatedScenario({ tier: '1' }, Date.UTC(2026, 11, 1, 8)),
    seed: 1,
    port: 0,
    speed: 100,
    apiKeys: [KEY],
  });
});
afterAll(async () => {
  await mock.close();
  rmSync(folder, { recursive: true });
});

async function doctor(
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { GEMINI_API_KEY: _a, GOOGLE_API_KEY: _b, ...rest } = process.env;
  const child = spawn(process.execPath, [CLI, 'doctor', ...args], { env: { ...rest, NO_COLOR: '1', ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

test('a good key, every question answered, an image paid for', async () => {
  const { code, stdout } = await doctor({ GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: mock.url }, '--spend', '--json');
  const { passed, checks } = JSON.parse(stdout) as { passed: boolean; checks: { id: string; state: string }[] };
  expect(checks.filter(({ state }) => state !== 'pass')).toEqual([]);
  expect([passed, code]).toEqual([true, 0]);
  expect(mock.summary().attempts).toBe(1);
});

test('a key that is refused is named, and never shown', async () => {
  const bad = `AIza${'b'.repeat(35)}`;
  const { code, stdout, stderr } = await doctor({ GOOGLE_API_KEY: bad }, file, '--base-url', mock.url);
  expect(code).toBe(99);
  expect(stdout).toMatch(/^Google accepts the key\? No: auth\.key-invalid: HTTP 400/);
  expect(stdout + stderr).not.toContain(bad);
});

test('no key ends it before anything is asked', async () => {
  const { code, stdout } = await doctor({}, '--base-url', mock.url);
  expect(code).toBe(99);
  expect(stdout).toMatch(/^There is an API key\? No/);
  expect(stdout).toContain('Nothing was asked');
});

test('offline is the checklist alone, and needs a scenario', async () => {
  const { code, stdout } = await doctor({}, file, '--offline');
  expect(code).toBe(99); // limits of a profile, not of the project
  expect(stdout).toContain('Before a launch');
  expect(stdout).not.toContain('The API\n');
  const none = await doctor({}, '--offline');
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('name one');
});

test('a second key that is not there is a mistake on the command line', async () => {
  const { code, stderr } = await doctor({ GEMINI_API_KEY: KEY }, '--base-url', mock.url, '--compare-key-env', 'NO_SUCH_KEY');
  expect(code).toBe(2);
  expect(stderr).toContain('NO_SUCH_KEY');
});
