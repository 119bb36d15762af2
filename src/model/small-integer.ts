/** Keeps whole numbers in the form that engines handle without a box. */

const SMALL_MAX = 2 ** 31 - 1;

/**
 * The same whole number, not negative. What comes out of a typed array or of arithmetic on large instants is a double to the
 * engine, which then boxes it at every call; up to 2^31 (24 days of ms) it is turned back into a small integer.
 */
export function smallInteger(value: number): number {
  return value <= SMALL_MAX ? value | 0 : value;
}
