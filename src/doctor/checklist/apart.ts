import type { ClientSpec } from '../../model/scenario.ts';
import { type Check, cannotKnow, fail, pass } from '../check.ts';
import { clientsInUse, type LaunchPlan } from './plan.ts';

export const apart: Check<LaunchPlan> = {
  id: 'apart',
  title: '429 and 503 are handled apart',
  how: 'client.retry: whether a 429 waits as long as it says, a spent day is known, and a 503 has a backoff of its own.',
  fix: ['Write client: { retry: recommended }; or obeyRetryInfo: true, onDailyLimit: giveUp or wait, and both 429 and 503 in retryOn.'],
  judge: ({ scenario }) => {
    const clients = clientsInUse(scenario);
    if (clients.length === 0) return cannotKnow('Nothing is on the interactive lane.');
    const faults = clients.flatMap((client) => faultsOf(client).map((fault) => `${client.name}: ${fault}`));
    return faults.length > 0 ? fail(`${faults.join('; ')}.`) : pass('They are.');
  },
};

function faultsOf({ retry, fallback }: ClientSpec): readonly string[] {
  const faults: string[] = [];
  if (retry.countsTogether) faults.push('one loop counts both');
  if (retry.retryOn.includes(429) && !retry.obeyRetryInfo) faults.push('a 429 is tried again before the time it says');
  if (retry.onDailyLimit === 'ignore') faults.push('a spent day is taken for a spent minute');
  const minds503 = retry.retryOn.some((cause) => cause === 503 || cause === '5xx') || fallback.length > 0;
  if (!minds503) faults.push('nothing is done about a 503');
  if (!retry.retryOn.includes(429)) faults.push('nothing is done about a 429');
  return faults;
}
