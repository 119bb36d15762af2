/** What a source of instants is. Also random ones: Poisson and gamma gaps, and a rate that changes (thinning). */
import { exponential, normalQuantile, type Stream } from '../model/chance.ts';

/** Instants in ms from the start of an entry, ascending; Infinity at the end, and from then on. Not rounded. */
export interface Times {
  next(): number;
}

/** Independent exponential gaps of this mean; the first job comes after the first gap. */
export function poissonTimes(stream: Stream, meanGapMs: number): Times {
  let atMs = 0;
  return {
    next() {
      atMs += exponential(stream.next()) * meanGapMs;
      return atMs;
    },
  };
}

/** Independent gamma gaps of this mean and coefficient of variation: shape 1/cv², scale mean·cv². cv 0 is a steady beat. */
export function gammaTimes(stream: Stream, meanGapMs: number, cv: number): Times {
  let atMs = 0;
  if (cv === 0) return { next: () => (atMs += meanGapMs) };
  const shape = 1 / (cv * cv);
  const scaleMs = meanGapMs * cv * cv;
  return {
    next() {
      atMs += gammaDraw(stream, shape) * scaleMs;
      return atMs;
    },
  };
}

/**
 * A Poisson process whose rate changes, by thinning (Lewis and Shedler 1979): candidates at the highest rate, each kept with
 * probability rate / highest. Two draws per candidate, kept or not. Ends at the horizon, so that a rate of zero ends too.
 */
export function thinnedTimes(stream: Stream, process: { ratePerMs(atMs: number): number; highestPerMs: number; horizonMs: number }): Times {
  let atMs = process.highestPerMs > 0 ? 0 : Infinity;
  return {
    next() {
      while (atMs < process.horizonMs) {
        atMs += exponential(stream.next()) / process.highestPerMs;
        const draw = stream.next() * process.highestPerMs;
        if (atMs < process.horizonMs && draw <= process.ratePerMs(atMs)) return atMs;
      }
      return Infinity;
    },
  };
}

/** A gamma draw of scale 1 (Marsaglia and Tsang 2000); below shape 1 a draw of shape + 1 times u^(1/shape). */
function gammaDraw(stream: Stream, shape: number): number {
  if (shape < 1) return gammaDraw(stream, shape + 1) * stream.next() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normalQuantile(stream.next());
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - stream.next()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
