/** One question about an account rather than a picture: which models there are, whether one is open, what a prompt counts. */
import type { ModelId, Size } from '../model/names.ts';
import { promptOf } from '../model/prompt-tokens.ts';
import { requestSpec } from '../model/request-spec.ts';
import { type Connection, connect, type Exchange, type Exchanged, imageRequest, responseOf } from './sdk.ts';

export type ApiQuestion =
  | { readonly kind: 'models' }
  | { readonly kind: 'model'; readonly model: ModelId }
  | { readonly kind: 'tokens'; readonly model: ModelId }
  /** Costs what one image costs. */
  | { readonly kind: 'image'; readonly model: ModelId; readonly size: Size };

export interface Questioned {
  /** null: none came. */
  readonly exchanged: Exchanged | null;
  /** Why none came: a code such as ENOTFOUND, or what the SDK says. */
  readonly failure: string | null;
}

const PROMPT_TOKENS = 12;

/** Asked once, never again, whatever comes; never throws. @param timeoutMs after which it counts as not answered */
export async function ask(connection: Connection, exchange: Exchange, question: ApiQuestion, timeoutMs: number): Promise<Questioned> {
  let exchanged: Exchanged | null = null;
  let failure: string | null = null;
  const timeout = AbortSignal.timeout(timeoutMs);
  const sdk = connect(connection, async (url, init) => {
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    try {
      exchanged = await exchange(url, { ...init, signal });
    } catch (error) {
      failure = timeout.aborted ? `timeout after ${timeoutMs} ms` : reasonOf(error);
      throw error;
    }
    return responseOf(exchanged);
  });
  try {
    await asked(sdk, question);
  } catch (error) {
    failure ??= exchanged === null ? reasonOf(error) : null;
  }
  return { exchanged, failure };
}

async function asked(sdk: ReturnType<typeof connect>, question: ApiQuestion): Promise<unknown> {
  switch (question.kind) {
    case 'models':
      return sdk.models.list({ config: { pageSize: 1 } });
    case 'model':
      return sdk.models.get({ model: question.model });
    case 'tokens':
      return sdk.models.countTokens({ model: question.model, contents: promptOf(PROMPT_TOKENS) });
    case 'image': {
      const request = imageRequest(requestSpec(question.model, question.size, PROMPT_TOKENS, 0), promptOf(PROMPT_TOKENS));
      return sdk.models.generateContent({ ...request, config: { ...request.config, automaticContinuation: false } });
    }
    default:
      return question satisfies never;
  }
}

/** The innermost code, which says most. */
function reasonOf(error: unknown): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return error instanceof Error ? error.message : 'no answer';
}
