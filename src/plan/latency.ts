/** The mean of a latency, which Little's law needs: of a model at a size, or as the scenario states it. */
import { findModel } from '../model/catalogue.ts';
import { invariant } from '../model/errors.ts';
import type { ModelId, Size } from '../model/names.ts';
import type { LatencySpec } from '../model/scenario.ts';

/** The 95 % quantile of the standard normal distribution. */
const Z95 = 1.6448536269514722;

/** @param spec null: what the catalogue knows */
export function meanLatencyMs(spec: LatencySpec | null, model: ModelId, size: Size): number {
  const known = spec ?? catalogued(model, size);
  switch (known.kind) {
    case 'fixed':
      return known.ms;
    case 'lognormal':
      return lognormalMeanMs(known.p50Ms, known.p95Ms);
    case 'exponential':
    case 'erlang2':
      return known.meanMs;
    default:
      return known satisfies never;
  }
}

/** Of a log-normal distribution: p50 e^(sigma^2 / 2), sigma = ln(p95 / p50) / z95. */
export function lognormalMeanMs(p50Ms: number, p95Ms: number): number {
  return p50Ms * Math.exp((Math.log(p95Ms / p50Ms) / Z95) ** 2 / 2);
}

function catalogued(id: ModelId, size: Size): LatencySpec {
  const model = findModel(id);
  const known = model?.latencyMs[size] ?? model?.latencyMs[model.defaultSize];
  invariant(known, `the catalogue knows the latency of ${id}`);
  return { kind: 'lognormal', p50Ms: known.p50, p95Ms: known.p95 };
}
