/** `METRIC OP VALUE` about the change between two runs: `-5%` is a share of the first run's value, `-5s` an amount. */
import type { ChangeRule } from '../model/change-rule.ts';
import { nearest } from '../model/nearest.ts';
import { EXPECTED, METRICS, type MetricUnit, readValue } from './thresholds.ts';

/** The rule, or as a text what is wrong with it. Names of buckets take `!= base` alone. */
export function parseChangeRule(expression: string): ChangeRule | string {
  const match = /^\s*([\w.]+)\s*(<=|>=|!=|==|=|<|>)\s*(.+?)\s*$/.exec(expression);
  if (!match) return `"${expression}": expected METRIC OP CHANGE such as delivered_per_min < -5%`;
  const [, metric, op, written] = match as unknown as [string, string, string, string];
  const unit = METRICS.get(metric);
  const said = (what: string): string => `"${expression}": ${what}`;
  if (unit === undefined) {
    const meant = nearest(metric, [...METRICS.keys()]);
    return said(`there is no metric ${metric}${meant === null ? '' : `, did you mean ${meant}?`}`);
  }
  if (unit === 'bucket')
    return op === '!=' && written === 'base'
      ? { expression, metric, op, than: { kind: 'name' } }
      : said(`${metric} is a name: the only rule about it is ${metric} != base`);
  if (op === '==' || op === '=' || op === '!=') return said(`${metric} is a number: compare its change with <, <=, > or >=`);
  const than = changeOf(written, unit);
  if (than === null)
    return said(`expected a share such as -5%, or ${EXPECTED[unit].replace(/, or a duration| or 99%/g, '')}, found "${written}"`);
  return { expression, metric, op: op as '<' | '<=' | '>' | '>=', than };
}

/** With its sign, which is the direction of the change. */
function changeOf(written: string, unit: MetricUnit): ChangeRule['than'] | null {
  const [, sign, amount] = /^([+-]?)\s*(.*)$/.exec(written) as unknown as [string, string, string];
  const signed = (value: number): number => (sign === '-' && value !== 0 ? -value : value);
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(amount);
  if (share) return { kind: 'ratio', value: signed(Number((Number(share[1]) / 100).toPrecision(12))) };
  if (amount.startsWith('-')) return null;
  const value = readValue(amount, unit);
  return typeof value === 'number' ? { kind: 'amount', value: signed(value) } : null;
}
