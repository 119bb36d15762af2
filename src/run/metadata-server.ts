/**
 * The metadata server of a machine at Google: who the machine is, and tokens for its service account. Each question is bounded,
 * since elsewhere its address leads nowhere and an unbounded question hangs.
 * Source: cloud.google.com/compute/docs/metadata; gcp-metadata 8.1, read 2026-11.
 */
import { OAuth2Client, type OAuth2ClientOptions } from 'google-auth-library';
import { epochNowMs, SECOND_MS } from '../model/time.ts';

/** Where there is one it answers within milliseconds. The library's own bound, there without the retries. */
export const METADATA_PROBE_MS = 3 * SECOND_MS;
const TOKEN_TIMEOUT_MS = 10 * SECOND_MS;
const ADDRESS = '169.254.169.254';
const FLAVOUR = { 'Metadata-Flavor': 'Google' } as const;

/** Host, and perhaps port; null: METADATA_SERVER_DETECTION says that there is none. */
export function metadataHost(environment: Readonly<Record<string, string | undefined>>): string | null {
  if (environment['METADATA_SERVER_DETECTION']?.trim().toLowerCase() === 'none') return null;
  const named = environment['GCE_METADATA_IP'] || environment['GCE_METADATA_HOST'] || ADDRESS;
  return named.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

/** The project that the machine belongs to; null: nobody answers there as a metadata server does. Never throws. */
export async function metadataProject(host: string): Promise<string | null> {
  try {
    const response = await asked(host, 'project/project-id', METADATA_PROBE_MS);
    const text = (await response.text()).trim();
    return response.ok && response.headers.get('metadata-flavor') === 'Google' && text !== '' ? text : null;
  } catch {
    return null; // nobody, or nobody in time: the caller says so
  }
}

/** Asks for a token when there is none, or the last one is about to expire. */
export function metadataClient(host: string, scope: string, options: OAuth2ClientOptions): OAuth2Client {
  const client = new OAuth2Client(options);
  client.refreshHandler = async () => {
    const response = await asked(host, `instance/service-accounts/default/token?scopes=${encodeURIComponent(scope)}`, TOKEN_TIMEOUT_MS);
    if (!response.ok) throw Object.assign(new Error('refused'), { response: { status: response.status }, config: { url: response.url } });
    const { access_token, expires_in } = (await response.json()) as { access_token?: unknown; expires_in?: unknown };
    if (typeof access_token !== 'string' || access_token === '') throw new Error('its answer holds no token');
    return { access_token, expiry_date: epochNowMs() + (Number(expires_in) || 0) * SECOND_MS };
  };
  return client;
}

function asked(host: string, path: string, timeoutMs: number): Promise<Response> {
  return fetch(`http://${host}/computeMetadata/v1/${path}`, {
    headers: FLAVOUR,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
}
