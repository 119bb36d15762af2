/** Cases of ../shared/golden checked key by key, with the tolerance that the file or the case states. */
import { expect, test } from 'vitest';
import { golden } from '../quota/golden.ts';

export interface Case<Inputs> {
  readonly id: string;
  readonly title?: string;
  readonly inputs: Inputs;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly tolerance?: Tolerance;
}

interface Tolerance {
  readonly abs: number;
  readonly rel: number;
}

/** One test for each case; one skipped test where the folder is absent. */
export function meetsGolden<Inputs>(
  name: string,
  answer: (inputs: Inputs, id: string) => Readonly<Record<string, unknown>>,
  only?: RegExp,
  /** Of what is expected; all of it where left out. */
  keys?: readonly string[],
): void {
  const file = golden<Case<Inputs>>(name) as ({ defaultTolerance: Tolerance } & { cases: readonly Case<Inputs>[] }) | null; // as generated
  if (file === null) {
    test.skip(`golden/${name} is absent`, () => {});
    return;
  }
  for (const { id, title = '', inputs, expected, tolerance } of file.cases.filter((one) => only?.test(one.id) ?? true)) {
    test(`${name} ${id} ${title}`, () => {
      const got = answer(inputs, id);
      for (const key of keys ?? Object.keys(expected)) same(got[key], expected[key], tolerance ?? file.defaultTolerance, `${id} ${key}`);
    });
  }
}

function same(got: unknown, expected: unknown, tolerance: Tolerance, where: string): void {
  if (typeof expected === 'number') {
    expect(typeof got, where).toBe('number');
    expect(Math.abs((got as number) - expected), `${where}: got ${String(got)}, expected ${expected}`).toBeLessThanOrEqual(
      Math.max(tolerance.abs, tolerance.rel * Math.abs(expected)),
    );
  } else if (typeof expected === 'object' && expected !== null && !Array.isArray(expected)) {
    for (const [key, value] of Object.entries(expected)) same((got as Record<string, unknown>)[key], value, tolerance, `${where}.${key}`);
  } else if (Array.isArray(expected)) {
    expected.forEach((value, i) => same((got as unknown[])[i], value, tolerance, `${where}[${i}]`));
  } else expect(got, where).toEqual(expected);
}
