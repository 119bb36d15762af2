/**
 * Every call of this process to the Gemini hosts is answered in it: fetch, undici and node:https alike, by the socket. Sockets to
 * other hosts are never touched, and no name of the Gemini hosts is ever looked up.
 */
import dns from 'node:dns';
import { Agent } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { HttpRequestInterceptor } from '@mswjs/interceptors/http';
import { defineNetwork, InterceptorSource } from 'msw/experimental';
import { handlersOf } from './handlers.ts';
import type { PlainRequest, PlainResponse } from './plain.ts';

/**
 * Call before anybody has opened a socket: one that is pooled already is not seen.
 * @param speed emulated ms that pass in one real ms
 */
export async function intercept(answerTo: (request: PlainRequest) => PlainResponse | Promise<PlainResponse>, speed: number): Promise<void> {
  const untouched = untouchedSockets();
  const network = defineNetwork({
    sources: [new InterceptorSource({ interceptors: [new HttpRequestInterceptor()] })],
    handlers: handlersOf(answerTo, { speed }),
    onUnhandledFrame: 'bypass',
    context: { quiet: true },
  });
  await network.enable();
  untouched.restoreFor((host) => !GEMINI_HOST.test(host) && !GATEWAY_HOST.test(host));
  refuseLookups();
}

const GEMINI_HOST = /^(?:(?:www\.)?generativelanguage|[a-z0-9-]*aiplatform)\.googleapis\.com$/i;
/** Most of its paths are not ours and pass. */
const GATEWAY_HOST = /^openrouter\.ai$/i;

type Connect = (this: Socket, ...args: unknown[]) => Socket;

/**
 * The interceptor takes all sockets in hand and lets go of those that nobody answers, which is not the same as never having had
 * them: a refused connection is not told before something is written (interceptors 0.45.12), and pooled sockets are dropped.
 */
function untouchedSockets(): { restoreFor(isOther: (host: string) => boolean): void } {
  const sockets = Socket.prototype as unknown as { connect: Connect };
  const agents = Agent.prototype as unknown as { addRequest: unknown };
  const { connect: realConnect } = sockets;
  const { addRequest } = agents;
  return {
    restoreFor(isOther) {
      const { connect: intercepted } = sockets;
      sockets.connect = function (...args) {
        return Reflect.apply(isOther(hostOf(args)) ? realConnect : intercepted, this, args);
      };
      agents.addRequest = addRequest;
    },
  };
}

/** Of `connect(options)`, `connect(port, host)` and of the list that Node itself makes of either. */
function hostOf(args: readonly unknown[]): string {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === 'object' && first !== null) return String((first as { host?: unknown }).host ?? '');
  return typeof second === 'string' ? second : '';
}

/** Calls that are answered here need no address. One that asks for it has found a way around, and goes nowhere. */
function refuseLookups(): void {
  const lookup = dns.lookup;
  const guarded = function (this: unknown, host: string, ...rest: unknown[]): unknown {
    const callback = rest.at(-1);
    if (!GEMINI_HOST.test(host) || typeof callback !== 'function') return Reflect.apply(lookup, this, [host, ...rest]);
    const error = Object.assign(new Error(`${host} is emulated in this process; it has no address`), { code: 'ENOTFOUND', hostname: host });
    process.nextTick(() => callback(error));
    return {};
  };
  dns.lookup = Object.assign(guarded, lookup) as typeof dns.lookup; // the same overloads, handed on
  syncBuiltinESMExports();
}
