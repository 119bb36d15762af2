/**
 * `node --import rundry/register app.js`: an app as it is, under an emulated tier. What the environment says is read once; when the
 * process ends, stderr says which bucket ran dry first.
 */
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { answerThreads, askMainThread, calendar, Emulation, emulatedScenario, intercept } from '../mock/index.ts';
import { RundryError, ScenarioError } from '../model/errors.ts';
import { TIERS, type Tier } from '../model/names.ts';
import type { Scenario, Setting } from '../model/scenario.ts';
import { epochMs, epochNowMs } from '../model/time.ts';
import { mockVerdict } from '../report/mock-verdict.ts';

const KNOWN = ['TIER', 'PROFILE', 'SCENARIO', 'SEED', 'SPEED', 'LIMITS', 'START_AT', 'STRICT', 'QUIET'] as const;
type Words = Readonly<Partial<Record<(typeof KNOWN)[number], string>>>;

export async function preload(): Promise<void> {
  if (!isMainThread) {
    await intercept(askMainThread(), speedOf(wordsOf(process.env)));
    return;
  }
  try {
    await emulateHere(wordsOf(process.env));
  } catch (error) {
    if (!(error instanceof RundryError)) throw error;
    writeSync(2, `rundry/register: ${error.message.replaceAll('--set quota.limits', 'RUNDRY_LIMITS')}\n`);
    process.exit(error.exitCode);
  }
}

async function emulateHere(words: Words): Promise<void> {
  const speed = speedOf(words);
  const withSettings = await scenarioOf(words);
  const { startAtMs } = withSettings([]).clock;
  const emulation = new Emulation({
    worldOf: (settings) => ({ scenarioAt: () => withSettings(settings), seed: seedOf(words) }),
    nowMs: calendar(startAtMs, speed),
  });
  const answer = emulation.handle.bind(emulation);
  standInForKeys();
  passProxiesBy();
  await intercept(answer, speed);
  answerThreads(answer);
  onEnd(() => {
    const summary = emulation.summary();
    const calls = summary.attempts + summary.unrouted;
    // A child process that inherited us and never called has nothing to say.
    if (words.QUIET === undefined && (calls > 0 || isNamedHere())) {
      const { profile, tier } = emulation.world.scenario.quota;
      writeSync(2, `rundry: tier ${tier} of ${profile}, emulated in this process\n${mockVerdict(summary)}`);
    }
    if (words.STRICT !== undefined && summary.unrouted > 0 && !process.exitCode) process.exitCode = 99;
  });
}

/** The tier of a profile, or with a file or limits of one's own what `rundry mock` would emulate. */
async function scenarioOf({ TIER, PROFILE, SCENARIO, LIMITS, START_AT }: Words): Promise<(more: readonly Setting[]) => Scenario> {
  if (TIER !== undefined && !isTier(TIER)) throw new ScenarioError([`RUNDRY_TIER: expected one of ${TIERS.join(', ')}, found "${TIER}"`]);
  const startAtMs = START_AT === undefined ? null : epochMs(START_AT);
  if (Number.isNaN(startAtMs))
    throw new ScenarioError([`RUNDRY_START_AT: expected an instant such as 2026-12-01T08:00:00Z, found "${START_AT}"`]);
  if (SCENARIO === undefined && LIMITS === undefined) {
    const options = { ...(TIER ? { tier: TIER } : {}), ...(PROFILE ? { profile: PROFILE } : {}) };
    const scenario = emulatedScenario(options, startAtMs ?? epochNowMs());
    return () => scenario;
  }
  // YAML and its checks cost a tenth of a second: only for who needs them.
  const [{ mockScenario }, { parseSetting }] = await Promise.all([import('./mock-scenario.ts'), import('../scenario/settings.ts')]);
  const settings = [
    ...(TIER ? [{ path: 'quota.tier', value: TIER }] : []),
    ...(PROFILE ? [{ path: 'quota.profile', value: PROFILE }] : []),
    ...(LIMITS ? [parseSetting(`quota.limits=${LIMITS}`)] : []),
  ];
  return mockScenario({ file: SCENARIO ?? null, settings, startAtMs: startAtMs ?? (SCENARIO === undefined ? epochNowMs() : null) });
}

function speedOf({ SPEED = '1' }: Words): number {
  const speed = Number(SPEED);
  if (speed > 0) return speed;
  throw new ScenarioError([`RUNDRY_SPEED: expected a number above 0, found "${SPEED}"`]);
}

function seedOf({ SEED }: Words): number | null {
  if (SEED === undefined) return null;
  const seed = Number(SEED);
  if (Number.isInteger(seed) && seed >= 0) return seed;
  throw new ScenarioError([`RUNDRY_SEED: expected a whole number, found "${SEED}"`]);
}

/** A name that is none of ours is told: a setting that is misspelt would silently not count. */
function wordsOf(environment: Readonly<Record<string, string | undefined>>): Words {
  const words: Partial<Record<(typeof KNOWN)[number], string>> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('RUNDRY_') || value === undefined || value === '') continue;
    const known = KNOWN.find((word) => name === `RUNDRY_${word}`);
    if (known) words[known] = value;
    else if (isMainThread)
      writeSync(2, `rundry/register: ${name} is not known; there are ${KNOWN.map((word) => `RUNDRY_${word}`).join(', ')}\n`);
  }
  return words;
}

function isTier(text: string): text is Tier {
  return (TIERS as readonly string[]).includes(text);
}

/** Clients that find no key refuse to begin. No key leaves this process, so any will do. */
function standInForKeys(): void {
  const { env } = process;
  if (!env['GEMINI_API_KEY'] && !env['GOOGLE_API_KEY']) env['GEMINI_API_KEY'] = STAND_IN;
  env['GOOGLE_GENERATIVE_AI_API_KEY'] ||= STAND_IN;
}

const STAND_IN = 'rundry-emulated';

/**
 * Through a proxy the calls would leave all the same: the host that a socket connects to is the proxy's then. Regional hosts of the
 * Agent Platform cannot be told apart from other hosts of Google in these variables; they still go by the proxy.
 */
function passProxiesBy(): void {
  const { env } = process;
  const proxies = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
  if (!proxies.some((name) => env[name])) return;
  const direct = [env['NO_PROXY'] ?? env['no_proxy'], 'generativelanguage.googleapis.com', 'aiplatform.googleapis.com'];
  env['NO_PROXY'] = env['no_proxy'] = direct.filter(Boolean).join(',');
}

/** Whether somebody asked for us in so many words, instead of inheriting us by NODE_OPTIONS. */
function isNamedHere(): boolean {
  return process.execArgv.some((argument) => argument.includes('register'));
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Once, however the process ends but by a SIGKILL: at its end, by process.exit, an error, or a signal that nobody else minds. */
function onEnd(tell: () => void): void {
  let isTold = false;
  const once = (): void => {
    if (isTold) return;
    isTold = true;
    tell();
  };
  process.once('exit', once);
  for (const signal of SIGNALS) {
    const ended = (): void => {
      if (process.listenerCount(signal) > 1) return; // the app has its own way of ending
      once();
      process.off(signal, ended);
      process.kill(process.pid, signal);
    };
    process.on(signal, ended);
  }
}
