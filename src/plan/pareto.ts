/** What nothing else beats: as simple, as cheap, as fast and as successful at once. */
import type { Finalist } from './result.ts';

/** Of equals the first stays. By complexity, then cost. */
export function paretoFront(findings: readonly Finalist[]): Finalist[] {
  const points = findings.map((finding) => ({ finding, values: valuesOf(finding) }));
  const front = points.filter(({ values }, i) => !points.some((other, k) => k !== i && beats(other.values, values, k < i)));
  return front.map(({ finding }) => finding).sort((a, b) => a.candidate.complexity - b.candidate.complexity || cost(a) - cost(b));
}

/** Lower is better. */
function valuesOf({ candidate, measured }: Finalist): readonly number[] {
  return [
    candidate.complexity,
    measured.cost_usd?.mean ?? Infinity,
    measured.latency_ms_p95?.mean ?? Infinity,
    -(measured.success_ratio?.mean ?? 0),
  ];
}

function beats(a: readonly number[], b: readonly number[], isFirst: boolean): boolean {
  const isNowhereWorse = a.every((value, i) => value <= b[i]!);
  return isNowhereWorse && (isFirst || a.some((value, i) => value < b[i]!));
}

function cost({ measured }: Finalist): number {
  return measured.cost_usd?.mean ?? Infinity;
}
