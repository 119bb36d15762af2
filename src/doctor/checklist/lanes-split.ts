import { type Check, fail, pass } from '../check.ts';
import { interactiveEntries, type LaunchPlan } from './plan.ts';

export const lanesSplit: Check<LaunchPlan> = {
  id: 'lanes-split',
  title: 'Work that can wait is not in the way of people',
  how: 'Entries with a deadline, and floods, on the interactive lane, in one queue with others.',
  fix: ['Put it on lane: batch (half the price, limits of its own), or give the entry a client and a lower priority of its own.'],
  judge: ({ scenario }) => {
    const entries = interactiveEntries(scenario);
    const inTheWay = entries.filter((entry) => {
      const canWait = entry.deadlineMs !== null || entry.shape.kind === 'flood';
      const others = entries.filter((other) => other !== entry && other.client === entry.client && other.priority <= entry.priority);
      return canWait && (others.length > 0 || entry.shape.kind === 'flood');
    });
    if (inTheWay.length === 0) return pass('None is.');
    return fail(
      `${inTheWay.map(({ name }) => `"${name}"`).join(', ')} could wait, and take${inTheWay.length === 1 ? 's' : ''} interactive quota.`,
    );
  },
};
