/** The rows of a journal: everything said about a run is computed from these. Instants in whole ms of the run, money in micro-dollars. */
import type { BucketName, DropCause, ErrorClass, Lane, Mode, ModelId, Size } from './names.ts';
import type { Usage } from './reply.ts';
import type { Scenario } from './scenario.ts';

export const SCHEMA_VERSION = 1;

export interface HeaderRow {
  readonly kind: 'header';
  readonly schemaVersion: number;
  readonly runId: string;
  readonly mode: Mode;
  readonly seed: number;
  /** ISO instant. */
  readonly startAt: string;
  readonly tool: { readonly name: string; readonly version: string };
  readonly scenario: { readonly name: string; readonly sha256: string };
  readonly traces: readonly {
    readonly file: string;
    readonly sha256: string;
    readonly rows: number;
    readonly leftOut: number;
    readonly damaged: number;
  }[];
  /** Whole, but for the columns of traces. Its limits carry source and date. */
  readonly resolved: Scenario;
}

/** Written before the bytes leave, in mock and live runs: a crash leaves a sent without an attempt. */
export interface SentRow {
  readonly kind: 'sent';
  readonly seq: number;
  readonly request: number;
  readonly n: number;
  readonly sentMs: number;
  /** What a crash would leave unknown. */
  readonly job: number;
  readonly jobImages: number;
  readonly traffic: string;
  readonly project: string;
  readonly model: ModelId;
  readonly lane: Lane;
  readonly size: Size;
  readonly dueMs: number;
  readonly inputTokens: number;
  /** Of recorded traffic, whose entry cannot say how many. */
  readonly referenceImages?: number;
  readonly listMicroUsd: number;
}

/**
 * A request falls due where users ask again when they are answered, in live runs: its number depends on every answer
 * before it, so that only this row tells who asked.
 */
export interface DueRow {
  readonly kind: 'due';
  readonly request: number;
  readonly job: number;
  readonly traffic: string;
  /** Of its entry, from 0; null: its entry has none. */
  readonly user: number | null;
  /** Which job of that user, or of the entry, from 0. Requests of one job come in order. */
  readonly nth: number;
  readonly dueMs: number;
}

export interface AttemptRow {
  kind: 'attempt';
  /** Order of sending, from 0. */
  seq: number;
  /** Order of arrival over all entries, from 0. */
  request: number;
  job: number;
  /** How many requests the job has, all due together. */
  jobImages: number;
  traffic: string;
  /** 1 for the first attempt of the request; goes on counting over fallbacks. */
  n: number;
  project: string;
  model: ModelId;
  lane: Lane;
  size: Size;
  dueMs: number;
  sentMs: number;
  /** null: still open when the run ended. */
  doneMs: number | null;
  httpStatus: number | null;
  class: ErrorClass | null;
  /** Quotas that a refusal named, primary first. */
  buckets: readonly BucketName[];
  quotaId: string | null;
  quotaValue: number | null;
  /** The instant a refusal told the client to come back. */
  retryAtMs: number | null;
  inputTokens: number;
  /** Of recorded traffic, whose entry cannot say how many. */
  referenceImages?: number;
  usage: Usage | null;
  /** What the attempt costs, as far as the caller can know. */
  costMicroUsd: number;
  /** List price of what was asked for. */
  listMicroUsd: number;
  message: string | null;
  /** null: the client goes on, or the attempt was open at the end. */
  outcome: 'delivered' | 'blocked' | 'failed' | null;
}

export interface DropRow {
  readonly kind: 'drop';
  readonly request: number;
  readonly job: number;
  readonly jobImages: number;
  readonly traffic: string;
  readonly project: string;
  readonly model: ModelId;
  readonly lane: Lane;
  readonly size: Size;
  readonly dueMs: number;
  readonly atMs: number;
  /** Attempts sent before it was dropped. */
  readonly attempts: number;
  readonly inputTokens: number;
  readonly listMicroUsd: number;
  /** `pending`: neither answered nor dropped when the run ended. */
  readonly cause: DropCause | 'pending';
}

export interface BreakerRow {
  readonly kind: 'breaker';
  readonly atMs: number;
  readonly client: string;
  /** null: the breaker of a whole chain. */
  readonly model: ModelId | null;
  readonly state: 'open' | 'half-open' | 'closed';
}

export interface BatchRow {
  readonly kind: 'batch';
  readonly atMs: number;
  readonly batch: number;
  readonly traffic: string;
  readonly project: string;
  readonly model: ModelId;
  readonly rows: number;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'expired' | 'cancelled';
  /** In live runs, once it was handed in: `seq` of its first row, whom the others follow without a gap. */
  readonly firstSeq?: number;
}

/**
 * A job of the Batch API as the service knows it, in live runs: written before it is created (`name` null) and again when the
 * service has named it. Without the first of them it was never created.
 */
export interface JobRow {
  readonly kind: 'job';
  readonly atMs: number;
  /** In the order of creation, from 0. */
  readonly number: number;
  readonly firstSeq: number;
  readonly rows: number;
  /** No other job of that key has it. */
  readonly displayName: string;
  readonly name: string | null;
}

/** The one request that goes ahead of a live run: written before it is sent (`doneMs` null) and again with its answer. */
export interface CanaryRow {
  readonly kind: 'canary';
  readonly model: ModelId;
  readonly size: Size;
  readonly inputTokens: number;
  readonly listMicroUsd: number;
  /** How long its answer took; null: it has none yet. */
  readonly doneMs: number | null;
  readonly httpStatus: number | null;
  readonly class: ErrorClass | null;
  readonly usage: Usage | null;
  readonly costMicroUsd: number;
  /** Redacted. */
  readonly message: string | null;
}

/** Where a run goes on that had broken off. Its own clock stood still in between. */
export interface ResumeRow {
  readonly kind: 'resume';
  /** ms of the run. */
  readonly atMs: number;
  /** ISO instant. */
  readonly at: string;
  /** Attempts that were sent and whose answer nobody heard: counted as billed, and not sent again. */
  readonly unanswered: number;
}

/** Why a run stopped itself. */
export const STOP_CAUSES = ['fatal', 'errors', 'persistent', 'budget', 'time', 'canary'] as const;
export type StopCause = (typeof STOP_CAUSES)[number];

export interface EndRow {
  readonly kind: 'end';
  readonly atMs: number;
  readonly reason: 'done' | 'interrupted' | 'terminated' | 'stopped';
  readonly requests: number;
  readonly attempts: number;
  /** How late the generator fired arrivals; null in virtual time, where nothing is late. */
  readonly lateness: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number } | null;
  /** Only where a run stopped itself. */
  readonly stop?: { readonly cause: StopCause; readonly class: ErrorClass | null; readonly text: string };
}

export type Row = HeaderRow | DueRow | SentRow | AttemptRow | DropRow | BreakerRow | BatchRow | JobRow | CanaryRow | ResumeRow | EndRow;
/** Told every row as it happens. An AttemptRow may be reused by the teller: copy what must outlive the call. */
export type Recorder = (row: Row) => void;
