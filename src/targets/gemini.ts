/**
 * The API over `@google/genai`: what the SDK sends is what a user's program would send, and what comes back is read at its
 * fetch hook, where status, body and time still are what they were. The SDK's own retries and continuation stay off.
 */
import { GoogleGenAI } from '@google/genai';
import type { Attempt, Target } from '../model/attempt.ts';
import { type Clock, RANK, type VirtualClock } from '../model/clock.ts';
import { promptOf } from '../model/prompt-tokens.ts';
import type { Reply } from '../model/reply.ts';
import { decodeReply } from '../wire/decode.ts';

/** One HTTP answer, whole. */
export interface Exchanged {
  readonly status: number;
  readonly bodyText: string;
  readonly contentType: string;
  /** Only our own mock says it, on a virtual clock: how long after the request the answer is due. */
  readonly afterMs: number | null;
}

/** Sends one request and waits for its whole answer; rejects when there is none. */
export type Exchange = (url: string, init: RequestInit) => Promise<Exchanged>;

export interface GeminiOptions {
  readonly apiKey: string;
  readonly baseUrl: string | null;
  readonly exchange: Exchange;
  /** Whether the other end is our own mock: only it is told draw and project. */
  readonly isOwnMock: boolean;
  /** Prompt for a number of tokens. */
  readonly prompt?: (tokens: number, request: number) => string;
}

/** What goes over the wire here: the interactive lane. */
export type Interactive = Pick<Target, 'send' | 'abandon'>;

/** Over the network, in real time. */
export function gemini(clock: Clock, options: GeminiOptions): Interactive {
  return new SdkTarget(clock, options, null);
}

/**
 * On a virtual clock, which is held until each answer is posted at the instant it is due. `exchange` must not touch a socket:
 * virtual time would outrun it.
 */
export function geminiHeld(clock: VirtualClock, options: GeminiOptions): Interactive {
  return new SdkTarget(clock, options, () => clock.hold());
}

/** Ours alone: says which attempt a fetch belongs to, and never leaves the process. */
const ATTEMPT_HEADER = 'x-rundry-attempt';

class SdkTarget implements Interactive {
  private readonly clock: Clock;
  private readonly options: GeminiOptions;
  private readonly hold: (() => () => void) | null;
  private readonly sdk: GoogleGenAI;
  private readonly underway = new Map<number, { attempt: Attempt; abort: AbortController; exchanged: Exchanged | null }>();

  constructor(clock: Clock, options: GeminiOptions, hold: (() => () => void) | null) {
    this.clock = clock;
    this.options = options;
    this.hold = hold;
    this.sdk = new GoogleGenAI({
      apiKey: options.apiKey,
      httpOptions: {
        ...(options.baseUrl === null ? {} : { baseUrl: options.baseUrl }),
        fetch: (input: string | URL | Request, init?: RequestInit) =>
          this.fetch(String(input instanceof Request ? input.url : input), init ?? {}),
      },
    });
  }

  send(attempt: Attempt): void {
    const release = this.hold?.();
    const call = { attempt, abort: new AbortController(), exchanged: null };
    this.underway.set(attempt.seq, call);
    void this.generate(attempt, call.abort.signal)
      .then(
        () => this.replyOf(attempt.seq, null),
        (error: unknown) => this.replyOf(attempt.seq, error),
      )
      .then((reply) => {
        const afterMs = this.underway.get(attempt.seq)?.exchanged?.afterMs ?? null;
        this.underway.delete(attempt.seq);
        attempt.reply = reply;
        this.clock.at(afterMs === null ? this.clock.nowMs : attempt.sentMs + afterMs, RANK.completion, attempt);
        release?.();
      });
  }

  abandon(attempt: Attempt): void {
    this.underway.get(attempt.seq)?.abort.abort();
  }

  private async generate(attempt: Attempt, abortSignal: AbortSignal): Promise<void> {
    const { spec } = attempt;
    const text = (this.options.prompt ?? promptOf)(spec.promptTokens, attempt.request);
    const references = Array.from({ length: spec.referenceImages }, () => ({ inlineData: { mimeType: 'image/png', data: PIXEL_PNG } }));
    await this.sdk.models.generateContent({
      model: spec.model,
      contents: [{ role: 'user', parts: [...references, { text }] }],
      config: {
        responseModalities: ['IMAGE'],
        imageConfig: { imageSize: spec.size },
        automaticContinuation: false,
        abortSignal,
        httpOptions: { headers: { [ATTEMPT_HEADER]: String(attempt.seq) } },
      },
    });
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const call = this.underway.get(Number(headers.get(ATTEMPT_HEADER)));
    headers.delete(ATTEMPT_HEADER);
    if (call && this.options.isOwnMock) {
      headers.set('x-rundry-draw', `${call.attempt.request}.${call.attempt.n}`);
      headers.set('x-rundry-project', `p${call.attempt.project + 1}`);
    }
    const exchanged = await this.options.exchange(url, { ...init, headers });
    if (call) call.exchanged = exchanged;
    return new Response(exchanged.bodyText, { status: exchanged.status, headers: { 'content-type': exchanged.contentType } });
  }

  /** What the wire said; failing that, that it said nothing. */
  private replyOf(seq: number, error: unknown): Reply {
    const call = this.underway.get(seq);
    if (call?.exchanged) return decodeReply({ status: call.exchanged.status, bodyText: call.exchanged.bodyText });
    if (call?.abort.signal.aborted) return { kind: 'silence', why: 'aborted' };
    if (isOurs(error)) throw error;
    return { kind: 'silence', why: 'network' };
  }
}

/** A failure before any byte left is a mistake of ours, not of the network. */
function isOurs(error: unknown): boolean {
  return (
    error instanceof Error &&
    !(error instanceof TypeError) &&
    error.name !== 'AbortError' &&
    !('code' in error) &&
    error.cause === undefined
  );
}

const PIXEL_PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
