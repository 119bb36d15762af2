/** The same traffic, more or less of it: every rate and every count of a shape times a factor. */
import type { Rate, Scenario, Shape } from '../model/scenario.ts';
import { DAY_MS } from '../model/time.ts';

/** Counts of bursts, floods and users are rounded, and are never below 1. */
export function scaled(scenario: Scenario, factor: number): Scenario {
  return { ...scenario, traffic: scenario.traffic.map((entry) => ({ ...entry, shape: scaledShape(entry.shape, factor) })) };
}

function scaledShape(shape: Shape, factor: number): Shape {
  const rate = ({ count, perMs }: Rate): Rate => ({ count: count * factor, perMs });
  const whole = (count: number): number => Math.max(1, Math.round(count * factor));
  switch (shape.kind) {
    case 'steady':
    case 'poisson':
    case 'gamma':
      return { ...shape, rate: rate(shape.rate) };
    case 'ramp':
      return { ...shape, from: rate(shape.from), to: rate(shape.to) };
    case 'stages':
      return { ...shape, from: rate(shape.from), stages: shape.stages.map(({ to, forMs }) => ({ to: rate(to), forMs })) };
    case 'stairs':
      return { ...shape, from: rate(shape.from), step: rate(shape.step) };
    case 'spike':
      return { ...shape, base: rate(shape.base), peak: rate(shape.peak) };
    case 'diurnal':
      return { ...shape, perDay: shape.perDay * factor };
    case 'burst':
    case 'flood':
      return { ...shape, requests: whole(shape.requests) };
    case 'users':
      return { ...shape, users: whole(shape.users) };
    case 'replay':
      return { ...shape, scale: shape.scale * factor };
    default:
      return shape satisfies never;
  }
}

/** Days until traffic that grows by `ratio` each `everyDays` reaches the scale; 0: it is past it already. */
export function daysUntil(scale: number, growth: { readonly ratio: number; readonly everyDays: number }): number {
  return Math.max(0, (Math.log(scale) / Math.log(1 + growth.ratio)) * growth.everyDays);
}

const EVERY_DAYS = { day: 1, week: 7, month: 30, year: 365 } as const;

/** `8%/week`; null for a text that is no growth. */
export function parseGrowth(text: string): { ratio: number; everyDays: number } | null {
  const [, percent, unit] = /^(\d+(?:\.\d+)?)\s*%\s*\/\s*(day|week|month|year)$/.exec(text.trim()) ?? [];
  if (percent === undefined || Number(percent) === 0) return null;
  return { ratio: Number(percent) / 100, everyDays: EVERY_DAYS[unit as keyof typeof EVERY_DAYS] };
}

/** Epoch ms of the day it happens. */
export function dayItHappens(startAtMs: number, days: number): number {
  return startAtMs + days * DAY_MS;
}
