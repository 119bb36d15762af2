import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConstantDelay } from '../../src/engine/constant-delay.ts';
import { Pending } from '../../src/engine/pending.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import { RANK } from '../../src/model/clock.ts';

const listener = { answered() {}, retryDue() {} } as unknown as ConstructorParameters<typeof Pending>[0]; // nothing is fired here

test('each ends the delay after its start, in the order of starting, with the ticket it was given', () => {
  const gaps = fc.array(fc.nat(40), { minLength: 1, maxLength: 300 }); // more than the 64 that fit at first
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 2_000 }), (starts, delayMs) => {
      const clock = virtualClock();
      const ended: string[] = [];
      const delay = new ConstantDelay(clock, RANK.timer, delayMs, (pending, ticket, atMs) => {
        ended.push(`${atMs} ${ticket}`);
        expect(pending.id).toBe(ticket);
        expect(pending.references).toBe(0);
      });
      let fromMs = 0;
      const expected: string[] = [];
      for (const [ticket, gap] of starts.entries()) {
        fromMs += gap;
        const pending = new Pending(listener);
        pending.id = ticket;
        const startMs = fromMs;
        clock.at(startMs, RANK.arrival, {
          fire() {
            delay.start(pending, ticket, startMs);
            expect(pending.references).toBe(1);
          },
        });
        expected.push(`${startMs + delayMs} ${ticket}`);
      }
      clock.run();
      expect(ended).toEqual(expected);
    }),
  );
});

test('one that ends may start another', () => {
  const clock = virtualClock();
  const ended: number[] = [];
  const pending = new Pending(listener);
  const delay: ConstantDelay = new ConstantDelay(clock, RANK.timer, 10, (_, ticket, atMs) => {
    ended.push(atMs);
    if (ticket < 3) delay.start(pending, ticket + 1, atMs);
  });
  delay.start(pending, 0, 0);
  clock.run();
  expect(ended).toEqual([10, 20, 30, 40]);
});
