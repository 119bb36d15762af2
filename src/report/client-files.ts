/**
 * Client settings for a program: as an environment file, and as options of @google/genai with what that SDK leaves to the code
 * around it.
 */
import type { Cause, ClientSpec, RetrySpec, Scenario } from '../model/scenario.ts';
import { type ClientSetting, clientsIn, retrySettings, settingsOf } from './client-settings.ts';

/**
 * `GEMINI_CONCURRENCY=8`, a line each. A client of a traffic entry has the entry in its names: `GEMINI_CATALOGUE_CONCURRENCY`.
 */
export function clientEnvironment(scenario: Scenario): string {
  const blocks = clientsIn(scenario).map(({ client, isCommon, entries, lanes }) => {
    const name = (key: string): string => `GEMINI_${isCommon ? '' : `${shouted(client.name)}_`}${shouted(key)}`;
    const { made, none } = parted(settingsOf(client, lanes));
    return [
      `# ${isCommon ? 'Client' : `Client of ${client.name}`}: ${entries.join(', ')}`,
      ...made.flatMap(({ key, value, does }) => [`# ${does}`, `${name(key)}=${environmentValue(value)}`]),
      ...(none.length === 0 ? [] : [`# None: ${none.map(name).join(' ')}`]),
    ].join('\n');
  });
  return `${[head(scenario, '#', 'No library reads these names by itself: your program does.'), ...blocks].join('\n\n')}\n`;
}

/** A module in TypeScript that is JavaScript as well: `ai` for each client, and what the SDK does not do as data. */
export function clientModule(scenario: Scenario): string {
  const blocks = clientsIn(scenario).map(({ client, isCommon, entries, lanes }) => {
    const sdk = sdkOptions(client);
    const { made, none } = parted(settingsOf(client, lanes).filter(({ key }) => !sdk.does(key)));
    return [
      `// ${isCommon ? 'Client' : `Client of ${client.name}`}: ${entries.join(', ')}`,
      ...(lanes.has('interactive') ? [`export const ${isCommon ? 'ai' : `${named(client.name)}Ai`} = ${sdk.text};`, ''] : []),
      '/** What the SDK does not do: the code around its calls has to. */',
      `export const ${isCommon ? 'client' : `${named(client.name)}Client`} = {`,
      ...made.flatMap(({ key, value, does }) => [`  /** ${does} */`, `  ${key}: ${moduleValue(value)},`]),
      ...(none.length === 0 ? [] : [`  // None: ${none.join(', ')}`]),
      '};',
      '',
    ].join('\n');
  });
  const note = 'For @google/genai 2.16 or newer: its timeout is for each attempt since then.';
  return [head(scenario, '//', note), '', "import { GoogleGenAI } from '@google/genai';", '', ...blocks].join('\n');
}

function head({ name }: Scenario, mark: string, note: string): string {
  return [
    `Client settings of the scenario ${JSON.stringify(name)}.`,
    note,
    'They are for all processes together: with n of them, give each 1/n of the concurrency and n times the interval.',
  ]
    .map((text) => `${mark} ${text}`)
    .join('\n');
}

type Made = ClientSetting & { readonly value: NonNullable<ClientSetting['value']> };

/** Those there are, and the keys of those there are not. */
function parted(settings: readonly ClientSetting[]): { made: Made[]; none: string[] } {
  return {
    made: settings.filter((setting): setting is Made => setting.value !== null),
    none: settings.filter(({ value }) => value === null).map(({ key }) => key),
  };
}

/** The constructor, with the retries of the SDK only where they are the ones that were simulated; and the keys they settle. */
function sdkOptions({ timeoutMs, retry }: ClientSpec): { text: string; does: (key: string) => boolean } {
  const options = sdkRetry(retry);
  const isTriedAgain = retry.attempts > 1 || retry.throttledAttempts !== 1;
  const keys = ['timeoutMs', ...(options === null ? [] : retrySettings(retry).map(({ key }) => key))];
  return {
    text: [
      'new GoogleGenAI({',
      '  httpOptions: {',
      timeoutMs === null ? '    // No timeout: the service gives up after 10 minutes.' : `    timeout: ${timeoutMs},`,
      options !== null
        ? `    retryOptions: ${options},`
        : isTriedAgain
          ? '    // No retryOptions: the SDK counts 429s with other failures, reads no RetryInfo and no daily limit, and knows one jitter.'
          : '    // No retryOptions: without them the SDK tries nothing again.',
      '  },',
      '})',
    ].join('\n'),
    does: (key) => keys.includes(key),
  };
}

/** null where they would do something else. Source: @google/genai 3.1.0, dist/node/index.mjs `apiCall`. */
function sdkRetry(retry: RetrySpec): string | null {
  const { jitter, retryOn, attempts } = retry;
  const isTheirJitter = typeof jitter === 'object' && jitter.low === 1 && jitter.high === 2 && jitter.addMs === 0;
  const isTheirLoop = retry.countsTogether === true && !retry.obeyRetryInfo && retry.onDailyLimit === 'ignore' && retry.holdsSlot;
  const isPlain = retry.growth === 'exponential' && !retry.stepsMs && retry.deadlineMs === null && retry.budgetRatio === null;
  const codes = retryOn.flatMap(statusesOf);
  const isTheirs = retryOn.includes('timeout') && !retryOn.includes('network') && !retryOn.includes('safety');
  if (attempts === 1 || !isTheirJitter || !isTheirLoop || !isPlain || !isTheirs || retry.headerDelay) return null;
  return `{ attempts: ${attempts}, initialDelay: ${retry.baseMs / 1000}, expBase: ${retry.factor}, maxDelay: ${retry.capMs / 1000}, jitter: 1, httpStatusCodes: [${codes.join(', ')}] }`;
}

function statusesOf(cause: Cause): number[] {
  if (typeof cause === 'number') return [cause];
  return cause === '5xx' ? [500, 502, 503, 504] : [];
}

/** `paceIntervalMs` to `PACE_INTERVAL_MS`, `nightly shots` to `NIGHTLY_SHOTS`. */
function shouted(text: string): string {
  return text
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
}

/** A name that JavaScript takes: `nightly shots` to `nightlyShots`. */
function named(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word, index) => (index === 0 ? word[0]!.toLowerCase() : word[0]!.toUpperCase()) + word.slice(1)).join('');
  return /^[A-Za-z]/.test(joined) ? joined : `entry${joined}`;
}

function moduleValue(value: Made['value']): string {
  return Array.isArray(value) ? `[${value.map((one) => JSON.stringify(one)).join(', ')}]` : JSON.stringify(value);
}

/** Quoted where it has spaces. */
function environmentValue(value: Made['value']): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return /^[\w.,-]*$/.test(text) ? text : JSON.stringify(text);
}
