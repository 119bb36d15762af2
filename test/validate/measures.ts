/** The names that the golden files give to what can be measured. Times are in the units of the case. */
import type { Observation } from './observation.ts';

export interface Measure {
  /** What the smallest visible difference depends on. */
  readonly of: 'time' | 'share' | 'number';
  readonly from: (seen: Observation) => number;
}

/** null: a name that nothing measures. */
export function measure(name: string): Measure | null {
  const state = /^pN\[(\d+)\]$/.exec(name)?.[1];
  if (state !== undefined) return { of: 'share', from: (seen) => seen.inSystemRatio(Number(state)) };
  return MEASURES[name] ?? null;
}

const MINUTES_PER_HOUR = 60;
const SECONDS_PER_MINUTE = 60;

const MEASURES: Readonly<Record<string, Measure>> = {
  Wq: { of: 'time', from: (seen) => seen.meanWait },
  W: { of: 'time', from: (seen) => seen.meanStay },
  WqMinutes: { of: 'time', from: (seen) => seen.meanWait * MINUTES_PER_HOUR },
  WMinutes: { of: 'time', from: (seen) => seen.meanStay * MINUTES_PER_HOUR },
  wqP95: { of: 'time', from: (seen) => seen.waitQuantile(0.95) },
  wP95: { of: 'time', from: (seen) => seen.stayQuantile(0.95) },
  L: { of: 'number', from: (seen) => seen.meanInSystem },
  meanInSystem: { of: 'number', from: (seen) => seen.meanInSystem },
  Lq: { of: 'number', from: (seen) => seen.meanWaiting },
  p0: { of: 'share', from: (seen) => seen.inSystemRatio(0) },
  p5plus: { of: 'share', from: (seen) => seen.atLeastRatio(5) },
  pN10plus: { of: 'share', from: (seen) => seen.atLeastRatio(10) },
  pWait: { of: 'share', from: (seen) => seen.waitedLongerRatio(0) },
  pWaitArrival: { of: 'share', from: (seen) => seen.waitedLongerRatio(0) },
  pWqGreaterOneService: { of: 'share', from: (seen) => seen.waitedLongerRatio(seen.options.serviceUnits) },
  blocking: { of: 'share', from: (seen) => seen.lossRatio },
  rho: { of: 'share', from: (seen) => seen.busyRatio },
  utilisation: { of: 'share', from: (seen) => seen.busyRatio },
  throughput: { of: 'number', from: (seen) => seen.throughput },
  effectiveLambda: { of: 'number', from: (seen) => seen.throughput },
  efficiencyF: { of: 'share', from: (seen) => 1 - seen.meanWaiting / seen.options.population },
  meanWaitWindows: { of: 'time', from: (seen) => seen.meanWait },
  meanWaitSecondsIfMinute: { of: 'time', from: (seen) => seen.meanWait * SECONDS_PER_MINUTE },
  fixedWindowCarryOver: { of: 'number', from: (seen) => mean(seen.carriedOver()) },
  probNoCarryOver: { of: 'share', from: (seen) => mean(seen.carriedOver().map((waiting) => (waiting === 0 ? 1 : 0))) },
};

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
