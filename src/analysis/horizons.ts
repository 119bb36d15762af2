/** Which bucket binds over a minute, an hour, a day and a month, at the mix of requests that was offered. */
import { BUCKETS, type EnforcedBucket } from '../model/names.ts';
import type { Scenario } from '../model/scenario.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/time.ts';
import { enforcedLimit, WINDOW_MS } from '../quota/bucket-set.ts';
import type { Demand } from './demand.ts';
import type { Horizon } from './summary.ts';

const HORIZONS_MS: Readonly<Record<Horizon['horizon'], number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS, month: 30 * DAY_MS };

/** For each horizon the bucket with the least supply over cost; all projects together. A month counts 30 days. */
export function horizons(scenario: Scenario, demand: Demand): Horizon[] {
  const { quota } = scenario;
  return (Object.entries(HORIZONS_MS) as [Horizon['horizon'], number][]).flatMap(([horizon, lengthMs]) => {
    let least: Horizon | null = null;
    for (const limit of quota.limits) {
      const enforced = enforcedLimit(limit);
      const order = BUCKETS.indexOf(limit.bucket as EnforcedBucket);
      if (enforced === null || order < 0) continue;
      const models = limit.model === null ? [...new Set(scenario.traffic.map((entry) => entry.request.model))] : [limit.model];
      const mix = models.map((model) => demand.meanCost(model)).reduce(add, { requests: 0, tokens: 0, microUsd: 0 });
      if (mix.requests === 0) continue;
      const cost = limit.model === null ? mix.microUsd / mix.requests : limit.bucket === 'tpm' ? mix.tokens / mix.requests : 1;
      if (cost === 0) continue;
      const owners = limit.model === null ? quota.accounts : quota.projects;
      const images = Math.floor((enforced * owners * windowsIn(limit.bucket as EnforcedBucket, lengthMs)) / cost);
      if (least === null || images < least.images) least = { horizon, bucket: limit.bucket, model: limit.model, images };
    }
    return least ? [least] : [];
  });
}

type Mix = { readonly requests: number; readonly tokens: number; readonly microUsd: number };

function add(a: Mix, b: Mix): Mix {
  return { requests: a.requests + b.requests, tokens: a.tokens + b.tokens, microUsd: a.microUsd + b.microUsd };
}

function windowsIn(bucket: EnforcedBucket, lengthMs: number): number {
  const windowMs = WINDOW_MS[bucket] ?? (bucket === 'rpd' ? DAY_MS : 30 * DAY_MS);
  return Math.max(1, lengthMs / windowMs);
}
