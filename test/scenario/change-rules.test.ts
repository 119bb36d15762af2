/** Rules about the change between two runs, as they are written. */
import { describe, expect, test } from 'vitest';
import { parseChangeRule } from '../../src/scenario/change-rules.ts';

describe('a rule about change', () => {
  test.each([
    ['delivered_per_min < -5%', '<', { kind: 'ratio', value: -0.05 }],
    ['latency_ms_p95 > +20 %', '>', { kind: 'ratio', value: 0.2 }],
    ['latency_ms_p95 >= 5s', '>=', { kind: 'amount', value: 5_000 }],
    ['latency_ms_p95 <= -5s', '<=', { kind: 'amount', value: -5_000 }],
    ['latency_ms_p95 > 1500', '>', { kind: 'amount', value: 1_500 }],
    ['success_ratio<-0.01', '<', { kind: 'amount', value: -0.01 }],
    ['success_ratio < -1%', '<', { kind: 'ratio', value: -0.01 }],
    ['cost_usd > 0', '>', { kind: 'amount', value: 0 }],
    ['delivered_per_min < -0.5/min', '<', { kind: 'amount', value: -0.5 }],
    ['first_bucket != base', '!=', { kind: 'name' }],
  ])('%s', (expression, op, than) => {
    expect(parseChangeRule(expression)).toEqual({ expression, metric: expression.split(/[ <>]/)[0], op, than });
  });

  test.each([
    ['delivered', 'expected METRIC OP CHANGE such as delivered_per_min < -5%'],
    ['delivered_per_mni < -5%', 'there is no metric delivered_per_mni, did you mean delivered_per_min?'],
    ['first_bucket < base', 'first_bucket is a name: the only rule about it is first_bucket != base'],
    ['first_bucket != rpm', 'first_bucket is a name: the only rule about it is first_bucket != base'],
    ['success_ratio == -5%', 'success_ratio is a number: compare its change with <, <=, > or >='],
    ['success_ratio < --5%', 'expected a share such as -5%'],
    ['latency_ms_p95 > 5 parsecs', 'expected a share such as -5%, or ms such as 60000'],
  ])('%s is refused', (expression, text) => {
    expect(parseChangeRule(expression)).toContain(`"${expression}": ${text}`);
  });
});
