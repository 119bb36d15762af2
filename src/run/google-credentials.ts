/**
 * Application Default Credentials: where they are, whether they are whole, and a token from them, each within a bounded time.
 *
 * The places and their order are those of google-auth-library 10: GOOGLE_APPLICATION_CREDENTIALS, the file that gcloud writes, the
 * metadata server. The file is read here, because the library asks gcloud and the metadata server for a project as well, for
 * up to half a minute; and since it ignores `token_uri`, which the libraries of other languages obey.
 */
import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuthClient, GoogleAuth, JWT, OAuth2Client, type OAuth2ClientOptions, UserRefreshClient } from 'google-auth-library';
import { SetupError } from '../model/errors.ts';
import { epochNowMs, HOUR_MS, SECOND_MS } from '../model/time.ts';
import { redact } from '../wire/redact.ts';
import { METADATA_PROBE_MS, metadataClient, metadataHost, metadataProject } from './metadata-server.ts';
import { withoutSecrets } from './secrets.ts';

export type CredentialKind =
  | 'token'
  | 'service_account'
  | 'authorized_user'
  | 'impersonated_service_account'
  | 'external_account'
  | 'external_account_authorized_user'
  | 'metadata';

export interface Credentials {
  readonly kind: CredentialKind;
  /** For people: `the service account key in key.json (GOOGLE_APPLICATION_CREDENTIALS)`. */
  readonly described: string;
  /** The project they were made in; null: they do not say. */
  readonly project: string | null;
  /** Sent as x-goog-user-project; null: the header is not sent. */
  readonly quotaProject: string | null;
  readonly client: AuthClient;
  /** Private key, refresh token, client secret, handed-over token: what no text may hold. */
  readonly secrets: readonly string[];
}

/** Credentials that are missing, broken, or refused: exit 3. */
export class CredentialsError extends SetupError {
  /** What was found, without a full stop. */
  readonly says: string;
  /** What to do about it. */
  readonly fix: string;
  constructor(says: string, fix: string, options?: ErrorOptions) {
    super(`${says}; ${fix}`, options);
    this.says = says;
    this.fix = fix;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;
type Json = Readonly<Record<string, unknown>>;

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const LOGIN = 'run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to the JSON of a service account';
const DESCRIPTIONS: Readonly<Record<CredentialKind, string>> = {
  token: 'the token',
  service_account: 'the service account key',
  authorized_user: 'the gcloud login',
  impersonated_service_account: 'the impersonated service account',
  external_account: 'the workload identity',
  external_account_authorized_user: 'the workforce identity',
  metadata: "this machine's service account",
};
/** Without these a file of that type is not whole. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  service_account: ['client_email', 'private_key'],
  authorized_user: ['client_id', 'client_secret', 'refresh_token'],
  impersonated_service_account: ['service_account_impersonation_url', 'source_credentials'],
  external_account: ['audience', 'subject_token_type', 'token_url', 'credential_source'],
  external_account_authorized_user: ['audience', 'client_id', 'client_secret', 'refresh_token', 'token_url'],
};
/** The library tries once more where nobody answered; twice this and a second is what a token can take at most. */
const TOKEN_TIMEOUT_MS = 10 * SECOND_MS;
const TOKEN_TOTAL_MS = 25 * SECOND_MS;

/**
 * @param tokenVariable names a variable that holds a token, which beats everything else where it is set; null: no such variable
 * @throws CredentialsError when there are none, or they are not whole
 */
export async function findCredentials(environment: Environment, tokenVariable: string | null): Promise<Credentials> {
  const token = tokenVariable === null ? '' : (environment[tokenVariable]?.trim() ?? '');
  const quotaProject = environment['GOOGLE_CLOUD_QUOTA_PROJECT']?.trim() || null;
  if (token !== '') return handedOver(token, tokenVariable!, quotaProject); // a token was found in it
  const file = credentialsFile(environment);
  if (file !== null) return ofFile(file.path, file.from, quotaProject);
  return await ofMachine(environment, quotaProject);
}

/**
 * A token that is good now, at once or after one question to whoever issues it.
 * @throws CredentialsError when it is refused, or nobody answers within 25 s
 */
export async function tokenOf({ client, described, secrets, kind }: Credentials): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TOKEN_TOTAL_MS / SECOND_MS} s`)), TOKEN_TOTAL_MS);
  });
  try {
    const { token } = await Promise.race([client.getAccessToken(), deadline]);
    if (token) return token;
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    const { says, fix } = refusal(error, kind);
    throw new CredentialsError(`no token for ${described}: ${redact(withoutSecrets(says, secrets))}`, fix); // a cause would hold the request
  } finally {
    clearTimeout(timer);
  }
  throw new CredentialsError(`no token for ${described}: the answer holds none`, LOGIN);
}

function handedOver(token: string, variable: string, quotaProject: string | null): Credentials {
  if (/^(?:AIza|AQ\.)/.test(token)) throw new CredentialsError(`${variable} holds an API key, not an OAuth token`, tokenFix(variable));
  if (!/^[\x21-\x7e]{8,}$/.test(token))
    throw new CredentialsError(`${variable} does not hold a token: expected one word of printable characters`, tokenFix(variable));
  const client = new OAuth2Client(OPTIONS);
  client.setCredentials({ access_token: token, expiry_date: epochNowMs() + HOUR_MS });
  return { ...charged(client, quotaProject), kind: 'token', described: `the token in ${variable}`, project: null, secrets: [token] };
}

function tokenFix(variable: string): string {
  return `export ${variable}="$(gcloud auth print-access-token)", or unset it`;
}

function credentialsFile(environment: Environment): { readonly path: string; readonly from: string | null } | null {
  const named = environment['GOOGLE_APPLICATION_CREDENTIALS'] || environment['google_application_credentials'];
  if (named) return { path: named, from: 'GOOGLE_APPLICATION_CREDENTIALS' };
  const base = process.platform === 'win32' ? environment['APPDATA'] : environment['HOME'] && join(environment['HOME'], '.config');
  const folder = environment['CLOUDSDK_CONFIG'] || (base && join(base, 'gcloud'));
  const path = folder && join(folder, 'application_default_credentials.json');
  return path && existsSync(path) ? { path, from: null } : null;
}

async function ofFile(path: string, from: string | null, quotaProject: string | null): Promise<Credentials> {
  const where = from === null ? path : `${path} (${from})`;
  const json = contentOf(path, where);
  const kind = kindOf(json, where);
  const own = text(json['quota_project_id']);
  return {
    ...charged(await clientOf(kind, json, where), quotaProject ?? own),
    kind,
    described: `${DESCRIPTIONS[kind]} in ${where}`,
    project: text(json['project_id']),
    secrets: secretsIn(json),
  };
}

function contentOf(path: string, where: string): Json {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CredentialsError(`no Application Default Credentials: ${where} cannot be read`, LOGIN, { cause });
  }
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // What the parser says quotes the file, and there are secrets in it.
  }
  throw new CredentialsError(`the credentials in ${where} are no JSON object`, LOGIN);
}

function kindOf(json: Json, where: string): Exclude<CredentialKind, 'token' | 'metadata'> {
  const type = json['type'];
  const fields = typeof type === 'string' && Object.hasOwn(FIELDS, type) ? FIELDS[type]! : null;
  if (fields === null) {
    const isOAuthClient = 'installed' in json || 'web' in json;
    const found = isOAuthClient ? 'the secret of an OAuth client, no credentials' : `of no type that is known here (${known()})`;
    throw new CredentialsError(`${where} is ${found}`, LOGIN);
  }
  const missing = fields.filter((name) => !json[name]);
  if (missing.length > 0)
    throw new CredentialsError(`the credentials in ${where} are not whole: ${type} without ${missing.join(' and ')}`, remake(String(type)));
  return type as Exclude<CredentialKind, 'token' | 'metadata'>; // one of the names above
}

const known = (): string => Object.keys(FIELDS).join(', ');

function remake(type: string): string {
  return type === 'service_account' ? 'make a new key of the service account and keep its JSON as it comes' : LOGIN;
}

/** `useAuthRequestParameters`: without it the library logs tokens where GOOGLE_SDK_NODE_LOGGING is set. */
const OPTIONS = {
  useAuthRequestParameters: false,
  transporterOptions: { timeout: TOKEN_TIMEOUT_MS, retryConfig: { noResponseRetries: 1, retry: 1 } },
} as const satisfies OAuth2ClientOptions;

async function clientOf(kind: CredentialKind, json: Json, where: string): Promise<AuthClient> {
  const tokenUrl = tokenUrlOf(json, where);
  switch (kind) {
    case 'authorized_user': {
      const client = new UserRefreshClient({ ...OPTIONS, ...(tokenUrl === null ? {} : { endpoints: { oauth2TokenUrl: tokenUrl } }) });
      client.fromJSON(json);
      return client;
    }
    case 'service_account':
      return serviceAccount(json, tokenUrl, where);
    default:
      return await new GoogleAuth({ credentials: json, scopes: [SCOPE], clientOptions: OPTIONS }).getClient();
  }
}

function serviceAccount(json: Json, tokenUrl: string | null, where: string): JWT {
  try {
    createPrivateKey(String(json['private_key']));
  } catch {
    const why = 'its private_key is no PEM key, as when line breaks were lost on the way';
    throw new CredentialsError(`the credentials in ${where} are not whole: ${why}`, remake('service_account'));
  }
  const client = new JWT({ ...OPTIONS, scopes: [SCOPE], ...(tokenUrl === null ? {} : { additionalClaims: { aud: tokenUrl } }) });
  client.fromJSON({ ...json, client_email: String(json['client_email']), private_key: String(json['private_key']) });
  if (tokenUrl !== null)
    client.transporter.interceptors.request.add({
      resolved: async (config) => {
        if (config.url.hostname === 'oauth2.googleapis.com') config.url = new URL(tokenUrl);
        return config;
      },
    });
  return client;
}

/** null: Google's own. A refresh token leaves this machine by TLS only. */
function tokenUrlOf(json: Json, where: string): string | null {
  const given = text(json['token_uri']);
  if (given === null) return null;
  const url = URL.canParse(given) ? new URL(given) : null;
  const isLocal = url !== null && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal))) return url.href;
  throw new CredentialsError(
    `the credentials in ${where} name a token_uri that is not https`,
    'take it out, or write https://oauth2.googleapis.com/token',
  );
}

async function ofMachine(environment: Environment, quotaProject: string | null): Promise<Credentials> {
  const host = metadataHost(environment);
  const project = host === null ? null : await metadataProject(host);
  if (host === null || project === null) {
    const asked =
      host === null ? 'METADATA_SERVER_DETECTION=none' : `no metadata server at ${host} within ${METADATA_PROBE_MS / SECOND_MS} s`;
    throw new CredentialsError(
      `no Application Default Credentials: GOOGLE_APPLICATION_CREDENTIALS is not set, gcloud has left no file, ${asked}`,
      LOGIN,
    );
  }
  const client = metadataClient(host, SCOPE, OPTIONS);
  return { ...charged(client, quotaProject), kind: 'metadata', described: `${DESCRIPTIONS.metadata} (${host})`, project, secrets: [] };
}

function charged(client: AuthClient, quotaProject: string | null): Pick<Credentials, 'client' | 'quotaProject'> {
  if (quotaProject !== null) client.quotaProjectId = quotaProject;
  const signed = client.getRequestHeaders.bind(client);
  client.getRequestHeaders = async (url) => {
    const headers = await signed(url).catch(() => null);
    // The library signs with "undefined" where an answer held no token.
    if (headers !== null && !/^Bearer\s*(?:undefined|null)?$/.test(headers.get('authorization') ?? 'Bearer ')) return headers;
    // In the midst of a run that is an answer that did not come; the library's own error would hold the refresh token.
    throw Object.assign(new Error('no token'), { code: 'NO_TOKEN' });
  };
  return { client, quotaProject };
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

const SECRET_FIELDS = new Set(['private_key', 'refresh_token', 'client_secret', 'subject_token', 'access_token']);

function secretsIn(json: Json): string[] {
  return Object.entries(json).flatMap(([name, value]) => {
    if (typeof value === 'object' && value !== null) return secretsIn(value as Json);
    return SECRET_FIELDS.has(name) && typeof value === 'string' ? [value] : [];
  });
}

interface Refused {
  readonly code?: string | number;
  readonly status?: number;
  readonly response?: { readonly status?: number; readonly data?: unknown };
  readonly config?: { readonly url?: URL | string };
}

/** What the issuer of tokens said, and what cures it. Errors of OAuth: RFC 6749, 5.2; descriptions as Google words them, 2026. */
function refusal(error: unknown, kind: CredentialKind): { says: string; fix: string } {
  const { response, code, config } = (error ?? {}) as Refused;
  const where = config?.url && URL.canParse(String(config.url)) ? new URL(String(config.url)).host : 'the token endpoint';
  if (response?.status === undefined) {
    const why = typeof code === 'string' ? code : error instanceof Error ? error.message : 'no answer';
    return { says: `${where} did not answer (${why})`, fix: 'check network, DNS and proxy, and that the endpoint is the right one' };
  }
  const { error: name, error_description: description, error_subtype: subtype } = (response.data ?? {}) as Json;
  const said = [name, subtype, description].filter((part) => typeof part === 'string').join(', ');
  return { says: `${where} answered ${response.status}${said === '' ? '' : ` (${said})`}`, fix: remedy(said, response.status, kind) };
}

function remedy(said: string, status: number, kind: CredentialKind): string {
  if (/\biat\b|\bexp\b|short-lived|timeframe/i.test(said))
    return "set this machine's clock: what it signs is refused as too early or too late";
  if (/invalid_rapt|reauth/i.test(said)) return 'your organisation wants a new login: gcloud auth application-default login';
  if (/signature/i.test(said)) return 'the key was deleted, or belongs to another account: make a new one';
  if (/account not found|deleted|disabled/i.test(said)) return 'the account is gone or disabled: use another one';
  if (/invalid_scope|access_denied|unauthorized/i.test(said))
    return 'the account may not have the scope cloud-platform: let an administrator grant it';
  if (status >= 500) return 'the endpoint is failing: try again in a minute';
  if (kind === 'metadata') return 'attach a service account with the scope cloud-platform to this machine';
  if (kind === 'authorized_user') return 'the login has expired or was revoked: gcloud auth application-default login';
  return 'make new credentials: these are refused';
}
