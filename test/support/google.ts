/** Google's side of Application Default Credentials on this machine: who issues tokens, the metadata server, and the files. */
import { createVerify, generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Answering, answering, json, type Seen } from './live.ts';

export const PROJECT = 'project-of-test';
export const ACCESS_TOKEN = 'issued-Access.token_of=a/test';
export const REFRESH_TOKEN = '1//0refresh-token-of-a-test_9xQ';
export const CLIENT_SECRET = 'GOCSPX-client-secret-of-a-test';
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
export const PRIVATE_KEY: string = privateKey;

/** Everything that no output may hold, whole or in part. */
export const SECRETS = [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET, ...privateKey.split('\n').filter((line) => line.length === 64)];

/** Issues tokens to whoever proves to be who the files below say, and plays the metadata server. `refuse` answers in its place. */
export function issuer(refuse: (seen: Seen, response: ServerResponse) => boolean = () => false): Promise<Answering> {
  return answering((seen, _nth, response) => {
    if (refuse(seen, response)) return;
    const token = JSON.stringify({ access_token: ACCESS_TOKEN, expires_in: 3599, token_type: 'Bearer' });
    if (seen.url === '/token') json(response, isProven(seen) ? 200 : 400, isProven(seen) ? token : '{"error":"invalid_grant"}');
    else if (seen.url === '/computeMetadata/v1/project/project-id') metadata(response, seen, PROJECT);
    else if (seen.url.startsWith('/computeMetadata/v1/instance/service-accounts/default/token?')) metadata(response, seen, token);
    else json(response, 404, '{}');
  });
}

function isProven({ url, body, headers }: Seen): boolean {
  const form = new URLSearchParams(body);
  if (form.get('grant_type') === 'refresh_token')
    return form.get('refresh_token') === REFRESH_TOKEN && form.get('client_secret') === CLIENT_SECRET;
  const [head, claims, signature] = (form.get('assertion') ?? '').split('.');
  const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
  const { aud, scope } = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString() || '{}') as { aud?: string; scope?: string };
  return (
    verify.verify(publicKey, signature ?? '', 'base64url') &&
    aud === `http://${headers.host}${url}` &&
    scope === 'https://www.googleapis.com/auth/cloud-platform'
  );
}

function metadata(response: ServerResponse, { headers }: Seen, text: string): void {
  if (headers['metadata-flavor'] !== 'Google') json(response, 403, '{}');
  else {
    response.writeHead(200, { 'content-type': 'application/text', 'metadata-flavor': 'Google' });
    response.end(text);
  }
}

export function serviceAccountFile(tokenUrl: string, changes: object = {}): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: PROJECT,
    private_key_id: 'abc',
    private_key: privateKey,
    client_email: `rundry@${PROJECT}.iam.gserviceaccount.com`,
    client_id: '1',
    token_uri: `${tokenUrl}/token`,
    ...changes,
  });
}

/** As `gcloud auth application-default login` writes it, and where tokens are to be had. */
export function loginFile(tokenUrl: string, changes: object = {}): string {
  return JSON.stringify({
    type: 'authorized_user',
    account: '',
    client_id: 'id.apps.googleusercontent.com',
    client_secret: CLIENT_SECRET,
    refresh_token: REFRESH_TOKEN,
    quota_project_id: PROJECT,
    universe_domain: 'googleapis.com',
    token_uri: `${tokenUrl}/token`,
    ...changes,
  });
}
