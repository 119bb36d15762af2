/**
 * Steady, ramp, stages, stairs and spike: one piecewise-linear rate, and the instants where its integral is whole.
 *
 * Rates are turned into whole counts of one common unit and the integral is kept in halves of that unit, so sums over pieces
 * are exact: a job that falls on the boundary of two pieces is found there and not a whole stretch of zero rate later.
 */
import type { Rate, Shape } from '../model/scenario.ts';
import type { Times } from './times.ts';

export type RateShape = Extract<Shape, { kind: 'steady' | 'ramp' | 'stages' | 'stairs' | 'spike' }>;

/** A rate that goes in a straight line from `from` to `to` in `forMs`; both are counts per the curve's `perMs`. */
export interface RatePiece {
  readonly forMs: number;
  readonly from: number;
  readonly to: number;
}

export interface RateCurve {
  readonly perMs: number;
  readonly pieces: readonly RatePiece[];
}

/** The shape as pieces from the start of an entry that lasts `durationMs`; behind the last piece there is nothing. */
export function rateCurve(shape: RateShape, durationMs: number): RateCurve {
  const perMs = ratesOf(shape)
    .map(wholeRate)
    .reduce((unit, rate) => leastCommonMultiple(unit, rate.perMs), 1);
  const count = (rate: Rate): number => {
    const whole = wholeRate(rate);
    return whole.count * (perMs / whole.perMs);
  };
  return { perMs, pieces: piecesOf(shape, durationMs, count).filter((piece) => piece.forMs > 0) };
}

/**
 * The k-th instant (k = 0, 1, …) is the earliest at which the integral of the rate is k, rounded half up to the ms; the
 * first is at once. With a, b the rates at the ends of a piece of T ms and n what is left of k when it begins, it solves
 * n = a t + (b − a) t² / 2T. Each is solved for afresh: nothing is accumulated but whole areas.
 */
export function curveTimes({ perMs, pieces }: RateCurve): Times {
  const endMs = pieces.reduce((sum, piece) => sum + piece.forMs, 0);
  let job = 0;
  let index = 0;
  let startMs = 0;
  /** The integral up to the piece, times 2 perMs. */
  let reached = 0;
  return {
    next() {
      const wanted = 2 * perMs * job;
      let piece = pieces[index];
      while (piece && wanted > reached + areaOf(piece)) {
        reached += areaOf(piece);
        startMs += piece.forMs;
        index += 1;
        piece = pieces[index];
      }
      if (!piece) return Infinity;
      job += 1;
      const atMs = startMs + crossingMs(piece, wanted - reached);
      return atMs < endMs ? atMs : Infinity;
    },
  };
}

function ratesOf(shape: RateShape): readonly Rate[] {
  switch (shape.kind) {
    case 'steady':
      return [shape.rate];
    case 'ramp':
      return [shape.from, shape.to];
    case 'stages':
      return [shape.from, ...shape.stages.map((stage) => stage.to)];
    case 'stairs':
      return [shape.from, shape.step];
    case 'spike':
      return [shape.base, shape.peak];
    default:
      return shape satisfies never;
  }
}

function piecesOf(shape: RateShape, durationMs: number, count: (rate: Rate) => number): RatePiece[] {
  const level = (forMs: number, height: number): RatePiece => ({ forMs, from: height, to: height });
  switch (shape.kind) {
    case 'steady':
      return [level(durationMs, count(shape.rate))];
    case 'ramp':
      return [{ forMs: durationMs, from: count(shape.from), to: count(shape.to) }];
    case 'stages':
      return shape.stages.map(({ to, forMs }, i) => ({ forMs, from: count(shape.stages[i - 1]?.to ?? shape.from), to: count(to) }));
    case 'stairs':
      return Array.from({ length: shape.times }, (_, i) => level(shape.everyMs, Math.max(0, count(shape.from) + i * count(shape.step))));
    case 'spike': {
      const restMs = Math.max(0, durationMs - shape.atMs - shape.widthMs);
      return [level(shape.atMs, count(shape.base)), level(shape.widthMs, count(shape.peak)), level(restMs, count(shape.base))];
    }
    default:
      return shape satisfies never;
  }
}

/** 0.2 per second as 2 per 10 seconds; a count of more than nine decimals stays as it is. */
function wholeRate({ count, perMs }: Rate): Rate {
  for (let power = 1; power <= 1e9; power *= 10) {
    const whole = Math.round(count * power);
    if (Math.abs(count * power - whole) < 1e-12 * Math.max(1, whole)) return { count: whole, perMs: perMs * power };
  }
  return { count, perMs };
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

function areaOf(piece: RatePiece): number {
  return (piece.from + piece.to) * piece.forMs;
}

/** Whole ms into the piece at which its area is `area`, half up. Area 0 is at once, also where the rate begins at zero. */
function crossingMs(piece: RatePiece, area: number): number {
  if (area === 0) return 0;
  const { from, to, forMs } = piece;
  if (from === to) return Math.floor(area / (2 * from) + 0.5);
  const slope = to - from;
  const rateThere = Math.sqrt(Math.max(0, (from * from * forMs + slope * area) / forMs));
  const exactMs = Math.min(forMs, area / (from + rateThere));
  return isNearHalf(exactMs) ? settleHalf(piece, area, Math.floor(exactMs)) : Math.floor(exactMs + 0.5);
}

function isNearHalf(ms: number): boolean {
  return Math.abs(ms - Math.floor(ms) - 0.5) < 1e-6;
}

/** Half a ms is a tie that a square root cannot decide: compares areas at that very instant, in integers. */
function settleHalf({ from, to, forMs }: RatePiece, area: number, floorMs: number): number {
  if (![from, to, forMs, area].every(Number.isSafeInteger)) return floorMs + 1;
  const halves = BigInt(2 * floorMs + 1);
  const length = 4n * BigInt(forMs);
  const isPast = length * BigInt(from) * halves + BigInt(to - from) * halves * halves > length * BigInt(area);
  return isPast ? floorMs : floorMs + 1;
}
