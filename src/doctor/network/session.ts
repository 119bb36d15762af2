/** What the network checks know: the answers so far, in the order in which they were asked for. */
import type { ErrorClass, ModelId } from '../../model/names.ts';
import { classify } from '../../wire/classify.ts';
import { decodeReply } from '../../wire/decode.ts';
import type { Answer } from '../check.ts';

export interface Session {
  readonly models: readonly ModelId[];
  readonly answers: readonly Answer[];
  /** The answer that ended the questions; null: all were answered well. */
  readonly trouble: Trouble | null;
  /** The same question about another model, and with another key, when the trouble was a 403. */
  readonly comparisons: readonly Answer[];
  readonly spends: boolean;
}

export interface Trouble {
  readonly answer: Answer;
  readonly class: ErrorClass;
  readonly fix: readonly string[];
  /** Redacted. */
  readonly message: string;
}

/** null: the answer is what was asked for. */
export function troubleOf(answer: Answer): Trouble | null {
  const { status, headers, bodyText } = answer;
  if (status === null) return { answer, class: 'network.unreachable', fix: [], message: answer.failure ?? 'no answer' };
  const asked = answer.question.kind === 'image' ? decodeReply({ status, headers, bodyText }) : null;
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && !isObject(bodyText)) return { answer, class: 'network.unreachable', fix: [], message: 'no answer of the API' };
  if (asked ? asked.kind === 'image' : isSuccess) return null;
  const verdict = classify({ status, headers, body: bodyText });
  const reply = asked ?? decodeReply({ status, headers, bodyText });
  const errorClass = reply.kind === 'blocked' ? reply.class : verdict.class;
  return { answer, class: errorClass, fix: verdict.fix, message: ('message' in reply && reply.message) || `HTTP ${status}` };
}

/** Every good answer of these APIs is one. */
function isObject(bodyText: string): boolean {
  try {
    const value: unknown = JSON.parse(bodyText);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** `list the models`, `see gemini-3-pro-image`, … */
export function deed({ question }: Answer): string {
  switch (question.kind) {
    case 'models':
      return 'asked for the list of models';
    case 'model':
      return `asked about ${question.model}`;
    case 'tokens':
      return `asked to count tokens for ${question.model}`;
    case 'image':
      return `asked for one image of ${question.model}`;
    default:
      return question satisfies never;
  }
}
