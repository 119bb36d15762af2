/** `rundry doctor --platform agent` put together: whose credentials there are, where they are asked to lead, and what they open. */
import type { Judged } from '../doctor/check.ts';
import { blocksPlatform, examinePlatform, examinePlatformSurroundings, skippedPlatform } from '../doctor/platform/examine.ts';
import type { IssuedToken, RefusedToken } from '../doctor/platform/session.ts';
import type { Chosen, PlatformSurroundings } from '../doctor/platform/surroundings.ts';
import type { Scenario } from '../model/scenario.ts';
import { poolExchange } from '../targets/pool.ts';
import type { Connection } from '../targets/sdk.ts';
import { answerOf, otherModelOf, subjectsOf } from './doctor-questions.ts';
import { type Credentials, CredentialsError, findCredentials, tokenOf } from './google-credentials.ts';
import { platformConnection, TOKEN_VARIABLE } from './live/agent-platform.ts';
import { platformUrl } from './live/plan.ts';
import { discreetly, environmentSecrets } from './secrets.ts';

export interface PlatformDoctorOptions {
  readonly scenario: Scenario | null;
  readonly spends: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `--project`, `--location`, `--base-url`; null: not given. */
  readonly project: string | null;
  readonly location: string | null;
  readonly baseUrl: string | null;
}

const VARIABLES = [
  'GOOGLE_GENAI_USE_ENTERPRISE',
  'GOOGLE_GENAI_USE_VERTEXAI',
  'GOOGLE_GENAI_API_VERSION',
  'GOOGLE_CLOUD_PROJECT',
  'GCLOUD_PROJECT',
  'GOOGLE_CLOUD_LOCATION',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NODE_USE_ENV_PROXY',
] as const;
/** Where a model is looked for that is not in the location asked: new ones are open in `global` first. */
const OTHER_THAN_GLOBAL = 'us-central1';

export async function platformDoctor(options: PlatformDoctorOptions): Promise<Judged[]> {
  const found = await foundOrMissing(options);
  const surroundings = surroundingsOf(options, found);
  const environment = examinePlatformSurroundings(surroundings);
  if (found instanceof CredentialsError || surroundings.project === null || blocksPlatform(environment))
    return [...environment, ...skippedPlatform()];
  return [...environment, ...(await askThrough(options, found, surroundings.project.value, surroundings.location.value))];
}

async function foundOrMissing({ environment }: PlatformDoctorOptions): Promise<Credentials | CredentialsError> {
  try {
    return await findCredentials(environment, TOKEN_VARIABLE);
  } catch (error) {
    if (error instanceof CredentialsError) return error;
    throw error;
  }
}

async function askThrough(options: PlatformDoctorOptions, credentials: Credentials, project: string, location: string): Promise<Judged[]> {
  const subjects = subjectsOf(options.scenario);
  const otherLocation = location === 'global' ? OTHER_THAN_GLOBAL : 'global';
  const baseUrl = baseUrlOf(options);
  const connections: Readonly<Record<'here' | 'elsewhere', Connection>> = {
    here: platformConnection({ project, location, baseUrl }, credentials),
    elsewhere: platformConnection({ project, location: otherLocation, baseUrl }, credentials),
  };
  const pool = poolExchange(1, true);
  const issued = await tokenFrom(credentials);
  const secrets = [...credentials.secrets, ...issued.secrets, ...environmentSecrets(options.environment)];
  try {
    return await examinePlatform({
      subjects,
      otherModel: otherModelOf(subjects),
      location,
      otherLocation,
      spends: options.spends,
      token: async () => issued.token,
      ask: (question, as) =>
        answerOf(question, { exchange: pool.exchange, connection: connections[as === 'elsewhere' ? as : 'here'], as, secrets }),
    });
  } finally {
    await pool.close();
  }
}

async function tokenFrom(credentials: Credentials): Promise<{ token: IssuedToken | RefusedToken; secrets: readonly string[] }> {
  const startedMs = performance.now();
  try {
    const token = await tokenOf(credentials);
    return { token: { isIssued: true, tookMs: Math.round(performance.now() - startedMs) }, secrets: [token] };
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    const { says, fix } = error;
    return { token: { isIssued: false, says, fix }, secrets: [] };
  }
}

function surroundingsOf(options: PlatformDoctorOptions, found: Credentials | CredentialsError): PlatformSurroundings {
  const { environment } = options;
  const location = chosen(options.location, '--location', environment, 'GOOGLE_CLOUD_LOCATION') ?? { value: 'global', from: 'not set' };
  const isFound = !(found instanceof CredentialsError);
  const plain = discreetly([...environmentSecrets(environment), ...(isFound ? found.secrets : [])]);
  const said = ({ value, from }: Chosen): Chosen => ({ value: plain(value), from });
  const project = chosen(options.project, '--project', environment, 'GOOGLE_CLOUD_PROJECT');
  return {
    credentials: isFound
      ? { isFound, described: found.described, kind: found.kind, project: found.project, quotaProject: found.quotaProject }
      : { isFound, says: plain(found.says), fix: found.fix },
    project: project && said(project),
    location: said(location),
    variables: Object.fromEntries(
      VARIABLES.flatMap((name) => (environment[name]?.trim() ? [[name, plain(environment[name].trim())] as const] : [])),
    ),
    keyFrom: ['GOOGLE_API_KEY', 'GEMINI_API_KEY'].find((name) => environment[name]?.trim()) ?? null,
    hasToken: isFound && found.kind === 'token',
    baseUrl: baseUrlOf(options) ?? platformUrl(location.value),
  };
}

function baseUrlOf({ baseUrl, environment }: PlatformDoctorOptions): string | null {
  return baseUrl ?? (environment['GOOGLE_VERTEX_BASE_URL']?.trim() || null);
}

function chosen(option: string | null, name: string, environment: PlatformDoctorOptions['environment'], variable: string): Chosen | null {
  if (option !== null) return { value: option.trim(), from: name };
  const value = environment[variable]?.trim();
  return value ? { value, from: variable } : null;
}
