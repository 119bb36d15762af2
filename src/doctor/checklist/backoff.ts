import type { ClientSpec } from '../../model/scenario.ts';
import { type Check, cannotKnow, fail, pass } from '../check.ts';
import { clientsInUse, type LaunchPlan } from './plan.ts';

export const backoff: Check<LaunchPlan> = {
  id: 'backoff',
  title: 'Retries back off, with jitter',
  how: 'client.retry of every client in use.',
  fix: ['Write client: { retry: recommended }, or exponential growth with jitter: full and obeyRetryInfo: true.'],
  judge: ({ scenario }) => {
    const clients = clientsInUse(scenario);
    if (clients.length === 0) return cannotKnow('Nothing is on the interactive lane.');
    const faults = clients.flatMap((client) => faultsOf(client).map((fault) => `${client.name}: ${fault}`));
    return faults.length > 0 ? fail(`${faults.join('; ')}.`) : pass('They do.');
  },
};

function faultsOf({ retry }: ClientSpec): readonly string[] {
  const retriesThrottled = (retry.throttledAttempts ?? Infinity) > 1;
  if ((retry.attempts <= 1 && !retriesThrottled) || retry.retryOn.length === 0) return ['nothing is retried'];
  const grows = retry.growth !== 'constant' || (retry.stepsMs?.length ?? 0) > 1;
  return [...(grows ? [] : ['the wait does not grow']), ...(retry.jitter === 'none' ? ['no jitter'] : [])];
}
