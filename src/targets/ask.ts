/** One image, asked for once over the SDK, outside any run: before a run begins, and to see what a key can do. */
import type { Reply } from '../model/reply.ts';
import type { RequestSpec } from '../model/request-spec.ts';
import { decodeReply } from '../wire/decode.ts';
import { type Connection, connect, type Exchange, type Exchanged, imageRequest, isOurs, isUnread, responseOf } from './sdk.ts';
import { unrepeated } from './unrepeated.ts';

export interface AskOptions {
  readonly connection: Connection;
  readonly exchange: Exchange;
  readonly spec: RequestSpec;
  readonly prompt: string;
  /** ms; a slower answer is `silence` by `timeout`. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Never tried again, whatever comes. @throws what the SDK throws before anything is sent, such as missing credentials */
export async function askOnce({ connection, exchange, spec, prompt, timeoutMs, signal }: AskOptions): Promise<Reply> {
  let exchanged: Exchanged | null = null;
  let wasSent = false;
  let failure: unknown = null;
  const timeout = AbortSignal.timeout(timeoutMs);
  const abortSignal = signal ? AbortSignal.any([timeout, signal]) : timeout;
  const sdk = connect(connection, async (url, init) => {
    wasSent = true;
    exchanged = await exchange(url, init);
    return responseOf(exchanged);
  });
  const request = imageRequest(spec, prompt);
  try {
    await sdk.models.generateContent({ ...request, config: { ...request.config, automaticContinuation: false, abortSignal } });
  } catch (error) {
    if (!wasSent && !abortSignal.aborted && isOurs(error)) throw error;
    failure = error;
  }
  const answer = exchanged as Exchanged | null; // set inside a callback, which control flow does not see
  if (answer !== null) {
    const reply = decodeReply({ status: answer.status, bodyText: answer.bodyText, headers: answer.headers ?? {} });
    return isUnread(reply, failure) ? { kind: 'silence', why: 'network' } : unrepeated(reply, [prompt]);
  }
  return { kind: 'silence', why: signal?.aborted ? 'aborted' : timeout.aborted ? 'timeout' : 'network' };
}
