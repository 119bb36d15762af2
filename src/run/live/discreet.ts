/** Nothing that is written down holds the secret that requests are signed with. */
import type { Exchange } from '../../targets/sdk.ts';
import { withoutSecret, withoutSecrets } from '../secrets.ts';

/** Bodies may echo what was sent: the secret is gone before anybody reads them. */
export function discreet(exchange: Exchange, secret: string | null): Exchange {
  return async (url, init) => {
    const answer = await exchange(url, init);
    const bearer = /^Bearer (\S+)$/i.exec(new Headers(init.headers).get('authorization') ?? '')?.[1];
    const secrets = [secret, bearer ?? null].filter((one) => one !== null);
    const headers = Object.fromEntries(Object.entries(answer.headers ?? {}).map(([name, value]) => [name, withoutSecrets(value, secrets)]));
    return { ...answer, headers, bodyText: withoutSecrets(answer.bodyText, secrets) };
  };
}

/** The same error, with its text without the secret. */
export function harmless(error: unknown, secret: string): unknown {
  if (!(error instanceof Error)) return error;
  error.message = withoutSecret(error.message, secret);
  if (error.stack !== undefined) error.stack = withoutSecret(error.stack, secret);
  if (error.cause !== undefined) error.cause = harmless(error.cause, secret);
  return error;
}
