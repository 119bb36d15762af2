/**
 * What a value of somebody else's JSON says as a word; '' for what is none. `String` throws at objects without a prototype and at
 * those with a `toString` that is no function, and either may come over the network.
 */
export function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
