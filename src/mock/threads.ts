/** One emulation for all threads of a process: workers ask the main thread, so that they share its buckets. */
import { BroadcastChannel, threadId } from 'node:worker_threads';
import type { PlainRequest, PlainResponse } from './plain.ts';

/** Names the channel within its process. */
const CHANNEL = 'rundry/register';

interface Question {
  readonly from: number;
  readonly number: number;
  readonly request: PlainRequest;
}

interface Answered {
  readonly to: number;
  readonly number: number;
  readonly response: PlainResponse;
}

/** In the main thread; keeps nothing alive. */
export function answerThreads(answerTo: (request: PlainRequest) => PlainResponse): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (message) => {
    const { data } = message as { data: Question | Answered }; // nobody else knows the channel
    if (!('request' in data)) return;
    const { from: to, number, request } = data;
    const { pieces, ...response } = answerTo(request);
    // What is made as it is read does not travel.
    channel.postMessage({ to, number, response: { ...response, ...(pieces ? { chunks: [...pieces] } : {}) } } satisfies Answered);
  };
  channel.unref();
}

/** In a worker; keeps it alive while an answer is due. */
export function askMainThread(): (request: PlainRequest) => Promise<PlainResponse> {
  const channel = new BroadcastChannel(CHANNEL);
  const waiting = new Map<number, (response: PlainResponse) => void>();
  let asked = 0;
  channel.onmessage = (message) => {
    const { data } = message as { data: Question | Answered }; // nobody else knows the channel
    if (!('response' in data) || data.to !== threadId) return;
    waiting.get(data.number)?.(data.response);
    waiting.delete(data.number);
    if (waiting.size === 0) channel.unref();
  };
  channel.unref();
  return (request) =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      channel.ref();
      channel.postMessage({ from: threadId, number: asked, request } satisfies Question);
    });
}
