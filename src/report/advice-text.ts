/** The short advice of a run: what to set, why, and where the proof is. */
import type { Advice } from '../analysis/summary.ts';

/** One line each; empty where nothing is to be changed. */
export function adviceLines(advice: readonly Advice[]): string[] {
  if (advice.length === 0) return [];
  return [
    ...advice.map(({ setting, from, to, why }) => `${setting}: ${valueText(from, 'none')} → ${valueText(to, '?')}. ${why}`),
    'By arithmetic on this run. For proof: rundry plan FILE tries these and others on seeds of their own and says what each is worth.',
  ];
}

/** A value as a scenario file writes it in one line. @param nothing what stands for null and undefined */
export function valueText(value: unknown, nothing: string): string {
  if (value === null || value === undefined) return nothing;
  if (Array.isArray(value)) return `[${value.map((item) => valueText(item, 'none')).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const keys = Object.entries(value).map(([key, item]) => `${key}: ${valueText(item, 'none')}`);
  return `{${keys.join(', ')}}`;
}
