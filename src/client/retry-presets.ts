/**
 * Retry policies by name: what common clients and guides do about a failure, in our words. Those of installed packages are
 * proven against them in test/client/presets.diff.test.ts.
 */
import type { BreakerSpec, FallbackStep, RetrySpec } from '../model/scenario.ts';

export interface RetryPreset {
  /** What is left out is as in a given `retry`: attempts 5, exponential from 1 s to 32 s, full jitter. */
  readonly retry: Partial<RetrySpec>;
  readonly breaker?: BreakerSpec;
  readonly fallback?: readonly FallbackStep[];
}

/** The longest a timer of Node runs: what a client without a cap has instead. */
const NO_CAP_MS = 2 ** 31 - 1;

/** How most clients are written: one loop, one count, no idea of days or of delays in a body. */
const ONE_LOOP = { countsTogether: true, obeyRetryInfo: false, onDailyLimit: 'ignore' } as const satisfies Partial<RetrySpec>;

/** Times a random 1 to 2, rounded, then capped. Source: npm `retry` 0.13.1 and `p-retry`, option `randomize`. */
const RANDOMIZED = { low: 1, high: 2, addMs: 0, whole: 'nearest' } as const;

/** 2^i s + U(0, 1 s) before the i-th retry, i from 0: the loop of all three community guides. */
const GUIDE_LOOP = { ...ONE_LOOP, attempts: 5, baseMs: 1_000, jitter: 'additive' } as const satisfies Partial<RetrySpec>;

/**
 * Three failures, five minutes, over the whole chain, every class. The guide's code keeps its count over the pause, so that
 * the first failure after it opens again: that is a trial. Source: community guide of 2026-02 (claim only).
 */
export const GUIDE_BREAKER: BreakerSpec = {
  failures: 3,
  cooldownMs: 300_000,
  scope: 'chain',
  counts: [429, '5xx', 'timeout', 'network'],
  afterCooldown: 'trial',
};

export const RETRY_PRESETS: Readonly<Record<string, RetryPreset>> = {
  /** One attempt. */
  none: { retry: { attempts: 1, throttledAttempts: 1, retryOn: [] } },

  /** `while (true) try again`: what naive code does, and what a storm is made of. Other failures are bounded by us, 429s are not. */
  'tight-loop': {
    retry: {
      attempts: 100,
      throttledAttempts: null,
      growth: 'constant',
      baseMs: 0,
      jitter: 'none',
      obeyRetryInfo: false,
      onDailyLimit: 'ignore',
      retryOn: [429, '5xx', 'timeout', 'network'],
    },
  },

  /**
   * 429 only, min(2^i + U(0, 1), 64) s, 5 tries. The guide's code also sleeps after its last try, before it raises: not
   * copied. Source: community guide of 2026-02 (claim only).
   */
  'guide-retry': { retry: { ...GUIDE_LOOP, capMs: 64_000, retryOn: [429] } },

  /**
   * 429 up to 64 s, 500 up to 32 s (one cap here: five tries reach 9 s), 503 to the next model at once, a breaker over the
   * chain. Its models are gone, so the next one is the present successor. Source: community guide of 2026-03 (claim only).
   */
  'guide-resilient': {
    retry: { ...GUIDE_LOOP, capMs: 64_000, retryOn: [429, 500] },
    breaker: GUIDE_BREAKER,
    fallback: [{ to: { model: 'gemini-nano-banana-2.1' }, on: [429, '5xx', 'timeout', 'network'] }],
  },

  /** Overloads only, 2^i + U(0, 1) s, 5 tries, no cap. Source: community guide of 2026-03 (claim only). */
  'guide-503': { retry: { ...GUIDE_LOOP, capMs: NO_CAP_MS, retryOn: [503] } },

  /**
   * `httpOptions.retryOptions: {}`: 5 tries, 1 s * 2^i times a random 1 to 2, cap 60 s; a timed-out try again, a reset
   * connection never; neither RetryInfo nor Retry-After. Source: @google/genai 3.1.0 (p-retry 4.6.2), dist/node/index.mjs `apiCall`.
   */
  'genai-3': {
    retry: {
      ...ONE_LOOP,
      attempts: 5,
      baseMs: 1_000,
      capMs: 60_000,
      jitter: RANDOMIZED,
      retryOn: [408, 429, 500, 502, 503, 504, 'timeout'],
    },
  },

  /**
   * `interactions.create`: 5 tries, 0.5 s * 2^i times a random 0.75 to 1, in fractions that the timer cuts off; obeys a
   * Retry-After header up to its own cap of 8 s, so longer ones too early; not RetryInfo. Source: @google/genai 3.1.0,
   * `retryAttemptCountBackoff`.
   */
  interactions: {
    retry: {
      ...ONE_LOOP,
      attempts: 5,
      baseMs: 500,
      capMs: 8_000,
      jitter: { low: 1, high: 0.75, addMs: 0, whole: 'below' },
      headerDelay: { maxMs: 8_000, beyond: 'cut' },
      retryOn: [408, 409, 429, '5xx', 'timeout', 'network'],
    },
  },

  /**
   * `maxRetries: 2`: 3 tries, 2 s, 4 s, no jitter; obeys a Retry-After header below a minute, not RetryInfo; its timeouts are
   * of the whole call, so none is tried again. Source: ai 7.0.173, `retryWithExponentialBackoffRespectingRetryHeaders`, and
   * @ai-sdk/provider `APICallError.isRetryable`.
   */
  'vercel-ai': {
    retry: {
      ...ONE_LOOP,
      attempts: 3,
      baseMs: 2_000,
      capMs: NO_CAP_MS,
      jitter: 'none',
      headerDelay: { maxMs: 59_999, beyond: 'backoff' },
      retryOn: [408, 409, 429, '5xx', 'network'],
    },
  },

  /**
   * AsyncCaller with `maxRetries: 6`: 7 tries, 1 s * 2^i times a random 1 to 2, no cap, for all but ten 4xx.
   * Never a 429 of Gemini: without a header it is "capacity", with "exceeded your current quota" it is "stop"; both are thrown.
   * Source: @langchain/core 1.2.13, `utils/async_caller`, under @langchain/google-genai 2.3.2.
   */
  langchain: {
    retry: {
      ...ONE_LOOP,
      attempts: 7,
      baseMs: 1_000,
      capMs: NO_CAP_MS,
      jitter: RANDOMIZED,
      retryOn: [408, 410, 412, 416, 422, 425, 451, 499, '5xx', 'network'],
    },
  },

  /**
   * Router with `num_retries: 2`: min(0.5 s * 2^i, 8 s) + U(0, 0.75 s); a Retry-After header up to a minute is obeyed. Source:
   * BerriAI/litellm, `_calculate_retry_after`, `DEFAULT_MAX_RETRIES`, as read in 2026-11; not run (Python).
   */
  litellm: {
    retry: {
      ...ONE_LOOP,
      attempts: 3,
      baseMs: 500,
      capMs: 8_750,
      jitter: { low: 1, high: 1, addMs: 750, whole: 'nearest' },
      headerDelay: { maxMs: 60_000, beyond: 'backoff' },
      retryOn: [408, 409, 429, '5xx', 'timeout', 'network'],
    },
  },

  /** Truncated exponential: min(2^i s + U(0, 1 s), 64 s), 1, 2, 4, 8 s. Source: cloud.google.com retry strategy and the Gemini docs, 2026. */
  'google-advice': { retry: { ...GUIDE_LOOP, capMs: 64_000, retryOn: [408, 429, '5xx', 'timeout'] } },

  /**
   * Ours. A told delay is obeyed; the spend window, which tells none, gets a minute; a 503 gets three fast tries and then
   * minutes, because sticky overload is either over in seconds or lasts (quant.md 3.6); what waiting cannot cure is not tried
   * again, nor a day that is spent. One retry for each request on average bounds the storm, and is what an overload of a half
   * needs: p / (1 - p). All assumed.
   */
  recommended: {
    retry: {
      attempts: 7,
      throttledAttempts: null,
      stepsMs: [1_000, 2_000, 4_000, 60_000, 120_000, 300_000],
      capMs: 300_000,
      jitter: 'equal',
      obeyRetryInfo: true,
      spendWaitMs: 60_000,
      budgetRatio: 1,
      onDailyLimit: 'giveUp',
      holdsSlot: true,
      retryOn: [429, 500, 502, 503, 504, 'timeout', 'network'],
    },
  },
};
