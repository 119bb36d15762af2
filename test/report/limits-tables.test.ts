import { expect, test } from 'vitest';
import { limitsTable } from '../../src/report/limits-tables.ts';
import { limits } from '../support/scenario.ts';

test('money is in dollars, also where only an interval of it is known', () => {
  const known = limits({ spend10m: 10_000_000 }).find(({ bucket }) => bucket === 'spend10m')!;
  const between = { ...known, state: 'unknown', limit: null, interval: [8_000_000, 12_000_000] } as const;
  expect(limitsTable([{ tier: '1', limits: [known] }])).toContain('$10');
  expect(limitsTable([{ tier: '1', limits: [between] }])).toContain('$8..$12');
});
