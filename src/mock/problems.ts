/** Refusals that touch no bucket, because something is wrong with the call: bodies of the error catalogue in the words of this call. */
import { invariant } from '../model/errors.ts';
import type { ErrorClass } from '../model/names.ts';
import { ERROR_CATALOGUE } from '../wire/error-catalogue.ts';

export interface Problem {
  readonly problem: true;
  readonly status: number;
  readonly class: ErrorClass;
  /** JSON text. */
  readonly body: string;
}

/** @param message stands in for the entry's own */
export function problem(id: string, message?: string): Problem {
  const entry = ERROR_CATALOGUE.find((candidate) => candidate.id === id);
  invariant(entry, `the catalogue has ${id}`);
  const { error } = entry.body as { error: Record<string, unknown> }; // every entry of the Gemini surface has this form
  const body = JSON.stringify({ error: message === undefined ? error : { ...error, message } });
  return { problem: true, status: entry.httpStatus, class: entry.class, body };
}

export function isProblem(value: object): value is Problem {
  return 'problem' in value;
}
