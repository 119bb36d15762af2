/** Scenario files to begin with, for `rundry init`: each runs as it stands and says what to change. */

const HEADER = `# yaml-language-server: $schema=./rundry.schema.json
# What is not written here does not happen: no hidden retry, timeout, queue bound or limit.
`;

const QUOTA = `# Replace the profile's numbers with those that AI Studio shows for your project, for example:
#   limits:
#     gemini-3-pro-image: { rpm: 20, tpm: 100k, rpd: 250 }
#     account: { spend10mUsd: 10, monthlyUsd: 250 }
quota: { profile: best-known, tier: 1 }
`;

export const TEMPLATES: Readonly<Record<string, string>> = {
  burst: `${HEADER}name: burst
description: Forty people press "generate" in the same second. What do they see?
seed: 1
clock: { startAt: 2026-12-01T18:00:00Z, duration: 10m }
${QUOTA}traffic:
  - name: launch minute
    # 40 jobs at the same instant, again after five minutes
    shape: { kind: burst, requests: 40, every: 5m, times: 2 }
    request: { model: gemini-3-pro-image, size: 1K, promptTokens: 300 }
client:
  concurrency: 100
  retry: { attempts: 1 }
thresholds: [success_ratio >= 0.99]
`,
  steady: `${HEADER}name: steady
description: Evenly paced work, round the clock. Which bucket runs dry first?
seed: 1
clock: { startAt: 2026-12-01T08:00:00Z, duration: 24h }
${QUOTA}traffic:
  - name: worker
    shape: { kind: steady, rate: 6/min }
    request: { model: gemini-3-pro-image, size: 1K, promptTokens: 300 }
client:
  concurrency: 8
  retry: { attempts: 1 }
thresholds: [first_bucket == none]
`,
  flood: `${HEADER}name: flood
description: A catalogue of product shots thrown at the API at once, eight workers, retries on. When is it done?
seed: 1
clock: { startAt: 2026-12-01T08:00:00Z, duration: 48h }
${QUOTA}traffic:
  - name: catalogue
    # all due at the start; the workers drain it
    shape: { kind: flood, requests: 1200 }
    request: { model: gemini-3-pro-image, size: 2K, promptTokens: 250, referenceImages: 1 }
client:
  concurrency: 8
  retry: { attempts: 5, base: 1s, factor: 2, cap: 32s, jitter: full, obeyRetryInfo: true }
thresholds: [success_ratio >= 0.99, cost_usd <= 200]
`,
  day: `${HEADER}name: day
description: A consumer app's day, in the time of its people.
seed: 1
clock: { startAt: 2026-12-01T08:00:00Z, duration: 24h }
${QUOTA}traffic:
  - name: people
    # busier in the evening than before dawn, by the clocks of the zone
    shape: { kind: diurnal, perDay: 2000, weights: people, zone: America/New_York }
    request: { model: gemini-3-pro-image, size: 1K, images: 2, promptTokens: 300 }
client:
  concurrency: 24
  timeout: 180s
  queue: { limit: 500, deadline: 2m }
  retry: { attempts: 4, base: 1s, factor: 2, cap: 32s, jitter: full, obeyRetryInfo: true }
thresholds: [success_ratio >= 0.99, latency_ms_p95 < 90s]
`,
  overload: `${HEADER}name: overload
description: Two hours across a window in which the service answers 503 to almost every second call.
seed: 1
clock: { startAt: 2026-12-01T09:30:00Z, duration: 2h }
${QUOTA}service:
  # Assumed, not measured. In spells: all calls fail while one lasts, 45 % of the time.
  overload: [{ from: "10:00Z", to: "11:00Z", errorRate: 0.45, meanSpell: 2m }]
traffic:
  - name: app
    shape: { kind: poisson, rate: 5/min }
    request: { model: gemini-3-pro-image, size: 1K, promptTokens: 300 }
client:
  concurrency: 16
  timeout: 180s
  retry: { attempts: 3, base: 1s, factor: 2, cap: 32s, jitter: full, obeyRetryInfo: true }
  breaker: { failures: 3, cooldown: 1m }
  fallback: [gemini-nano-banana-2.1]
thresholds: [success_ratio >= 0.95]
`,
};
