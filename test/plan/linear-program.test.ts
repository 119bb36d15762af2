/** The most under shared limits: golden, every vertex tried, and what a price promises. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LinearProgram, maximise } from '../../src/plan/linear-program.ts';
import { meetsGolden } from './support.ts';

interface Inputs {
  readonly variables: readonly string[];
  readonly objective: readonly number[];
  readonly constraints: readonly { readonly name: string; readonly coeff: readonly number[]; readonly limit: number }[];
}

meetsGolden<Inputs>(
  'recommendation',
  ({ variables, objective, constraints }) => {
    const found = maximise({
      variables: variables.map((name, j) => ({ name, worth: objective[j]! })),
      constraints: constraints.map(({ name, coeff, limit }) => ({ name, takes: coeff, limit })),
    })!;
    return { objective: found.objective, shadowPrice: Object.fromEntries(found.prices.map(({ name, worth }) => [name, worth])) };
  },
  /^lp_/,
);

const program = (worth: readonly number[], rows: readonly (readonly [takes: readonly number[], limit: number])[]): LinearProgram => ({
  variables: worth.map((value, j) => ({ name: `x${j}`, worth: value })),
  constraints: rows.map(([takes, limit], i) => ({ name: `c${i}`, takes, limit })),
});

test('what nothing limits has no most', () => {
  expect(maximise(program([1, 1], [[[1, 0], 5]]))).toBeNull();
  expect(maximise(program([1], []))).toBeNull();
});

test('a price holds until the next limit binds, which is named', () => {
  const found = maximise(
    program(
      [1],
      [
        [[1], 10],
        [[1], 25],
      ],
    ),
  )!;
  expect(found.prices).toEqual([
    { name: 'c0', worth: 1, next: { raiseBy: 15, name: 'c1' } },
    { name: 'c1', worth: 0, next: null },
  ]);
});

test('two limits that bind at once: raising one of them alone is worth nothing', () => {
  const found = maximise(
    program(
      [1],
      [
        [[1], 10],
        [[1], 10],
      ],
    ),
  )!;
  expect(found.prices.map(({ worth }) => worth)).toEqual([0, 0]);
});

const small = fc.integer({ min: 0, max: 9 });
const programs = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
  .chain(([n, m]) =>
    fc.tuple(
      fc.array(small, { minLength: n, maxLength: n }),
      fc.array(fc.tuple(fc.array(small, { minLength: n, maxLength: n }), fc.integer({ min: 0, max: 40 })), { minLength: m, maxLength: m }),
    ),
  )
  .map(([worth, rows]) => program(worth, rows));

test('no vertex is better, and the one that is found is allowed', () => {
  fc.assert(
    fc.property(programs, (one) => {
      const found = maximise(one);
      fc.pre(found !== null);
      const x = one.variables.map(({ name }) => found!.amounts[name]!);
      for (const { takes, limit } of one.constraints) expect(dot(takes, x)).toBeLessThanOrEqual(limit + 1e-9);
      for (const value of x) expect(value).toBeGreaterThanOrEqual(-1e-9);
      expect(Math.abs(found!.objective - bestVertex(one))).toBeLessThanOrEqual(1e-7);
    }),
  );
});

test('a limit raised within its range adds just its price', () => {
  fc.assert(
    fc.property(programs, fc.double({ min: 0.01, max: 1, noNaN: true }), (one, part) => {
      const found = maximise(one);
      fc.pre(found !== null);
      for (const [i, { worth, next }] of found!.prices.entries()) {
        const rise = part * Math.min(next?.raiseBy ?? 10, 10);
        const constraints = one.constraints.map((row, k) => (k === i ? { ...row, limit: row.limit + rise } : row));
        expect(Math.abs(maximise({ ...one, constraints })!.objective - found!.objective - worth * rise)).toBeLessThanOrEqual(1e-7);
      }
    }),
  );
});

/** By trying: every choice of as many equations as variables, among limits and zeros. */
function bestVertex({ variables, constraints }: LinearProgram): number {
  const n = variables.length;
  const planes = [
    ...constraints.map(({ takes, limit }) => ({ takes: [...takes], limit })),
    ...variables.map((_, j) => ({ takes: variables.map((__, k) => (k === j ? 1 : 0)), limit: 0 })),
  ];
  let best = -Infinity;
  for (const chosen of choices(planes.length, n)) {
    const x = solved(chosen.map((i) => [...planes[i]!.takes, planes[i]!.limit]));
    if (!x || x.some((value) => value < -1e-9) || constraints.some(({ takes, limit }) => dot(takes, x) > limit + 1e-9)) continue;
    best = Math.max(
      best,
      dot(
        variables.map(({ worth }) => worth),
        x,
      ),
    );
  }
  return best;
}

function* choices(from: number, count: number, first = 0): Generator<number[]> {
  if (count === 0) yield [];
  else for (let i = first; i < from; i++) for (const rest of choices(from, count - 1, i + 1)) yield [i, ...rest];
}

/** Gauss; null where the equations do not meet in one point. */
function solved(rows: number[][]): number[] | null {
  const n = rows.length;
  for (let j = 0; j < n; j++) {
    const at = rows.findIndex((row, i) => i >= j && Math.abs(row[j]!) > 1e-9);
    if (at < 0) return null;
    [rows[j], rows[at]] = [rows[at]!, rows[j]!];
    for (let i = 0; i < n; i++) {
      if (i === j) continue;
      const factor = rows[i]![j]! / rows[j]![j]!;
      for (let k = j; k <= n; k++) rows[i]![k]! -= factor * rows[j]![k]!;
    }
  }
  return rows.map((row, j) => row[n]! / row[j]!);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
