/** Who asks on the Agent Platform: Application Default Credentials, or a token that was handed over. */
import type { Connection } from '../../targets/sdk.ts';
import { type Credentials, findCredentials, tokenOf } from '../google-credentials.ts';

export interface AgentPlatformOptions {
  readonly project: string;
  readonly location: string;
  readonly baseUrl: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** As gcloud takes it: a token that beats Application Default Credentials. */
export const TOKEN_VARIABLE = 'CLOUDSDK_AUTH_ACCESS_TOKEN';

/**
 * A token is asked for at once: credentials that are refused should say so before anybody is asked to confirm a run.
 * @throws CredentialsError (exit 3) when there are no credentials, they are not whole, or they are refused
 */
export async function agentPlatform(options: AgentPlatformOptions): Promise<{ connection: Connection; identity: string }> {
  const { project, location, environment } = options;
  const credentials = await findCredentials(environment, TOKEN_VARIABLE);
  await tokenOf(credentials);
  return {
    connection: platformConnection(options, credentials),
    identity: `project ${project} in ${location}, ${credentials.described}${ofOther(credentials, project)}`,
  };
}

export function platformConnection(
  { project, location, baseUrl }: Omit<AgentPlatformOptions, 'environment'>,
  { client }: Credentials,
): Connection {
  return { kind: 'platform', project, location, baseUrl, authClient: client };
}

/** Credentials of one project may call in another, if a role there says so. */
function ofOther({ project: own }: Credentials, project: string): string {
  return own === null || own === project ? '' : `, made in another project (${own})`;
}
