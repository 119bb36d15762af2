/** Application Default Credentials of each kind, whole and broken, against an issuer of tokens on this machine. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SetupError } from '../../src/model/errors.ts';
import { findCredentials, tokenOf } from '../../src/run/google-credentials.ts';
import { emptyFolder } from '../cli/rundry.ts';
import {
  ACCESS_TOKEN,
  CLIENT_SECRET,
  issuer,
  loginFile,
  PRIVATE_KEY,
  PROJECT,
  REFRESH_TOKEN,
  SECRETS,
  serviceAccountFile,
} from '../support/google.ts';
import { type Answering, json } from '../support/live.ts';

type Environment = Readonly<Record<string, string | undefined>>;
/** Nothing of this machine's own. */
const BARE: Environment = { HOME: emptyFolder(), METADATA_SERVER_DETECTION: 'none' };
const servers: { close(): unknown }[] = [];
afterAll(() => Promise.all(servers.map((one) => one.close())));

async function started(...refuse: Parameters<typeof issuer>): Promise<Answering> {
  const one = await issuer(...refuse);
  servers.push(one);
  return one;
}

function named(content: string): Environment {
  const path = join(emptyFolder(), 'credentials.json');
  writeFileSync(path, content);
  return { ...BARE, GOOGLE_APPLICATION_CREDENTIALS: path };
}

async function token(environment: Environment, variable: string | null = null): Promise<string> {
  return await tokenOf(await findCredentials(environment, variable));
}

async function refusal(environment: Environment, variable: string | null = null): Promise<string> {
  const error: unknown = await token(environment, variable).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SetupError);
  const { message, stack, cause } = error as SetupError;
  for (const secret of SECRETS) expect(`${message}${stack}${JSON.stringify(cause ?? null)}`).not.toContain(secret);
  expect(message).not.toMatch(/\n/);
  return message;
}

describe('a token comes from', () => {
  test('the key of a service account, signed for the endpoint that its file names', async () => {
    const { url, seen } = await started();
    const environment = named(serviceAccountFile(url));
    const found = await findCredentials(environment, null);
    expect(found).toMatchObject({ kind: 'service_account', project: PROJECT, quotaProject: null });
    expect(await tokenOf(found)).toBe(ACCESS_TOKEN);
    expect(await tokenOf(found)).toBe(ACCESS_TOKEN);
    expect(seen).toHaveLength(1);
  });

  test('the file that gcloud writes, named or where it lies, with the project that pays', async () => {
    const { url } = await started();
    expect(await token(named(loginFile(url)))).toBe(ACCESS_TOKEN);
    const home = emptyFolder();
    mkdirSync(join(home, '.config/gcloud'), { recursive: true });
    writeFileSync(join(home, '.config/gcloud/application_default_credentials.json'), loginFile(url));
    for (const environment of [
      { ...BARE, HOME: home },
      { ...BARE, CLOUDSDK_CONFIG: join(home, '.config/gcloud') },
    ]) {
      const found = await findCredentials(environment, null);
      expect(found).toMatchObject({ kind: 'authorized_user', quotaProject: PROJECT, project: null });
      expect((await found.client.getRequestHeaders()).get('x-goog-user-project')).toBe(PROJECT);
      expect(await tokenOf(found)).toBe(ACCESS_TOKEN);
    }
    const overridden = await findCredentials({ ...BARE, HOME: home, GOOGLE_CLOUD_QUOTA_PROJECT: 'who-pays' }, null);
    expect((await overridden.client.getRequestHeaders()).get('x-goog-user-project')).toBe('who-pays');
  });

  test('the metadata server, which also says which project it is', async () => {
    const { url, seen } = await started();
    const environment = { HOME: BARE['HOME'], GCE_METADATA_HOST: url.replace('http://', '') };
    const found = await findCredentials(environment, null);
    expect(found).toMatchObject({ kind: 'metadata', project: PROJECT });
    expect(await tokenOf(found)).toBe(ACCESS_TOKEN);
    expect((await found.client.getRequestHeaders()).get('authorization')).toBe(`Bearer ${ACCESS_TOKEN}`);
    expect(seen).toHaveLength(2);
  });

  test('a variable, which beats a file', async () => {
    const { url, seen } = await started();
    const environment = { ...named(serviceAccountFile(url)), TOKEN: ' ya29.handed-over\n' };
    expect(await token(environment, 'TOKEN')).toBe('ya29.handed-over');
    expect(await token({ ...environment, TOKEN: '' }, 'TOKEN')).toBe(ACCESS_TOKEN);
    expect(seen).toHaveLength(1);
  });

  test('the machine again, once the last one is about to expire', async () => {
    let nth = 0;
    const { url } = await started((seen, response) => {
      if (!seen.url.includes('/token?')) return false;
      nth += 1;
      response.writeHead(200, { 'metadata-flavor': 'Google', 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: `token-number-${nth}`, expires_in: nth === 1 ? 1 : 3600 }));
      return true;
    });
    const found = await findCredentials({ GCE_METADATA_HOST: url }, null);
    for (const said of ['token-number-1', 'token-number-2', 'token-number-2']) expect(await tokenOf(found)).toBe(said);
  });
});

test.each([400, 200])(
  'a token that is not to be had in the midst of a run (%i) is an answer that did not come, and holds no secret',
  async (status) => {
    let isOver = false;
    const { url } = await started((seen, response) => {
      if (seen.url !== '/token' || !isOver) return false;
      json(response, status, JSON.stringify({ error: REFRESH_TOKEN }));
      return true;
    });
    for (const file of [loginFile, serviceAccountFile]) {
      isOver = false;
      const found = await findCredentials(named(file(url)), null);
      await tokenOf(found);
      isOver = true;
      (found.client.credentials as { expiry_date?: number }).expiry_date = 1;
      const error: unknown = await found.client.getRequestHeaders().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: 'no token', code: 'NO_TOKEN' });
      expect(Object.keys(error as Error)).toEqual(['code']);
    }
  },
);

describe('broken credentials are said to be', () => {
  const NOWHERE = 'http://127.0.0.1:9';
  test.each<[what: string, environment: () => Environment, says: RegExp]>([
    ['missing', () => BARE, /^no Application Default Credentials: .*METADATA_SERVER_DETECTION=none; run gcloud auth/],
    [
      'a file that is gone',
      () => ({ ...BARE, GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/x.json' }),
      /^no Application Default Credentials: \/nowhere\/x\.json \(GOOGLE_APPLICATION_CREDENTIALS\) cannot be read; /,
    ],
    ['a folder', () => ({ ...BARE, GOOGLE_APPLICATION_CREDENTIALS: '/' }), /cannot be read/],
    ['cut short', () => named(serviceAccountFile(NOWHERE).slice(0, -9)), /are no JSON object; /],
    ['only the key itself', () => named(PRIVATE_KEY), /are no JSON object; /],
    ['a list', () => named(`[${loginFile(NOWHERE)}]`), /are no JSON object; /],
    [
      "an OAuth client's file",
      () => named(JSON.stringify({ installed: { client_secret: CLIENT_SECRET } })),
      /the secret of an OAuth client/,
    ],
    ['of an unknown type', () => named(loginFile(NOWHERE, { type: 'toString' })), /of no type that is known here \(service_account, /],
    [
      'a login without its parts',
      () => named(loginFile(NOWHERE, { refresh_token: '', client_id: undefined })),
      /not whole: authorized_user without client_id and refresh_token; run gcloud/,
    ],
    [
      'a key without line breaks',
      () => named(serviceAccountFile(NOWHERE, { private_key: PRIVATE_KEY.replaceAll('\n', '') })),
      /its private_key is no PEM key.*; make a new key of the service account/,
    ],
    [
      'a refresh token that would travel unencrypted',
      () => named(loginFile('http://token.example')),
      /name a token_uri that is not https; /,
    ],
  ])('%s', async (_, environment, says) => {
    expect(await refusal(environment())).toMatch(says);
  });

  test('a variable with an API key in it, or with something else that is no token', async () => {
    const key = `AIza${'x'.repeat(35)}`;
    const said = await refusal({ ...BARE, TOKEN: key }, 'TOKEN');
    expect(said).toMatch(/^TOKEN holds an API key, not an OAuth token; export TOKEN=/);
    expect(said).not.toContain(key);
    expect(await refusal({ ...BARE, TOKEN: 'two words' }, 'TOKEN')).toMatch(/does not hold a token/);
  });
});

describe('a token that is refused says why, and what cures it', () => {
  test.each<[file: (url: string) => string, status: number, body: object, says: RegExp]>([
    [
      loginFile,
      400,
      { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      /^no token for the gcloud login in .*: .* answered 400 \(invalid_grant, Token has been expired or revoked\.\); the login has expired/,
    ],
    [
      loginFile,
      400,
      { error: 'invalid_grant', error_subtype: 'invalid_rapt', error_description: 'reauth related error' },
      /wants a new login/,
    ],
    [loginFile, 401, { error: 'invalid_client', error_description: `secret ${CLIENT_SECRET}` }, /invalid_client, secret <key>/],
    [serviceAccountFile, 400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, /the key was deleted, or belongs/],
    [
      serviceAccountFile,
      400,
      { error: 'invalid_grant', error_description: 'Invalid JWT: Token must be a short-lived token. Check your iat and exp values.' },
      /set this machine's clock/,
    ],
    [serviceAccountFile, 400, { error: 'invalid_grant', error_description: 'Invalid grant: account not found' }, /gone or disabled/],
    [loginFile, 400, { error: REFRESH_TOKEN, error_description: REFRESH_TOKEN }, /<key>/],
    [loginFile, 200, {}, /the answer holds none|Could not refresh/i],
  ])('%#', async (file, status, body, says) => {
    const { url } = await started((_, response) => {
      json(response, status, JSON.stringify(body));
      return true;
    });
    expect(await refusal(named(file(url)))).toMatch(says);
  });

  test('nobody listens, or the machine has no account', async () => {
    expect(await refusal(named(loginFile('http://127.0.0.1:9')))).toMatch(
      /127\.0\.0\.1:9 did not answer \(ECONNREFUSED\); check network|<address>/,
    );
    const { url } = await started((seen, response) => {
      if (!seen.url.includes('/token?')) return false;
      json(response, 404, '{}');
      return true;
    });
    expect(await refusal({ GCE_METADATA_HOST: url })).toMatch(/answered 404; attach a service account/);
  });
});

test('a metadata server that never answers is given up, and no later than it says', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const said = await refusal({ HOME: BARE['HOME'], GCE_METADATA_HOST: `127.0.0.1:${port}`, K_SERVICE: 'looks-like-Google' });
  expect(said).toMatch(new RegExp(`no metadata server at 127\\.0\\.0\\.1:${port} within 3 s; run gcloud`));
  silent.closeAllConnections();
  await new Promise((resolve) => silent.close(resolve));
});

test('something else that answers there is no metadata server', async () => {
  const { url } = await started((_, response) => {
    json(response, 200, 'a-router');
    return true;
  });
  expect(await refusal({ HOME: BARE['HOME'], GCE_METADATA_HOST: url })).toMatch(/no metadata server at/);
});
