/** Whether a scenario leaves anything to chance. Where it does not, one seed says what every seed would. */
import type { ModelId } from '../model/names.ts';
import type { ClientSpec, Scenario } from '../model/scenario.ts';

/** Says no where it is not sure: what is asked is only whether a second seed could differ. */
export function isChanceless(scenario: Scenario): boolean {
  const { service, traffic, clients } = scenario;
  return (
    service.overload.length === 0 &&
    service.blockRatio === 0 &&
    service.promptBlockRatio === 0 &&
    service.errorRatio === 0 &&
    service.faults.length === 0 &&
    scenario.quota.spread !== 'least-loaded' &&
    traffic.every(({ shape, lane }) => isFixed(shape) && lane === 'interactive') &&
    clients.every(isPredictable) &&
    models(scenario).every((model) => service.latency[model]?.kind === 'fixed')
  );
}

function isFixed(shape: Scenario['traffic'][number]['shape']): boolean {
  switch (shape.kind) {
    case 'steady':
    case 'ramp':
    case 'stages':
    case 'stairs':
    case 'spike':
    case 'burst':
    case 'flood':
      return true;
    case 'users':
      return shape.thinkDistribution === 'fixed';
    case 'replay':
      return shape.scale === 1 && (shape.trace?.models.length ?? 1) === 0;
    case 'poisson':
    case 'gamma':
    case 'diurnal':
      return false;
    default:
      return shape satisfies never;
  }
}

/** No wait is drawn, and nothing is sent where answers are drawn. */
function isPredictable({ retry, fallback }: ClientSpec): boolean {
  const neverWaits = retry.attempts <= 1 && retry.throttledAttempts !== null && retry.throttledAttempts <= 1;
  return (neverWaits || retry.jitter === 'none') && fallback.every(({ to }) => 'model' in to);
}

function models({ traffic, clients }: Scenario): ModelId[] {
  const fallbacks = clients.flatMap(({ fallback }) => fallback.flatMap(({ to }) => ('model' in to ? [to.model] : [])));
  return [...traffic.map(({ request }) => request.model), ...fallbacks];
}
