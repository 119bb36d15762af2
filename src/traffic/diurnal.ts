/** How many jobs an hour of the day brings, on the wall clock of a zone. */
import type { Shape } from '../model/scenario.ts';
import { HOUR_MS, MINUTE_MS } from '../model/time.ts';

/**
 * Weights of the 24 hours from midnight, wall time; only their ratios count.
 *
 * `people`: a consumer app's day, lowest before dawn, highest in the evening. Assumed; its first harmonic is near the 0.6 to
 * 0.8 of the mean that interactive services show.
 */
export const PRESET_WEIGHTS: Readonly<Record<'people', readonly number[]>> = {
  people: [34, 22, 14, 10, 8, 10, 16, 28, 42, 54, 62, 68, 74, 74, 72, 72, 76, 82, 90, 98, 100, 94, 76, 54],
};

/** Offsets of all zones, and the instants they change at, are multiples of this. */
const ZONE_GRAIN_MS = 15 * MINUTE_MS;

/** The rate, in jobs per ms, that a diurnal shape has at an instant; and the highest it ever has. */
export function diurnalRate(shape: Extract<Shape, { kind: 'diurnal' }>): { ratePerMs(epochMs: number): number; highestPerMs: number } {
  const total = shape.weights.reduce((sum, weight) => sum + weight, 0);
  const perMs = shape.weights.map((weight) => (total > 0 ? (shape.perDay * weight) / total / HOUR_MS : 0));
  const hourOf = wallHour(shape.zone);
  let grain = Number.NaN;
  let current = 0;
  return {
    highestPerMs: Math.max(...perMs),
    ratePerMs(epochMs) {
      const grainNow = Math.floor(epochMs / ZONE_GRAIN_MS);
      if (grainNow !== grain) {
        grain = grainNow;
        current = perMs[hourOf(grain * ZONE_GRAIN_MS)] ?? 0;
      }
      return current;
    },
  };
}

function wallHour(zone: string): (epochMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' });
  return (epochMs) => Number(format.format(epochMs));
}
