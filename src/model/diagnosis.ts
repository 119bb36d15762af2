/** What an answer, or a log full of them, was found to mean. */
import type { BucketName, ErrorClass } from './names.ts';

export type Whose =
  | 'your configuration'
  | 'your quota'
  | 'your money'
  | "Google's capacity"
  | 'the content filter'
  | 'a gateway'
  | 'the network'
  | 'your client';

/** `no`: waiting cures nothing (or only the calendar does). `once`: one more try is fair, no loop. */
export type Retryable = 'no' | 'after-delay' | 'backoff' | 'once';

/** `low`: a guess from a few words. */
export type Confidence = 'high' | 'medium' | 'low';

export interface Diagnosis {
  readonly class: ErrorClass;
  readonly bucket: BucketName | null;
  readonly retryable: Retryable;
  readonly waitMs: number | null;
  readonly whose: Whose | null;
  readonly fix: readonly string[];
  readonly confidence: Confidence;
  readonly evidence: readonly string[];

  readonly what: string;
  readonly check: readonly string[];
  /** How to tell an incident at Google from a mistake of one's own. */
  readonly signs: readonly string[];
  /** What only the reader knows. */
  readonly questions: readonly string[];
  readonly links: readonly string[];
  readonly quotaId: string | null;
  readonly limit: number | null;
  readonly model: string | null;
  /** Entries of a log; 1 for a single answer. */
  readonly entries: number;
  /** Entries that speak of an error and are not about these APIs, or do not say enough. */
  readonly unclear: number;
  /** The most frequent first; the fields above are those of the first. */
  readonly classes: readonly ClassCount[];
}

/** One class of a log. */
export interface ClassCount {
  readonly class: ErrorClass;
  readonly bucket: BucketName | null;
  readonly retryable: Retryable;
  readonly whose: Whose | null;
  readonly count: number;
  /** As the log writes it, in ISO form; with Z only where the log tells its zone, without year or date where it tells none. null: no time stood there. */
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  /** Of the first one, from 1. */
  readonly line: number;
  readonly models: readonly string[];
}
