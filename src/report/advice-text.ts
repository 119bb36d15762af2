/** The short advice of a run: what to set, why, and where the proof is. */
import type { Advice } from '../analysis/summary.ts';
import { valueText } from '../plan/say.ts';

/** One line each; empty where nothing is to be changed. */
export function adviceLines(advice: readonly Advice[]): string[] {
  if (advice.length === 0) return [];
  return [
    ...advice.map(({ setting, from, to, why }) => `${setting}: ${valueText(from, 'none')} → ${valueText(to, '?')}. ${why}`),
    'By arithmetic on this run. For proof: rundry plan FILE tries these and others on seeds of their own and says what each is worth.',
  ];
}
