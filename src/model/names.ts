/** The closed vocabularies that scenario files, answers and results share. */

/** In the order that decides ties between refusing buckets: the first one is primary. */
export const BUCKETS = ['monthly', 'rpd', 'spend10m', 'ipm', 'tpm', 'rpm'] as const;
export type EnforcedBucket = (typeof BUCKETS)[number];
/** Also those that only answers, limits or the batch lane know. */
export type BucketName = EnforcedBucket | 'tpd' | 'batchTokens' | 'batchJobs' | 'unnamed';

/** Buckets that belong to a billing account; the others belong to a project and model. */
export function isAccountBucket(bucket: BucketName): boolean {
  return bucket === 'monthly' || bucket === 'spend10m' || bucket === 'batchJobs';
}

/** Those that count micro-dollars; the others count requests, images, tokens or jobs. */
export function isMoney(bucket: BucketName): bucket is 'monthly' | 'spend10m' {
  return bucket === 'monthly' || bucket === 'spend10m';
}

export type ModelId = string;
export type Tier = 'free' | '1' | '2' | '3';
export const TIERS: readonly Tier[] = ['free', '1', '2', '3'];
export type Size = '512' | '1K' | '2K' | '4K';
export const SIZES: readonly Size[] = ['512', '1K', '2K', '4K'];
export const LANES = ['interactive', 'batch'] as const;
export type Lane = (typeof LANES)[number];
export type Mode = 'sim' | 'mock' | 'live';
export type WindowKind = 'fixed' | 'anchored' | 'sliding' | 'sliding-counter' | 'token-bucket';
export const WINDOW_KINDS: readonly WindowKind[] = ['fixed', 'anchored', 'sliding', 'sliding-counter', 'token-bucket'];

/** Where a number comes from, best first. `assumed` is ours, everything else was seen or said by somebody. */
export type Grade = 'observed' | 'documented' | 'community' | 'assumed';

/** Provenance of one number: who says so, how good that is, and as of when. */
export interface Source {
  readonly grade: Grade;
  /** e.g. `profile community-2026-02`, `scenario`, `limits.yaml` */
  readonly from: string;
  /** ISO date or month; null when nobody says. */
  readonly asOf: string | null;
}

/** Classes of answers, as in the error catalogue; `unknown` only for texts that are not about these APIs. */
export const ERROR_CLASSES = [
  'quota.rpm',
  'quota.tpm',
  'quota.ipm',
  'quota.rpd',
  'quota.tpd',
  'quota.spend',
  'quota.zero-limit',
  'quota.unspecified',
  'quota.shared-capacity',
  'billing.monthly-cap',
  'billing.prepay-depleted',
  'capacity.overloaded',
  'server.internal',
  'server.timeout',
  'server.bad-gateway',
  'client.cancelled',
  'client.timeout',
  'network.unreachable',
  'auth.key-invalid',
  'auth.key-expired',
  'auth.key-leaked',
  'auth.key-missing',
  'auth.key-mismatch',
  'auth.api-blocked',
  'auth.api-disabled',
  'auth.iam',
  'auth.region',
  'auth.billing-disabled',
  'auth.suspended',
  'auth.project-denied',
  'auth.referrer-or-ip-blocked',
  'auth.provider-block',
  'request.invalid',
  'request.location-unsupported',
  'request.free-tier-unavailable',
  'request.model-not-found',
  'request.model-closed',
  'safety.prompt',
  'safety.image',
  'safety.prohibited',
  'safety.no-image',
  'safety.recitation',
  'unknown',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

export const DROP_CAUSES = ['queueFull', 'queueDeadline', 'breaker', 'schedule', 'deadline', 'budget'] as const;
export type DropCause = (typeof DROP_CAUSES)[number];
