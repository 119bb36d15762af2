/** What a live run is told: where it sends, as whom, how much it may spend, and whom it asks and tells. */
import type { Connection } from '../../targets/sdk.ts';
import type { Prompts } from './prompts.ts';

export interface LiveOptions {
  readonly seed: number;
  readonly folder: string;
  readonly force: boolean;
  /** Whether `folder` holds a run that broke off and is to be gone on with. */
  readonly isResumed: boolean;
  readonly connection: Connection;
  /** For people: who asks. */
  readonly identity: string;
  readonly prompts: Prompts;
  /** Folder; null: answers are thrown away. */
  readonly imagesTo: string | null;
  readonly budgetUsd: number | null;
  readonly budgetRequests: number | null;
  /** ms of the run; null: no bound. */
  readonly wallMs: number | null;
  readonly errorRatioMax: number;
  readonly scale: number;
  /** Real ms between two looks at a batch job. */
  readonly batchPollMs: number;
  /** Aborting sends nothing more, waits for what is in flight and ends. */
  readonly signal: AbortSignal;
  /** Shown what will happen; false: nothing does. */
  readonly confirm: (plan: string) => Promise<boolean>;
  readonly onWarning: (text: string) => void;
  readonly onProgress?: (atMs: number, endMs: number) => void;
}
