/** `rundry run --mode live`: its options, and how they become a run that costs money. */
import type { Argv } from 'yargs';
import { brokenProxy } from '../doctor/environment/proxy.ts';
import { ScenarioError, SetupError } from '../model/errors.ts';
import { epochNowMs } from '../model/time.ts';
import type { LiveOptions } from '../run/live/live-options.ts';
import { progress } from '../run/progress.ts';
import { readScenario } from '../run/scenario-file.ts';
import { secretFound, withoutSecret } from '../run/secrets.ts';
import { parseDuration } from '../scenario/units.ts';
import type { Connection } from '../targets/sdk.ts';
import { confirmed } from './confirm.ts';
import { formatsOf, inRepository, tellCi } from './formats.ts';
import { foldersFor, type RunArguments, settingsOf } from './run-options.ts';
import { show, showLessons } from './show.ts';
import { onInterrupt } from './signals.ts';

export interface LiveArguments {
  yes: boolean;
  'budget-usd'?: number;
  'budget-requests'?: number;
  'budget-time'?: string;
  'stop-error-share': number;
  scale: number;
  resume?: string;
  prompts?: string;
  'save-images'?: string;
  'key-file'?: string;
  platform: 'gemini' | 'agent';
  project?: string;
  location?: string;
  'batch-poll': string;
}

const GROUP = 'Live mode:';

export function liveOptions(args: Argv): Argv {
  return args
    .option('yes', { type: 'boolean', default: false, group: GROUP, describe: 'Send without asking, as in CI' })
    .option('budget-usd', { type: 'number', group: GROUP, describe: "Dollars at most, instead of the scenario's" })
    .option('budget-requests', { type: 'number', group: GROUP, describe: "Attempts at most, instead of the scenario's" })
    .option('budget-time', { type: 'string', group: GROUP, describe: 'Nothing is sent after this long, e.g. 30m' })
    .option('stop-error-share', {
      type: 'number',
      default: 0.5,
      group: GROUP,
      describe: 'Stop when more than this share of the last 100 answers are errors other than 429',
    })
    .option('scale', { type: 'number', default: 1, group: GROUP, describe: 'Times the traffic of the scenario, e.g. 0.1' })
    .option('resume', { type: 'string', group: GROUP, describe: 'Folder of a live run that broke off: go on with it, send nothing twice' })
    .option('prompts', { type: 'string', group: GROUP, describe: 'Prompts of your own: one a line, JSONL or YAML (neutral ones)' })
    .option('save-images', { type: 'string', group: GROUP, describe: 'Folder for the pictures (thrown away)' })
    .option('key-file', { type: 'string', group: GROUP, describe: 'File with the API key (GOOGLE_API_KEY or GEMINI_API_KEY)' })
    .option('platform', {
      choices: ['gemini', 'agent'] as const,
      default: 'gemini',
      group: GROUP,
      describe: 'agent: the Agent Platform (Vertex AI), with Application Default Credentials',
    })
    .option('project', { type: 'string', group: GROUP, describe: 'agent: Google Cloud project (GOOGLE_CLOUD_PROJECT)' })
    .option('location', { type: 'string', group: GROUP, describe: 'agent: region (GOOGLE_CLOUD_LOCATION, else global)' })
    .option('batch-poll', { type: 'string', default: '30s', group: GROUP, describe: 'How often to look at a batch job' });
}

type Arguments = Omit<RunArguments, 'mode'> & LiveArguments & { files: string[] };

/** Sets the exit code: 0, 99 (a threshold missed, or it stopped itself), 130 or 143. */
export async function runLive(args: Arguments): Promise<void> {
  const formats = formatsOf(args.format);
  refuseWhatIsNotLive(args);
  const { liveRun } = await import('../run/live/live-run.ts');
  const loaded = readScenario(args.files[0]!, { settings: settingsOf({ ...args, mode: 'sim' }), mode: 'live', startAtMs: epochNowMs() });
  const folder = args.resume ?? foldersFor([loaded], { ...args, mode: 'sim' })(loaded);
  const bar = progress(args.quiet ? { write: () => {} } : process.stderr);
  const options = await optionsOf(args, folder);
  const interruption = onInterrupt();
  try {
    const outcome = await liveRun(loaded, {
      ...options,
      seed: args.seed ?? loaded.scenario.seed,
      signal: interruption.signal,
      onProgress: (atMs, endMs) => bar.update(atMs, endMs, `${loaded.scenario.name} (live)`),
    });
    bar.end();
    if (outcome === null) {
      process.stderr.write('Nothing was sent.\n');
      process.exitCode = interruption.exitCode() ?? 0;
      return;
    }
    const { results, stopped } = outcome;
    show(results, { json: args.json, quiet: args.quiet, folder });
    await showLessons(folder, results, { isSilent: args.json || args.quiet });
    if (stopped !== null) process.stderr.write(`The run stopped itself. ${stopped.text}\n`);
    const told = { results, file: inRepository(loaded.file), thresholdLines: [], seeds: [] };
    await tellCi([told], { formats, folder, json: args.json });
    process.exitCode = interruption.exitCode() ?? (stopped === null && results.summary.passed ? 0 : 99);
  } finally {
    interruption.release();
  }
}

/** What means nothing outside live mode, and would be silently ignored there. @throws ScenarioError */
export function refuseLiveOptions(args: LiveArguments): void {
  const given = [
    ...(
      ['budget-usd', 'budget-requests', 'budget-time', 'resume', 'prompts', 'save-images', 'key-file', 'project', 'location'] as const
    ).filter((name) => args[name] !== undefined),
    ...(args.yes ? ['yes'] : []),
    ...(args.scale === 1 ? [] : ['scale']),
    ...(args.platform === 'gemini' ? [] : ['platform']),
  ];
  if (given.length > 0) throw new ScenarioError(given.map((name) => `--${name}: only in live mode (--mode live)`));
}

/** @throws ScenarioError with every problem at once */
function refuseWhatIsNotLive(args: Arguments): void {
  const isAbove0 = (value: number | undefined): boolean => value === undefined || value > 0;
  const problems = [
    ...(args.files.length === 1 ? [] : ['--mode live: one scenario at a time']),
    ...(args.speed === 1 ? [] : ['--speed: a live run takes the time it takes']),
    ...(args.seeds === undefined ? [] : ['--seeds: only in sim mode']),
    ...(args.driver === 'sdk' ? [] : ['--driver autocannon: only in mock mode']),
    ...(isAbove0(args['budget-usd']) ? [] : [`--budget-usd: expected dollars above 0, found ${args['budget-usd']}`]),
    ...(args['budget-requests'] === undefined || (Number.isInteger(args['budget-requests']) && args['budget-requests'] > 0)
      ? []
      : [`--budget-requests: expected a whole number above 0, found ${args['budget-requests']}`]),
    ...(args.scale > 0 ? [] : [`--scale: expected a number above 0, found ${args.scale}`]),
    ...(args['stop-error-share'] >= 0 && args['stop-error-share'] <= 1
      ? []
      : [`--stop-error-share: expected a share from 0 to 1, found ${args['stop-error-share']}`]),
    ...durationProblems(args, 'budget-time'),
    ...durationProblems(args, 'batch-poll'),
    ...urlProblems('--base-url', args['base-url']),
    ...urlProblems('GOOGLE_GEMINI_BASE_URL', process.env['GOOGLE_GEMINI_BASE_URL']),
    ...urlProblems('GOOGLE_VERTEX_BASE_URL', process.env['GOOGLE_VERTEX_BASE_URL']),
    ...proxyProblems(),
    ...(args.resume === undefined ? [] : resumeProblems(args)),
  ];
  if (problems.length > 0) throw new ScenarioError(problems);
}

/** Where a run goes is shown and written: nothing secret may stand in it. */
function urlProblems(name: string, text: string | undefined): string[] {
  if (!text?.trim()) return [];
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '';
  if (isPlain && secretFound(url.href, name, process.env) !== null) return [`${name}: there is an API key in it, which goes in a header`];
  return isPlain ? [] : [`${name}: expected a URL such as https://gateway.example, without name, password or query`];
}

function proxyProblems(): string[] {
  const broken = brokenProxy(process.env);
  return broken === null ? [] : [`${broken}: expected the address of a proxy such as http://host:3128`];
}

function durationProblems(args: Arguments, name: 'budget-time' | 'batch-poll'): string[] {
  const text = args[name];
  return text === undefined || (parseDuration(text) ?? 0) > 0 ? [] : [`--${name}: expected a duration such as 30m, found "${text}"`];
}

/** A run goes on as it began. */
function resumeProblems(args: Arguments): string[] {
  const given = [
    ...(args.set.length > 0 ? ['--set'] : []),
    ...(args.seed === undefined ? [] : ['--seed']),
    ...(args.duration === undefined ? [] : ['--duration']),
    ...(args.scale === 1 ? [] : ['--scale']),
    ...(args.out === undefined ? [] : ['--out']),
    ...(args.force ? ['--force'] : []),
  ];
  return given.map((name) => `${name}: cannot be changed with --resume; the run goes on as it began`);
}

async function optionsOf(args: Arguments, folder: string): Promise<Omit<LiveOptions, 'seed' | 'signal'>> {
  const { OWN_PROMPTS, promptsFrom } = await import('../run/live/prompts.ts');
  const wall = args['budget-time'];
  return {
    folder,
    force: args.force,
    isResumed: args.resume !== undefined,
    ...(await whoAsks(args)),
    prompts: args.prompts === undefined ? OWN_PROMPTS : promptsFrom(args.prompts),
    imagesTo: args['save-images'] ?? null,
    budgetUsd: args['budget-usd'] ?? null,
    budgetRequests: args['budget-requests'] ?? null,
    wallMs: wall === undefined ? null : parseDuration(wall),
    errorRatioMax: args['stop-error-share'],
    scale: args.scale,
    batchPollMs: parseDuration(args['batch-poll'])!, // checked before
    confirm: (plan) => confirmed(plan, args.yes),
    onWarning: (text) => process.stderr.write(`! ${text}\n`),
  };
}

async function whoAsks(args: Arguments): Promise<{ connection: Connection; identity: string }> {
  const { env } = process;
  const { apiKeyOf } = await import('../run/live/api-key.ts');
  if (args.platform === 'gemini') {
    const key = apiKeyOf(env, args['key-file'] ?? null);
    const { GEMINI_URL } = await import('../run/live/plan.ts');
    const baseUrl = args['base-url'] ?? (env['GOOGLE_GEMINI_BASE_URL']?.trim() || GEMINI_URL);
    if (withoutSecret(baseUrl, key.value) !== baseUrl)
      throw new ScenarioError(['--base-url: the API key is in it, which goes in a header']);
    return { connection: { kind: 'key', apiKey: key.value, baseUrl }, identity: `the key in ${key.from}` };
  }
  const project = args.project ?? env['GOOGLE_CLOUD_PROJECT']?.trim();
  if (!project) throw new SetupError('no project: name it with --project, or set GOOGLE_CLOUD_PROJECT');
  const { agentPlatform } = await import('../run/live/agent-platform.ts');
  const baseUrl = args['base-url'] ?? (env['GOOGLE_VERTEX_BASE_URL']?.trim() || null);
  return agentPlatform({
    project,
    location: args.location ?? (env['GOOGLE_CLOUD_LOCATION']?.trim() || 'global'),
    baseUrl,
    environment: env,
  });
}
