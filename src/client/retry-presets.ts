/** Retry policies by name: what common clients and guides do about a failure, in our words. */
import type { BreakerSpec, FallbackStep, RetrySpec } from '../model/scenario.ts';

export interface RetryPreset {
  /** What is left out is as in a given `retry`: attempts 5, exponential from 1 s to 32 s, full jitter. */
  readonly retry: Partial<RetrySpec>;
  readonly breaker?: BreakerSpec;
  readonly fallback?: readonly FallbackStep[];
}

/** Three failures, five minutes, over the whole chain, every class. Source: community guide of 2026-02 (facts: claim only). */
export const GUIDE_BREAKER: BreakerSpec = {
  failures: 3,
  cooldownMs: 300_000,
  scope: 'chain',
  counts: [429, '5xx', 'timeout'],
  afterCooldown: 'trial',
};

export const RETRY_PRESETS: Readonly<Record<string, RetryPreset>> = {
  /** One attempt. */
  none: { retry: { attempts: 1, throttledAttempts: 1, retryOn: [] } },

  /** `while (true) try again`: what naive code does, and what a storm is made of. Attempts are bounded by us; 429s are not. */
  'tight-loop': {
    retry: {
      attempts: 100,
      throttledAttempts: null,
      growth: 'constant',
      baseMs: 0,
      jitter: 'none',
      obeyRetryInfo: false,
      retryOn: [429, '5xx', 'timeout', 'network'],
    },
  },

  /** 429 only, min(2^i + U(0, 1), 64) s, 5 tries. Source: community guide of 2026-02. */
  'guide-retry': {
    retry: { attempts: 5, baseMs: 1_000, capMs: 64_000, jitter: 'additive', obeyRetryInfo: false, retryOn: [429] },
  },

  /**
   * 429 up to 64 s and 500 up to 32 s (not reached in 5 tries, so one cap), 503 to the next model at once, breaker over the
   * chain. Source: the same guide; its models are gone, so the fallback is the present successor.
   */
  'guide-resilient': {
    retry: { attempts: 5, baseMs: 1_000, capMs: 64_000, jitter: 'additive', obeyRetryInfo: false, retryOn: [429, 500] },
    breaker: GUIDE_BREAKER,
    fallback: [{ to: { model: 'gemini-nano-banana-2.1' }, on: [429, '5xx', 'timeout', 'breaker'] }],
  },

  /** Overloads only, 2^i + U(0, 1) s, 5 tries. Source: the same guide. */
  'guide-503': { retry: { attempts: 5, baseMs: 1_000, capMs: 64_000, jitter: 'additive', obeyRetryInfo: false, retryOn: [503] } },

  /**
   * `retryOptions` without `attempts`: 5 tries, 1 s * 2^n times a random 1 to 2 (equal jitter from 2 s), cap 60 s; ignores
   * RetryInfo and Retry-After, never retries a reset connection. Source: @google/genai 3.1.0, measured 2026-11.
   */
  'genai-3': {
    retry: {
      attempts: 5,
      baseMs: 2_000,
      capMs: 60_000,
      jitter: 'equal',
      obeyRetryInfo: false,
      retryOn: [408, 429, 500, 502, 503, 504, 'timeout'],
    },
  },

  /**
   * `interactions.create`: 5 requests, 0.5 s * 2^n up to 8 s (times a random 0.75 to 1; equal jitter is the nearest of ours),
   * honours a Retry-After header but not RetryInfo. Source: @google/genai 3.1.0, measured 2026-11.
   */
  interactions: {
    retry: {
      attempts: 5,
      baseMs: 500,
      capMs: 8_000,
      jitter: 'equal',
      obeyRetryInfo: false,
      retryOn: [408, 409, 429, '5xx', 'timeout', 'network'],
    },
  },

  /** maxRetries 2, 2 s * 2^n without jitter, headers but not RetryInfo. Source: package `ai`, retry-with-exponential-backoff. */
  'vercel-ai': {
    retry: {
      attempts: 3,
      baseMs: 2_000,
      capMs: 60_000,
      jitter: 'none',
      obeyRetryInfo: false,
      retryOn: [408, 409, 429, '5xx', 'network'],
    },
  },

  /** AsyncCaller: maxRetries 6, p-retry 1 s * 2^n times a random 1 to 2. Source: package `@langchain/core`, async_caller. */
  langchain: {
    retry: {
      attempts: 7,
      baseMs: 2_000,
      capMs: 600_000,
      jitter: 'equal',
      obeyRetryInfo: false,
      retryOn: [408, 429, '5xx', 'timeout', 'network'],
    },
  },

  /** 2 retries, 0.5 s * 2^n up to 8 s (less up to a quarter). Source: litellm `_calculate_retry_after`. */
  litellm: {
    retry: {
      attempts: 3,
      baseMs: 500,
      capMs: 8_000,
      jitter: 'equal',
      obeyRetryInfo: false,
      retryOn: [408, 409, 429, '5xx', 'timeout', 'network'],
    },
  },

  /** Truncated exponential: min(2^n s + U(0, 1 s), 64 s), 1, 2, 4, 8 s. Source: cloud.google.com retry strategy and the Gemini docs. */
  'google-advice': {
    retry: {
      attempts: 5,
      baseMs: 1_000,
      capMs: 64_000,
      jitter: 'additive',
      obeyRetryInfo: false,
      retryOn: [408, 429, '5xx', 'timeout'],
    },
  },

  /** Ours: obey told delays, full jitter, no slot while waiting, one retry for ten requests at most on average. Assumed. */
  recommended: {
    retry: {
      attempts: 4,
      throttledAttempts: 8,
      baseMs: 1_000,
      capMs: 32_000,
      jitter: 'full',
      obeyRetryInfo: true,
      budgetRatio: 0.1,
      holdsSlot: false,
      retryOn: [429, 500, 502, 503, 504, 'timeout', 'network'],
    },
  },
};
