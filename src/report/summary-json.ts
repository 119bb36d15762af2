/** summary.json: the keys of the contract in its order, then ours. */
import type { Summary } from '../analysis/summary.ts';

const CONTRACT_KEYS = [
  'schemaVersion',
  'runId',
  'tool',
  'scenario',
  'mode',
  'seed',
  'startAt',
  'durationMs',
  'jobs',
  'requests',
  'dropped',
  'attempts',
  'images',
  'firstBucket',
  'tightestBucket',
  'bindingBucket',
  'buckets',
  'latencyMs',
  'queueWaitMs',
  'serviceMs',
  'lanes',
  'traffic',
  'breakers',
  'attribution',
  'costUsd',
  'thresholds',
  'passed',
  'advice',
  'warnings',
] as const satisfies readonly (keyof Summary)[];

/** Ends with a line end; the same summary gives the same bytes. */
export function summaryJson(summary: Summary): string {
  const contract = Object.fromEntries(CONTRACT_KEYS.map((key) => [key, summary[key]]));
  return `${JSON.stringify({ ...contract, ...rest(summary) }, null, 2)}\n`;
}

function rest(summary: Summary): object {
  const isOfContract = (key: string): boolean => (CONTRACT_KEYS as readonly string[]).includes(key);
  return Object.fromEntries(Object.entries(summary).filter(([key]) => !isOfContract(key)));
}
