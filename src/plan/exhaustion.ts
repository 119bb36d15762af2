/** When the first request is refused: evenly paced, on a ramp, and in the fluid limit over several buckets. */

/** The first request that is refused, counted from 0, and when; null: never. */
export interface FirstRefusal {
  readonly index: number;
  readonly atMs: number;
}

export interface PacedLoad {
  readonly limit: number;
  readonly windowMs: number;
  readonly intervalMs: number;
  readonly cost: number;
}

/**
 * One request each `intervalMs`, the first at 0, against a full token bucket:
 * n = floor((B - c) / (c - r d)) + 1, never where c <= r d. In integers scaled by the window, so that no rounding decides.
 */
export function tokenBucketRefusal({ limit, windowMs, intervalMs, cost }: PacedLoad, capacity: number): FirstRefusal | null {
  const lostEach = cost * windowMs - limit * intervalMs;
  if (cost > capacity) return { index: 0, atMs: 0 };
  if (lostEach <= 0) return null;
  const index = Math.floor(((capacity - cost) * windowMs) / lostEach) + 1;
  return { index, atMs: index * intervalMs };
}

/** A sliding log refuses the request after the last that fits, if that is still inside one window. */
export function slidingLogRefusal({
  limit,
  windowMs,
  intervalMs,
  cost,
}: PacedLoad): (FirstRefusal & { readonly retryAtMs: number }) | null {
  const index = Math.floor(limit / cost);
  const atMs = index * intervalMs;
  return atMs < windowMs ? { index, atMs, retryAtMs: windowMs } : null;
}

/** The first aligned window with more arrivals than it holds; the first one began `startOffsetMs` before request 0. */
export function fixedWindowRefusal({ limit, windowMs, intervalMs, cost }: PacedLoad, startOffsetMs: number): FirstRefusal | null {
  const held = Math.floor(limit / cost);
  if (held * intervalMs >= windowMs) return null;
  // Where window k begins repeats against the arrivals after at most `intervalMs` windows.
  for (let window = 0; window <= intervalMs; window++) {
    const beginsMs = Math.max(0, window * windowMs - startOffsetMs);
    const first = Math.ceil(beginsMs / intervalMs);
    const index = first + held;
    if (index * intervalMs < (window + 1) * windowMs - startOffsetMs) return { index, atMs: index * intervalMs };
  }
  return null;
}

/** Minutes until a total without refill is gone, the first request at 0. */
export function totalGoneMin(total: number, ratePerMin: number): number {
  return total / ratePerMin;
}

export interface Ramp {
  readonly startPerMin: number;
  readonly slopePerMin2: number;
  readonly limitPerMin: number;
  readonly capacity: number;
}

/** Minutes until a rate a + b t has emptied a full token bucket, as a fluid: t = (r - a)/b + sqrt(2B/b), or the root when a >= r. */
export function rampGoneMin({ startPerMin: a, slopePerMin2: b, limitPerMin: r, capacity: B }: Ramp): number {
  if (a < r) return (r - a) / b + Math.sqrt((2 * B) / b);
  return (-(a - r) + Math.sqrt((a - r) ** 2 + 2 * b * B)) / b;
}

/** The same for whole requests: the n-th arrives where a t + b t^2 / 2 = n. */
export function rampRefusal({ startPerMin: a, slopePerMin2: b, limitPerMin: r, capacity: B }: Ramp): { index: number; minutes: number } {
  let level = B;
  let lastMin = 0;
  for (let index = 0; ; index++) {
    const minutes = (-a + Math.sqrt(a * a + 2 * b * index)) / b;
    level = Math.min(B, level + r * (minutes - lastMin));
    lastMin = minutes;
    if (level < 1) return { index, minutes };
    level -= 1;
  }
}

export interface FluidLimits {
  readonly ipm: number | null;
  readonly rpd: number | null;
  readonly spend10mUsd: number | null;
  readonly monthlyUsd: number | null;
}

/**
 * Minutes until each bucket is empty at a constant rate, as a fluid; a bucket that the rate never empties is left out, and so
 * is one whose limit is not known. ipm is a full token bucket.
 */
export function fluidGoneMin(
  limits: FluidLimits,
  ratePerMin: number,
  usdPerRequest: number,
): Partial<Record<'ipm' | 'rpd' | 'spend10m' | 'monthly', number>> {
  const { ipm, rpd, spend10mUsd, monthlyUsd } = limits;
  return {
    ...(ipm !== null && ratePerMin > ipm ? { ipm: ipm / (ratePerMin - ipm) } : {}),
    ...(spend10mUsd !== null && ratePerMin * usdPerRequest * 10 > spend10mUsd
      ? { spend10m: spend10mUsd / usdPerRequest / ratePerMin }
      : {}),
    ...(rpd !== null ? { rpd: rpd / ratePerMin } : {}),
    ...(monthlyUsd !== null ? { monthly: monthlyUsd / usdPerRequest / ratePerMin } : {}),
  };
}
