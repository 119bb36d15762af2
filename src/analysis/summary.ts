/** The shape of summary.json; all keys always there, unknown is null. Times in whole ms from the start of the run, money in dollars. */
import type { BucketName, DropCause, Mode, ModelId } from '../model/names.ts';
import type { Warning } from '../model/scenario.ts';
import type { Audit } from './audit.ts';
import type { BlockSummary, Counts } from './block.ts';
import type { TightestBucket } from './demand.ts';
import type { FirstBucket } from './levels.ts';
import type { Distribution } from './tally.ts';

export interface BucketSummary {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly project: string | null;
  readonly limit: number | null;
  readonly windowMs: number | null;
  readonly peakUtilisation: number | null;
  readonly rejected: number;
  readonly firstExhaustedAtMs: number | null;
  readonly exhaustedMs: number | null;
  readonly source: string;
  readonly asOf: string | null;
}

export interface ThresholdResult {
  /** null: of the whole run. */
  readonly traffic: string | null;
  readonly expression: string;
  readonly observed: number | string | null;
  readonly passed: boolean;
}

export interface Advice {
  /** A path in the words of the scenario file. */
  readonly setting: string;
  readonly from: unknown;
  /** null: nothing that is known would do. */
  readonly to: unknown;
  readonly why: string;
  /** null: no bucket is short, such as of overload. */
  readonly relieves: BucketName | null;
}

/** Which bucket would bind over a horizon, and the images it lets through in it. */
export interface Horizon {
  readonly horizon: 'minute' | 'hour' | 'day' | 'month';
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly images: number;
}

export interface Summary extends Counts {
  readonly schemaVersion: number;
  readonly runId: string;
  readonly tool: { readonly name: string; readonly version: string };
  readonly scenario: { readonly name: string; readonly sha256: string };
  readonly mode: Mode;
  readonly seed: number;
  readonly startAt: string;
  readonly durationMs: number;
  readonly dropped: Readonly<Record<DropCause, number>>;
  readonly firstBucket: FirstBucket | null;
  readonly tightestBucket: TightestBucket | null;
  readonly bindingBucket: TightestBucket | null;
  readonly horizons: readonly Horizon[];
  readonly buckets: readonly BucketSummary[];
  readonly latencyMs: Distribution;
  readonly queueWaitMs: Distribution;
  readonly serviceMs: Distribution;
  readonly makespanMs: number | null;
  readonly lanes: { readonly interactive: BlockSummary; readonly batch: BlockSummary };
  readonly traffic: Readonly<Record<string, BlockSummary>>;
  readonly breakers: readonly { readonly model: ModelId | null; readonly openings: number; readonly openMs: number }[];
  readonly attribution: { readonly throttled: number; readonly named: number; readonly inferred: number; readonly unexplained: number };
  readonly costUsd: {
    readonly total: number;
    readonly perDeliveredImage: number | null;
    readonly wasted: number;
    readonly uncertain: number;
  };
  readonly audit: Audit;
  readonly lateness: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number } | null;
  readonly thresholds: readonly ThresholdResult[];
  readonly passed: boolean;
  readonly advice: readonly Advice[];
  readonly warnings: readonly Warning[];
}
