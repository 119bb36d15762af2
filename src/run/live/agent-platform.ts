/** Who asks on the Agent Platform: Application Default Credentials, or a token that was handed over. */
import { GoogleAuth, OAuth2Client } from 'google-auth-library';
import { SetupError } from '../../model/errors.ts';
import { epochNowMs, HOUR_MS } from '../../model/time.ts';
import type { Connection } from '../../targets/sdk.ts';

export interface AgentPlatformOptions {
  readonly project: string;
  readonly location: string;
  readonly baseUrl: string | null;
  /** As gcloud takes it in CLOUDSDK_AUTH_ACCESS_TOKEN; null: Application Default Credentials. */
  readonly accessToken: string | null;
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** @throws SetupError when there are no credentials */
export async function agentPlatform(options: AgentPlatformOptions): Promise<{ connection: Connection; identity: string }> {
  const { project, location, baseUrl, accessToken } = options;
  const authClient = accessToken === null ? await applicationDefault() : handedOver(accessToken);
  return {
    connection: { kind: 'platform', project, location, baseUrl, authClient },
    identity: `project ${project} in ${location}, ${accessToken === null ? 'Application Default Credentials' : 'the token in CLOUDSDK_AUTH_ACCESS_TOKEN'}`,
  };
}

async function applicationDefault() {
  try {
    return await new GoogleAuth({ scopes: [SCOPE] }).getClient();
  } catch (cause) {
    throw new SetupError(
      'no Application Default Credentials: run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS',
      { cause },
    );
  }
}

function handedOver(accessToken: string): OAuth2Client {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: accessToken, expiry_date: epochNowMs() + HOUR_MS });
  return client;
}
