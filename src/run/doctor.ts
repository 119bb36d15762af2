/** `rundry doctor` put together: what the process's surroundings are, who is asked, and what the scenario says. */
import type { Answer, AskedWith, Judged, Question } from '../doctor/check.ts';
import { examineNetwork, examinePlan, examineSurroundings, type Subject, skippedNetwork } from '../doctor/doctor.ts';
import { formOf, type Surroundings } from '../doctor/environment/surroundings.ts';
import { IMAGE_MODELS } from '../model/catalogue.ts';
import { ScenarioError } from '../model/errors.ts';
import { requestSpec } from '../model/request-spec.ts';
import type { Scenario } from '../model/scenario.ts';
import { epochNowMs } from '../model/time.ts';
import { poolExchange } from '../targets/pool.ts';
import { ask } from '../targets/question.ts';
import type { Exchange } from '../targets/sdk.ts';
import { redact } from '../wire/redact.ts';
import { type ApiKey, findKey } from './live/api-key.ts';
import { GEMINI_URL } from './live/plan.ts';
import type { LoadedScenario } from './scenario-file.ts';
import { withoutSecret } from './secrets.ts';
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
  /** null: GOOGLE_GEMINI_BASE_URL, else Google. */
  readonly baseUrl: string | null;
  /** Epoch ms. */
  readonly nowMs: number;
}

/** At most so many models are looked up. */
const MODELS_MAX = 8;
const ANSWER_TIMEOUT_MS = 20_000;
const IMAGE_TIMEOUT_MS = 180_000;
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
  const key = findKey(options.environment, options.keyFile);
  const surroundings = surroundingsOf(options, key);
  const environment = examineSurroundings(surroundings);
  const blocks = environment.some(({ id, state }) => state === 'fail' && ['key-present', 'key-form', 'base-url'].includes(id));
  const network = blocks || key === null ? skippedNetwork() : await askThrough(options, key.value.trim(), surroundings.baseUrl);
  return [...environment, ...network, ...checklist];
}

async function askThrough({ loaded, spends, environment, compareKeyEnv }: DoctorOptions, key: string, baseUrl: string): Promise<Judged[]> {
  const otherKey = compareKeyEnv === null ? null : (environment[compareKeyEnv]?.trim() ?? '');
  if (otherKey === '') throw new ScenarioError([`--compare-key-env ${compareKeyEnv}: the variable is not set`]);
  const pool = poolExchange(1, true);
  const keys: Readonly<Record<AskedWith, string>> = { own: key, compared: otherKey ?? key };
  const subjects = subjectsOf(loaded?.scenario ?? null);
  const named = new Set(subjects.map(({ model }) => model));
  try {
    return await examineNetwork({
      subjects,
      otherModel: IMAGE_MODELS.find(({ id }) => !named.has(id))?.id ?? subjects[0]!.model,
      hasOtherKey: otherKey !== null,
      spends,
      ask: (question, as) => answerOf(pool.exchange, question, as, keys[as], baseUrl),
    });
  } finally {
    await pool.close();
  }
}

async function answerOf(exchange: Exchange, question: Question, as: AskedWith, apiKey: string, baseUrl: string): Promise<Answer> {
  const sentAtMs = epochNowMs();
  const timeoutMs = question.kind === 'image' ? IMAGE_TIMEOUT_MS : ANSWER_TIMEOUT_MS;
  const { exchanged, failure } = await ask({ kind: 'key', apiKey, baseUrl }, exchange, question, timeoutMs);
  return {
    question,
    with: as,
    status: exchanged?.status ?? null,
    headers: exchanged?.headers ?? {},
    bodyText: withoutSecret(exchanged?.bodyText ?? '', apiKey),
    sentAtMs,
    doneAtMs: epochNowMs(),
    failure: failure === null ? null : redact(withoutSecret(failure, apiKey)),
  };
}

/** The models of the scenario, or the cheapest there is: a first image should cost as little as it can. */
function subjectsOf(scenario: Scenario | null): readonly Subject[] {
  const asked = scenario?.traffic.map(({ request }) => ({ model: request.model, size: request.size })) ?? [];
  const cheapest = IMAGE_MODELS.flatMap((model) =>
    Object.keys(model.imageTokens).map((size) => ({ model: model.id, size: size as Subject['size'] })),
  ).sort((a, b) => priceOf(a) - priceOf(b))[0]!;
  const subjects = (asked.length > 0 ? asked : [cheapest]).sort((a, b) => priceOf(a) - priceOf(b));
  return [...new Map(subjects.toReversed().map((subject) => [subject.model, subject])).values()].toReversed().slice(0, MODELS_MAX);
}

function priceOf({ model, size }: Subject): number {
  return requestSpec(model, size, 0, 0).listMicroUsd;
}

function surroundingsOf({ environment, baseUrl, keyFile }: DoctorOptions, key: ApiKey | null): Surroundings {
  const [google, gemini] = [environment['GOOGLE_API_KEY']?.trim(), environment['GEMINI_API_KEY']?.trim()];
  const secret = key?.value.trim() || null;
  const plain = (text: string): string => (secret === null ? text : withoutSecret(text, secret)).replace(/\/\/[^/@\s]+@/, '//');
  return {
    keyFrom: key?.from ?? null,
    keyForm: key === null ? null : formOf(key.value),
    hasTwoKeys: keyFile === null && Boolean(google && gemini && google !== gemini),
    variables: Object.fromEntries(SDK_VARIABLES.flatMap((name) => (environment[name] ? [[name, plain(environment[name])] as const] : []))),
    baseUrl: baseUrl ?? (environment['GOOGLE_GEMINI_BASE_URL'] || GEMINI_URL),
  };
}
