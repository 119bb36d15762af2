import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pending } from '../../src/engine/pending.ts';
import { QueueDeadlines } from '../../src/engine/queue-deadlines.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import { RANK } from '../../src/model/clock.ts';

const listener = { answered() {}, retryDue() {} } as unknown as ConstructorParameters<typeof Pending>[0]; // nothing is fired here

test('each that still waits is told its deadline, in the order of waiting; the others are passed over', () => {
  const waits = fc.record({ gapMs: fc.nat(40), fate: fc.constantFrom('waits', 'leaves', 'sent', 'used again') });
  const queues = fc.array(waits, { minLength: 1, maxLength: 300 }); // more than the 64 that fit at first
  fc.assert(
    fc.property(queues, fc.integer({ min: 1, max: 2_000 }), (requests, delayMs) => {
      const clock = virtualClock();
      const told: string[] = [];
      const deadlines = new QueueDeadlines(clock, delayMs, (pending, atMs) => told.push(`${atMs} ${pending.id}`));
      const expected: string[] = [];
      let fromMs = 0;
      for (const [id, { gapMs, fate }] of requests.entries()) {
        fromMs += gapMs;
        const startMs = fromMs;
        const pending = new Pending(listener);
        pending.id = id;
        const fire = (): void => {
          pending.queued = true;
          deadlines.start(pending, startMs);
          if (fate === 'leaves') pending.queued = false;
          if (fate === 'sent') pending.attempts = 1;
          if (fate === 'used again') pending.id += 1_000;
        };
        clock.at(startMs, RANK.arrival, { fire });
        if (fate === 'waits') expected.push(`${startMs + delayMs} ${id}`);
      }
      clock.run();
      expect(told).toEqual(expected);
    }),
  );
});
