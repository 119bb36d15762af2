/**
 * The API over `@google/genai`: what the SDK sends is what a user's program would send, and what comes back is read at its
 * fetch hook, where status, body and time still are what they were. The SDK's own retries and continuation stay off.
 */
import type { GoogleGenAI } from '@google/genai';
import type { Attempt, Target } from '../model/attempt.ts';
import { type Clock, RANK, type VirtualClock } from '../model/clock.ts';
import { promptOf } from '../model/prompt-tokens.ts';
import type { Reply } from '../model/reply.ts';
import { decodeReply } from '../wire/decode.ts';
import { type Connection, connect, type Exchange, type Exchanged, imageRequest, isOurs, isUnread, responseOf, thrown } from './sdk.ts';
import { unrepeated } from './unrepeated.ts';

export interface GeminiOptions {
  readonly connection: Connection;
  readonly exchange: Exchange;
  /** Whether the other end is our own mock: only it is told draw and project. */
  readonly isOwnMock: boolean;
  /** Prompt for a number of tokens; what an answer repeats of it is not kept. */
  readonly prompt?: (tokens: number, request: number) => string;
  /** Told each whole answer that holds an image. */
  readonly onImage?: (attempt: Attempt, bodyText: string) => void;
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
    this.sdk = connect(options.connection, (url, init) => this.fetch(url, init));
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
      .then(
        (reply) => {
          const afterMs = this.underway.get(attempt.seq)?.exchanged?.afterMs ?? null;
          attempt.reply = reply;
          this.clock.at(afterMs === null ? this.clock.nowMs : attempt.sentMs + afterMs, RANK.completion, attempt);
        },
        (error: unknown) => this.clock.at(this.clock.nowMs, RANK.completion, thrown(error)),
      )
      .finally(() => {
        this.underway.delete(attempt.seq);
        release?.();
      });
  }

  abandon(attempt: Attempt): void {
    this.underway.get(attempt.seq)?.abort.abort();
  }

  private async generate(attempt: Attempt, abortSignal: AbortSignal): Promise<void> {
    const { spec } = attempt;
    const text = (this.options.prompt ?? promptOf)(spec.promptTokens, attempt.request);
    const request = imageRequest(spec, text);
    await this.sdk.models.generateContent({
      ...request,
      config: {
        ...request.config,
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
    return responseOf(exchanged);
  }

  /** What the wire said; failing that, that it said nothing. */
  private replyOf(seq: number, error: unknown): Reply {
    const call = this.underway.get(seq);
    if (call?.exchanged) {
      const { status, bodyText, headers = {} } = call.exchanged;
      const reply = decodeReply({ status, bodyText, headers });
      if (isUnread(reply, error)) return { kind: 'silence', why: 'network' };
      if (reply.kind === 'image') this.options.onImage?.(call.attempt, call.exchanged.bodyText);
      const { request, spec } = call.attempt;
      return this.options.prompt ? unrepeated(reply, [this.options.prompt(spec.promptTokens, request)]) : reply;
    }
    if (call?.abort.signal.aborted) return { kind: 'silence', why: 'aborted' };
    if (isOurs(error)) throw error;
    return { kind: 'silence', why: 'network' };
  }
}
