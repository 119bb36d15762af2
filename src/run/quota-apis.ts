/** The Google APIs that list a project's quotas. Both want OAuth: an API key is refused. They list, and change nothing. */
import { InputError, SetupError } from '../model/errors.ts';
import { poolExchange } from '../targets/pool.ts';
import type { Exchange } from '../targets/sdk.ts';
import { redact } from '../wire/redact.ts';
import { withoutSecret } from './secrets.ts';

export const QUOTA_APIS = ['cloud-quotas', 'service-usage'] as const;
export type QuotaApi = (typeof QUOTA_APIS)[number];

const HOSTS: Readonly<Record<QuotaApi, string>> = {
  'cloud-quotas': 'https://cloudquotas.googleapis.com',
  'service-usage': 'https://serviceusage.googleapis.com',
};
const TIMEOUT_MS = 30_000;
const PAGES_MAX = 200;

export interface ListOptions {
  readonly api: QuotaApi;
  readonly project: string;
  /** `generativelanguage.googleapis.com` */
  readonly service: string;
  readonly token: string;
  /** Another place that answers in the same words (Google's own). */
  readonly baseUrl?: string;
}

/**
 * Every page of the listing, as one list of its rows.
 * @throws SetupError (exit 3) when the API cannot be reached or refuses, saying what to do
 * @throws InputError (exit 4) when what answers is no such API
 */
export async function listQuotas({ api, project, service, token, baseUrl }: ListOptions): Promise<unknown[]> {
  const base = safeBase(baseUrl ?? HOSTS[api]);
  const path =
    api === 'cloud-quotas'
      ? `/v1/projects/${encodeURIComponent(project)}/locations/global/services/${encodeURIComponent(service)}/quotaInfos`
      : `/v1beta1/projects/${encodeURIComponent(project)}/services/${encodeURIComponent(service)}/consumerQuotaMetrics`;
  const pool = poolExchange(1, true);
  try {
    return await everyPage(api, base + path, (url) => answered(pool.exchange, url, token, project));
  } finally {
    await pool.close();
  }
}

type Page = Readonly<Record<string, unknown>>;

async function everyPage(api: QuotaApi, listing: string, pageOf: (url: string) => Promise<Page>): Promise<unknown[]> {
  const rows: unknown[] = [];
  let pageToken = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = new URLSearchParams({ pageSize: '1000', ...(pageToken === '' ? {} : { pageToken }) });
    const answer = await pageOf(`${listing}?${query}`);
    const found = answer[api === 'cloud-quotas' ? 'quotaInfos' : 'metrics'];
    if (found !== undefined && !Array.isArray(found)) throw new InputError(`${listing}: this is no quota listing`);
    rows.push(...((found as unknown[] | undefined) ?? []));
    pageToken = typeof answer['nextPageToken'] === 'string' ? answer['nextPageToken'] : '';
    if (pageToken === '') return rows;
  }
  throw new InputError(`${listing}: more than ${PAGES_MAX} pages`);
}

/** A token leaves this machine by TLS only. */
function safeBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLocal = url !== null && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url !== null && (url.username !== '' || url.password !== '' || url.search !== ''))
    throw new SetupError('--base-url: expected an address without name, password or query');
  if (url === null || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)))
    throw new SetupError('--base-url: expected https, or http on this machine: a token is sent there');
  return text.replace(/\/+$/, '');
}

/** A redirection is an answer like others: the token follows none. */
async function answered(exchange: Exchange, url: string, token: string, project: string): Promise<Page> {
  const where = new URL(url).origin;
  let status: number;
  let text: string;
  try {
    const answer = await exchange(url, {
      headers: { authorization: `Bearer ${token}`, 'x-goog-user-project': project, accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = answer.status;
    text = answer.bodyText;
  } catch (cause) {
    throw new SetupError(`cannot reach ${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const body = parsed(text);
  if (status === 200 && body !== null) return body;
  throw new SetupError(refusalText(where, status, body, token));
}

function parsed(text: string): Page | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null; // the caller says what came instead
  }
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'the token is not accepted: an API key is none, and tokens last an hour (gcloud auth print-access-token)',
  403: 'the account may not list quotas, or the API is not enabled in the project: it needs roles/servicemanagement.quotaViewer',
  404: 'there is no such project or service',
};

/** What the API said, without the token should it repeat it. */
function refusalText(where: string, status: number, body: Page | null, token: string): string {
  const { message } = (body?.['error'] ?? {}) as { message?: unknown };
  const said = typeof message === 'string' ? `: ${redact(withoutSecret(message, token))}` : '';
  const remedy = REMEDIES[status];
  return `${where} answered ${status}${remedy === undefined ? '' : ` (${remedy})`}${said}`;
}

/**
 * @param variable holds a token; null: Application Default Credentials, as gcloud, a service account or the machine has them
 * @throws CredentialsError (exit 3) when there is none, or it is refused
 */
export async function oauthToken(environment: Readonly<Record<string, string | undefined>>, variable: string | null): Promise<string> {
  if (variable !== null && !environment[variable]?.trim())
    throw new SetupError(`${variable} is not set; put a token there: export ${variable}="$(gcloud auth print-access-token)"`);
  const { findCredentials, tokenOf } = await import('./google-credentials.ts');
  return await tokenOf(await findCredentials(environment, variable));
}
