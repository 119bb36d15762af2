/** `rundry doctor` put together: what the process's surroundings are, who is asked, and what the scenario says. */
import type { AskedWith, Judged } from '../doctor/check.ts';
import { examineNetwork, examinePlan, examineSurroundings, skippedNetwork } from '../doctor/doctor.ts';
import { formOf, type Surroundings } from '../doctor/environment/surroundings.ts';
import { ScenarioError } from '../model/errors.ts';
import { poolExchange } from '../targets/pool.ts';
import { answerOf, otherModelOf, subjectsOf } from './doctor-questions.ts';
import { type ApiKey, findKey } from './live/api-key.ts';
import { GEMINI_URL } from './live/plan.ts';
import type { LoadedScenario } from './scenario-file.ts';
import { discreetly, environmentSecrets } from './secrets.ts';
import { simulate } from './simulate.ts';

export interface DoctorOptions {
  /** null: the key, the network and a model are looked at, no plan. */
  readonly loaded: LoadedScenario | null;
  /** Only the checklist: nothing is asked and no key is looked for. */
  readonly isOffline: boolean;
  /** Whether one image of the cheapest kind may be paid for. */
  readonly spends: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly keyFile: string | null;
  /** Name of the variable with a second key, to be compared with. */
  readonly compareKeyEnv: string | null;
  /** null: GOOGLE_GEMINI_BASE_URL (on the Agent Platform GOOGLE_VERTEX_BASE_URL), else Google. */
  readonly baseUrl: string | null;
  /** Which API a live run would use: by key, or by Application Default Credentials (`gemini`). */
  readonly platform?: 'gemini' | 'agent';
  /** On the Agent Platform; null: GOOGLE_CLOUD_PROJECT, and GOOGLE_CLOUD_LOCATION or `global`. */
  readonly project?: string | null;
  readonly location?: string | null;
  /** Epoch ms. */
  readonly nowMs: number;
}

const SDK_VARIABLES = [
  'GOOGLE_GENAI_USE_ENTERPRISE',
  'GOOGLE_GENAI_USE_VERTEXAI',
  'GOOGLE_GENAI_API_VERSION',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NODE_USE_ENV_PROXY',
] as const;

/** @throws ScenarioError when a file or variable that was named is not there */
export async function doctor(options: DoctorOptions): Promise<readonly Judged[]> {
  const { loaded, nowMs } = options;
  const checklist = loaded
    ? examinePlan({ scenario: loaded.scenario, summary: simulate(loaded.scenario, loaded.scenario.seed).summary, nowMs })
    : [];
  if (options.isOffline) return checklist;
  if (options.platform === 'agent') return [...(await ofPlatform(options)), ...checklist];
  const key = findKey(options.environment, options.keyFile);
  const surroundings = surroundingsOf(options, key);
  const environment = examineSurroundings(surroundings);
  const blocks = environment.some(({ id, state }) => state === 'fail' && ['key-present', 'key-form', 'base-url', 'proxy'].includes(id));
  const network = blocks || key === null ? skippedNetwork() : await askThrough(options, key.value.trim(), surroundings.baseUrl);
  return [...environment, ...network, ...checklist];
}

async function ofPlatform({ loaded, project = null, location = null, ...options }: DoctorOptions): Promise<Judged[]> {
  const { platformDoctor } = await import('./doctor-platform.ts');
  return platformDoctor({ ...options, scenario: loaded?.scenario ?? null, project, location });
}

async function askThrough({ loaded, spends, environment, compareKeyEnv }: DoctorOptions, key: string, baseUrl: string): Promise<Judged[]> {
  const otherKey = compareKeyEnv === null ? null : (environment[compareKeyEnv]?.trim() ?? '');
  if (otherKey === '') throw new ScenarioError([`--compare-key-env ${compareKeyEnv}: the variable is not set`]);
  if (otherKey === key)
    throw new ScenarioError([`--compare-key-env ${compareKeyEnv}: it holds the very key that it is to be compared with`]);
  const { exchange, close } = poolExchange(1, true);
  const keys: Readonly<Record<AskedWith, string>> = { own: key, elsewhere: key, compared: otherKey ?? key };
  const secrets = [...Object.values(keys), ...environmentSecrets(environment)];
  const subjects = subjectsOf(loaded?.scenario ?? null);
  try {
    return await examineNetwork({
      subjects,
      otherModel: otherModelOf(subjects),
      hasOtherKey: otherKey !== null,
      spends,
      ask: (question, as) => answerOf(question, { exchange, connection: { kind: 'key', apiKey: keys[as], baseUrl }, as, secrets }),
    });
  } finally {
    await close();
  }
}

function surroundingsOf({ environment, baseUrl, keyFile }: DoctorOptions, key: ApiKey | null): Surroundings {
  const [google, gemini] = [environment['GOOGLE_API_KEY']?.trim(), environment['GEMINI_API_KEY']?.trim()];
  const plain = discreetly([key?.value.trim() ?? '', ...environmentSecrets(environment)]);
  return {
    keyFrom: key?.from ?? null,
    keyForm: key === null ? null : formOf(key.value),
    hasTwoKeys: keyFile === null && Boolean(google && gemini && google !== gemini),
    variables: Object.fromEntries(SDK_VARIABLES.flatMap((name) => (environment[name] ? [[name, plain(environment[name])] as const] : []))),
    baseUrl: baseUrl ?? (environment['GOOGLE_GEMINI_BASE_URL']?.trim() || GEMINI_URL),
  };
}
