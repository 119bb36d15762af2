/** The closed forms against golden: each number there was computed by two independent programs. */
import { expect, test } from 'vitest';
import { diurnalBacklog, shapedBacklog, spentWindowBacklog, surge } from '../../src/plan/backlog.ts';
import {
  attemptsNeeded,
  batchLaneRate,
  batchShareNeeded,
  binding,
  crossover,
  fixedWindowSupply,
  type Load,
  sustainableRate,
  tokenBucketSupply,
  usefulRequests,
  utilisation,
} from '../../src/plan/capacity.ts';
import {
  burstNeeded,
  inFlight,
  poolCapPerMin,
  safeInterval,
  unsynchronisedWorst,
  usefulWorkers,
  workersFor,
} from '../../src/plan/concurrency.ts';
import {
  fixedWindowRefusal,
  fluidGoneMin,
  rampGoneMin,
  rampRefusal,
  slidingLogRefusal,
  tokenBucketRefusal,
  totalGoneMin,
} from '../../src/plan/exhaustion.ts';
import {
  fixedWindowLoss,
  limitFor,
  nothingRefused,
  refusedPerWindow,
  safeUtilisation,
  slidingLogLoss,
  tokenBucketLoss,
} from '../../src/plan/safe-utilisation.ts';
import { projectsNeeded, tierFor } from '../../src/plan/tiers.ts';
import { meetsGolden } from './support.ts';

/** The inputs of golden differ from case to case. */
type Inputs = any;
type Answer = Readonly<Record<string, unknown>>;

const GOLDEN = { ipm: 'IPM', rpd: 'RPD', spend10m: 'SPEND', monthly: 'CAP' } as const;

function loads({ limits, costPerRequest }: Inputs): Record<string, Load> {
  return Object.fromEntries(
    Object.entries<{ limit: number; windowMin: number }>(limits).map(([name, { limit, windowMin }]) => [
      name,
      { limit, window: windowMin, cost: costPerRequest[name] },
    ]),
  );
}

const mapped = (all: Record<string, Load>, of: (load: Load) => number) =>
  Object.fromEntries(Object.entries(all).map(([name, load]) => [name, of(load)]));

/** Which formula a case asks for, by the keys of its inputs. */
function answer(inputs: Inputs, id: string): Answer {
  const has = (...keys: string[]): boolean => keys.every((key) => key in inputs);
  if (has('limits', 'ratePerMin')) {
    const all = loads(inputs);
    return { utilisation: mapped(all, (load) => utilisation(load, inputs.ratePerMin)), bindingLongRun: binding(all)?.binding };
  }
  if (has('limits')) {
    const all = loads(inputs);
    const found = binding(all);
    return { ratePerMin: found?.rate, binding: found?.binding, perBucketRate: mapped(all, sustainableRate) };
  }
  if (has('ipm', 'rpd', 'horizonMin')) {
    const supply = { IPM: tokenBucketSupply({ limit: inputs.ipm, window: 1, cost: 1 }, inputs.horizonMin), RPD: inputs.rpd };
    return { supply, maxImages: Math.min(supply.IPM, supply.RPD), binding: supply.IPM < supply.RPD ? 'IPM' : 'RPD' };
  }
  if (id === 'A08') return { crossoverMin: crossover({ ratePerMinute: inputs.ipm, burst: inputs.burst }, inputs.rpd) };
  if (id === 'A09') {
    const windows = Math.ceil(inputs.rpd / inputs.ipm);
    const load = { limit: inputs.ipm, window: 1, cost: 1 };
    expect(fixedWindowSupply(load, windows - 1)).toBe(inputs.rpd);
    expect(fixedWindowSupply(load, windows - 1.001)).toBeLessThan(inputs.rpd);
    return { crossoverMin: windows - 1, windowsUsed: windows };
  }
  if (has('intervalMs', 'kind')) return refusal(inputs);
  if (has('spendMicro')) {
    const found = slidingLogRefusal({ ...inputs, limit: inputs.spendMicro, cost: inputs.priceMicro });
    return { firstRejectedIndex: found?.index, timeMs: found?.atMs, retryAtMs: found?.retryAtMs };
  }
  if (has('slopePerMin2')) return { fluidMinutes: rampGoneMin(inputs), discreteFirstReject: rampRefusal(inputs) };
  if (has('capMonth')) {
    const gone = fluidGoneMin(
      { ipm: inputs.ipm, rpd: inputs.rpd, spend10mUsd: inputs.spendPer10Min, monthlyUsd: inputs.capMonth },
      inputs.ratePerMin,
      inputs.price,
    );
    const minutes = Object.entries(gone).map(([name, value]) => [GOLDEN[name as keyof typeof GOLDEN], value] as const);
    return { minutes: Object.fromEntries(minutes), first: minutes.toSorted((a, b) => a[1] - b[1])[0]?.[0] };
  }
  if (has('rpd', 'ratePerMin')) return { firstRejectedIndex: inputs.rpd, minutes: totalGoneMin(inputs.rpd, inputs.ratePerMin) };
  if (has('spendUsd')) {
    const load = { limit: inputs.spendUsd, window: inputs.windowMin, cost: inputs.priceUsd };
    return { imagesPerWindow: fixedWindowSupply(load, 0), equivalentIpm: sustainableRate(load) };
  }
  if (has('latencySeconds')) {
    const latencyMs = inputs.latencySeconds * 1000;
    if (has('workers')) return { ratePerMin: poolCapPerMin(inputs.workers, latencyMs) };
    const load = inFlight(inputs.demandPerMin ?? inputs.ratePerMin, latencyMs, inputs.quotaPerMin);
    return { inFlight: load, usefulWorkers: usefulWorkers(load) };
  }
  if (has('offeredLoad')) return { workers: workersFor(inputs.offeredLoad, inputs.quantile) };
  if (has('limit', 'jitterSeconds')) {
    const pace = { limit: inputs.limit, window: inputs.windowSeconds, jitter: inputs.jitterSeconds };
    const interval = safeInterval({ ...pace, isSlidingCounter: inputs.kind === 'sliding_counter' });
    return { intervalSeconds: interval, rateLossPct: 100 * (1 - inputs.windowSeconds / inputs.limit / interval) };
  }
  if (has('intervalSeconds')) return { minCapacity: burstNeeded(inputs.intervalSeconds, inputs.jitterSeconds) };
  if (has('M', 'p')) {
    const { M, p, b, rho, B, r } = inputs;
    const { backlog, delay } = shapedBacklog({ burstAtOnce: M, peakRate: p, burst: b, meanRate: rho, capacity: B, rate: r });
    return { backlogBound: backlog, delayBoundMin: delay };
  }
  if (has('b', 'L')) {
    const { backlog, delay } = spentWindowBacklog({ burst: inputs.b, meanRate: inputs.rho, limit: inputs.L, window: inputs.windowMin });
    return { backlogBound: backlog, delayBoundMin: delay };
  }
  if (has('surgePerMin')) {
    const found = surge({
      surgeRate: inputs.surgePerMin,
      surgeLength: inputs.surgeMinutes,
      baseRate: inputs.basePerMin,
      rate: inputs.ratePerMin,
      capacity: inputs.capacity,
    });
    return {
      exhaustAtMin: found.exhaustedAt,
      peakBacklog: found.peakBacklog,
      backlogClearedAtMin: found.clearedAt,
      maxDelayMin: found.maxDelay,
    };
  }
  if (has('amplitude')) {
    const found = diurnalBacklog({
      mean: inputs.meanPerMin,
      amplitude: inputs.amplitude,
      period: inputs.periodMin,
      rate: inputs.ratePerMin,
    });
    return { ...found, buildStartMin: found?.buildStart, buildEndMin: found?.buildEnd, maxDelayMin: found?.maxDelay };
  }
  if (has('tiers')) {
    const tiers = inputs.tiers.map((tier: Inputs) => ({ ...tier, spend10mUsd: tier.spendPer10Min, monthlyUsd: tier.monthCap }));
    const { tier, blockers } = tierFor<string>(tiers, { ...inputs, usdPerImage: inputs.price });
    return {
      tier,
      blockers: Object.fromEntries(Object.entries(blockers).map(([name, list]) => [name, list.map((bucket) => GOLDEN[bucket])])),
    };
  }
  if (has('enqueuedTokens')) {
    const { enqueuedTokens: tokens, tokensPerRequest, turnaroundHours } = inputs;
    return {
      inQueueRequests: Math.floor(tokens / tokensPerRequest),
      requestsPerDay: batchLaneRate({ tokens, tokensPerRequest, turnaround: turnaroundHours / 24 }),
    };
  }
  if (has('imagesPerDay', 'peakPerMin')) {
    const byRPD = { demand: inputs.imagesPerDay, limit: inputs.rpd };
    const byIPM = { demand: inputs.peakPerMin, limit: inputs.ipm };
    return { projects: projectsNeeded([byRPD, byIPM]), byRPD: projectsNeeded([byRPD]), byIPM: projectsNeeded([byIPM]) };
  }
  if (has('imagesPerDay')) return { minBatchShare: batchShareNeeded(inputs.imagesPerDay, inputs.rpd) };
  if (has('rpd', 'p')) {
    const useful = inputs.p.map((p: number) => usefulRequests(inputs.rpd, p));
    return { useful, ratio: useful[1] / useful[0] };
  }
  if (has('successes')) {
    const attempts = attemptsNeeded(inputs.successes, inputs.p);
    return { attempts, rpdNeeded: Math.ceil(attempts) };
  }
  if (has('windows')) {
    const perWindow = nothingRefused(inputs.limit, inputs.ratePerMin);
    return { perWindow, all: perWindow ** inputs.windows, expectedRejectPerHour: 60 * refusedPerWindow(inputs.limit, inputs.ratePerMin) };
  }
  if (has('targetReject')) return { ipm: limitFor(inputs.ratePerMin, inputs.targetReject) };
  throw new Error(`no formula for ${id}`);
}

function refusal(inputs: Inputs): Answer {
  const found =
    inputs.kind === 'token_bucket'
      ? tokenBucketRefusal(inputs, inputs.capacity)
      : inputs.kind === 'sliding_log'
        ? slidingLogRefusal(inputs)
        : fixedWindowRefusal(inputs, inputs.startOffsetMs);
  return { firstRejectedIndex: found?.index ?? null, timeMs: found?.atMs ?? null };
}

meetsGolden<Inputs>('analytic_capacity', answer);

meetsGolden<{ limit: number; targetReject: number }>('safe_utilisation', ({ limit, targetReject }) => ({
  tokenBucket: safeUtilisation(tokenBucketLoss, limit, targetReject),
  fixedWindow: safeUtilisation(fixedWindowLoss, limit, targetReject),
  slidingLog: safeUtilisation(slidingLogLoss, limit, targetReject),
}));

meetsGolden<{ limitsPerMin: Record<string, number>; costPerRequest: Record<string, number> }>(
  'recommendation',
  ({ limitsPerMin, costPerRequest }) => {
    const found = binding(
      Object.fromEntries(
        Object.entries(limitsPerMin).map(([name, limit]) => [name, { limit, window: 1, cost: costPerRequest[name]! }]),
      ) as Record<string, Load>,
    );
    return {
      ratePerMin: found?.rate,
      binding: found?.binding,
      shadowPrice: found?.shadowPrice,
      nextBinding: found?.next?.bucket,
      limitIncreaseUntilNext: found?.next?.raiseBy,
    };
  },
  /^shadow/,
);

test('workers that keep the interval each for themselves can overfill a window', () => {
  expect(unsynchronisedWorst(3, 6, 60)).toBe(12);
  expect(unsynchronisedWorst(1, 6, 60)).toBe(10);
});
