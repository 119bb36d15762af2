/** What a rule of the classifier found: a class, how sure that is, and what showed it. */
import type { Confidence, Retryable } from '../model/diagnosis.ts';
import type { ErrorClass } from '../model/names.ts';

export interface Finding {
  readonly class: ErrorClass;
  readonly confidence: Confidence;
  readonly evidence: string;
  /** Where it differs from what the class advises. */
  readonly retryable?: Retryable;
}

export function high(errorClass: ErrorClass, evidence: string): Finding {
  return { class: errorClass, confidence: 'high', evidence };
}

export function medium(errorClass: ErrorClass, evidence: string): Finding {
  return { class: errorClass, confidence: 'medium', evidence };
}

export function low(errorClass: ErrorClass, evidence: string): Finding {
  return { class: errorClass, confidence: 'low', evidence };
}
