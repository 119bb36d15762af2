/**
 * The most of something under limits that share it: maximise c x where A x <= b and x >= 0, with what one more unit of each
 * limit is worth and what binds after it.
 *
 * Simplex on a tableau; the limits are never negative, so x = 0 is where it starts. The right-hand side is carried as
 * b + epsilon e, which decides ties: the answer holds for an infinitesimally higher limit, so that its price is the exact
 * derivative to the right also where several limits bind at once.
 */
import { invariant } from '../model/errors.ts';

export interface LinearProgram {
  /** What each variable is called, and what one unit of it adds to the objective. */
  readonly variables: readonly { readonly name: string; readonly worth: number }[];
  readonly constraints: readonly {
    readonly name: string;
    /** What one unit of each variable takes. */
    readonly takes: readonly number[];
    /** 0 or more. */
    readonly limit: number;
  }[];
}

export interface Price {
  readonly name: string;
  /** d objective / d limit, for a rise. */
  readonly worth: number;
  /** Up to which rise that stays so, and which limit or variable then takes its place; null: for ever. */
  readonly next: { readonly raiseBy: number; readonly name: string } | null;
}

export interface Optimum {
  readonly objective: number;
  /** One best mix; there may be others as good. */
  readonly amounts: Readonly<Record<string, number>>;
  readonly prices: readonly Price[];
}

/** null: nothing limits the objective. */
export function maximise(program: LinearProgram): Optimum | null {
  const plain = solve(program, null);
  if (!plain) return null;
  const amounts = Object.fromEntries(program.variables.map(({ name }, j) => [name, plain.valueOf(j)]));
  const prices = program.constraints.map(({ name }, i): Price => {
    const raised = solve(program, i);
    invariant(raised, 'a higher limit leaves a bounded program bounded, or the plain one was not');
    return { name, worth: raised.slope, next: raised.next };
  });
  return { objective: plain.objective, amounts, prices };
}

interface Solved {
  readonly objective: number;
  readonly slope: number;
  readonly next: Price['next'];
  valueOf(variable: number): number;
}

/** Below this a number of the tableau is rounding. */
const ZERO = 1e-12;

function solve({ variables, constraints }: LinearProgram, raised: number | null): Solved | null {
  const n = variables.length;
  const m = constraints.length;
  // One row each: takes, slack, then the limit and its epsilon. Rows are scaled, so that dollars and tokens are alike.
  const rows = constraints.map(({ takes, limit }, i) => {
    invariant(limit >= 0 && takes.length === n, 'limits are not negative and every variable has a coefficient');
    const slack = Array.from({ length: m }, (_, k) => (k === i ? 1 : 0));
    return [...takes, ...slack, limit, i === raised ? 1 : 0];
  });
  const reduced = [...variables.map(({ worth }) => worth), ...Array.from({ length: m + 2 }, () => 0)];
  const basis = constraints.map((_, i) => n + i);
  for (;;) {
    const entering = reduced.findIndex((worth, j) => j < n + m && worth > ZERO); // Bland: the first one, so that it ends
    if (entering < 0) break;
    const leaving = leavingRow(rows, entering, n + m, basis);
    if (leaving === null) return null;
    pivot(rows, reduced, leaving, entering);
    basis[leaving] = entering;
  }
  const nameOf = (j: number): string => (j < n ? variables[j]!.name : constraints[j - n]!.name);
  return {
    objective: 0 - reduced[n + m]!,
    slope: 0 - reduced[n + m + 1]!,
    next: firstToGo(rows, basis, n + m, nameOf),
    valueOf: (j) => (basis.includes(j) ? rows[basis.indexOf(j)]![n + m]! : 0),
  };
}

/** The row that allows least, epsilon deciding ties; null: none holds it back. */
function leavingRow(rows: readonly number[][], entering: number, at: number, basis: readonly number[]): number | null {
  let best: number | null = null;
  for (const [i, row] of rows.entries()) {
    const takes = row[entering]!;
    if (takes <= ZERO) continue;
    if (best === null) {
      best = i;
      continue;
    }
    const other = rows[best]!;
    const difference = row[at]! / takes - other[at]! / other[entering]!;
    const epsilon = row[at + 1]! / takes - other[at + 1]! / other[entering]!;
    const order = Math.abs(difference) > ZERO ? difference : Math.abs(epsilon) > ZERO ? epsilon : basis[i]! - basis[best]!;
    if (order < 0) best = i;
  }
  return best;
}

function pivot(rows: readonly number[][], reduced: number[], leaving: number, entering: number): void {
  const pivotRow = rows[leaving]!;
  const by = pivotRow[entering]!;
  for (let j = 0; j < pivotRow.length; j++) pivotRow[j]! /= by;
  for (const row of [...rows, reduced]) {
    const factor = row[entering]!;
    if (row === pivotRow || factor === 0) continue;
    for (let j = 0; j < row.length; j++) row[j]! -= factor * pivotRow[j]!;
  }
}

/** How far the limit may rise until something in the mix reaches its end. */
function firstToGo(rows: readonly number[][], basis: readonly number[], at: number, nameOf: (j: number) => string): Price['next'] {
  let next: Price['next'] = null;
  for (const [i, row] of rows.entries()) {
    if (row[at + 1]! >= -ZERO) continue;
    const raiseBy = row[at]! / -row[at + 1]!;
    if (next === null || raiseBy < next.raiseBy) next = { raiseBy, name: nameOf(basis[i]!) };
  }
  return next;
}
