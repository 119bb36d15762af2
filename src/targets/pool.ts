/** HTTP over an undici pool: a third of the cost of the built-in fetch, and no stalls of the scheduler. */
import { Agent, EnvHttpProxyAgent } from 'undici';
import { SetupError } from '../model/errors.ts';
import type { Exchange } from './sdk.ts';

export interface PoolExchange {
  readonly exchange: Exchange;
  close(): Promise<void>;
}

/** Answers may take longer than an image does: the service ends them, not we. */
const ANSWER_TIMEOUT_MS = 1_200_000;
/** Several drafts of 4K are less than half of it. Beyond it an answer counts as cut off. */
const PICTURE_BYTES_MAX = 128 * 2 ** 20;
/** All that a string can hold: the pictures of a whole job of the Batch API come in one body. */
const JOB_BYTES_MAX = 2 ** 29 - 1024;

/**
 * @param connectionsMax sockets open at once, for each host
 * @param obeysProxy whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY count
 * @throws SetupError when they count and name no proxy
 */
export function poolExchange(connectionsMax: number, obeysProxy = false): PoolExchange {
  const options = {
    connections: connectionsMax,
    pipelining: 1,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  };
  const agentOf = (maxResponseSize: number): Agent | EnvHttpProxyAgent =>
    obeysProxy ? proxied({ ...options, maxResponseSize }) : new Agent({ ...options, maxResponseSize });
  const agents = { pictures: agentOf(PICTURE_BYTES_MAX), jobs: agentOf(JOB_BYTES_MAX) };
  return {
    async exchange(url, init) {
      const { origin, pathname, search } = new URL(url);
      const agent = /\/batch/.test(pathname) ? agents.jobs : agents.pictures;
      const { statusCode, headers, body } = await agent.request({
        origin,
        path: pathname + search,
        method: (init.method ?? 'GET') as 'GET' | 'POST',
        headers: Object.fromEntries(new Headers(init.headers)),
        body: typeof init.body === 'string' ? init.body : null,
        signal: init.signal ?? null,
      });
      const contentType = headers['content-type'];
      return {
        status: statusCode,
        bodyText: await body.text(),
        contentType: String(contentType ?? 'application/json'),
        headers: kept(headers),
        afterMs: null,
      };
    },
    async close() {
      await Promise.all([agents.pictures.destroy(), agents.jobs.destroy()]);
    },
  };
}

function proxied(options: Agent.Options): EnvHttpProxyAgent {
  try {
    return new EnvHttpProxyAgent(options);
  } catch {
    // What undici says may quote the address, and there may be a password in it.
    throw new SetupError('HTTPS_PROXY or HTTP_PROXY is no address of a proxy: expected http://host:port');
  }
}

/** What an answer's time and delay are read from; nothing else is kept. */
const KEPT = ['date', 'retry-after', 'retry-after-ms'] as const;

function kept(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(KEPT.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])));
}
