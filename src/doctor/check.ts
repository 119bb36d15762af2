/** What the doctor looks for: one check a file, judged from what was gathered. Checks ask nothing themselves. */
import type { ErrorClass, ModelId, Size } from '../model/names.ts';

/** `unknown`: it cannot be known, or not now. `skipped`: not looked at, since an earlier cause already decides. */
export type State = 'pass' | 'fail' | 'unknown' | 'skipped';

export interface Finding {
  readonly state: State;
  /** One sentence: what was seen. Never holds a key. */
  readonly says: string;
  /** Of the error that was met. */
  readonly class?: ErrorClass;
  /** The likeliest first; instead of the check's own. */
  readonly fix?: readonly string[];
}

export interface Check<Known> {
  readonly id: string;
  readonly title: string;
  /** How it is found out. */
  readonly how: string;
  /** What to do when it fails, the likeliest first. */
  readonly fix: readonly string[];
  judge(known: Known): Finding;
}

export interface Judged extends Finding {
  readonly id: string;
  readonly title: string;
  readonly how: string;
  readonly part: 'environment' | 'network' | 'checklist';
  readonly fix: readonly string[];
}

/** What is asked of the API, the cheapest first. Only `image` costs money. */
export type Question =
  | { readonly kind: 'models' }
  | { readonly kind: 'model'; readonly model: ModelId }
  | { readonly kind: 'tokens'; readonly model: ModelId }
  | { readonly kind: 'image'; readonly model: ModelId; readonly size: Size };

/** With the key or credentials under examination, with the key they are compared with, or with the same in another location. */
export type AskedWith = 'own' | 'compared' | 'elsewhere';

export interface Answer {
  readonly question: Question;
  readonly with: AskedWith;
  /** null: no answer came. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
  /** Epoch ms by this machine's clock. */
  readonly sentAtMs: number;
  readonly doneAtMs: number;
  /** What the network or the SDK said when no answer came, such as ENOTFOUND. */
  readonly failure: string | null;
}

export type Ask = (question: Question, as: AskedWith) => Promise<Answer>;

export function judged<Known>(part: Judged['part'], check: Check<Known>, known: Known): Judged {
  const finding = check.judge(known);
  return {
    id: check.id,
    title: check.title,
    how: check.how,
    part,
    ...finding,
    fix: finding.state === 'fail' ? (finding.fix ?? check.fix) : [],
  };
}

export const pass = (says: string): Finding => ({ state: 'pass', says });
export const fail = (says: string, fix?: readonly string[]): Finding => ({ state: 'fail', says, ...(fix ? { fix } : {}) });
export const cannotKnow = (says: string): Finding => ({ state: 'unknown', says });
