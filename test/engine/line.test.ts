import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Alarm, Line, type Linked } from '../../src/engine/line.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import { RANK } from '../../src/model/clock.ts';

class Item implements Linked<Item> {
  previous: Item | null = null;
  next: Item | null = null;
  readonly id: number;
  readonly beganAtMs: number;

  constructor(id: number, beganAtMs: number) {
    this.id = id;
    this.beganAtMs = beganAtMs;
  }
}

test('an alarm rings for each that is still in line so long after it began, and for no other', () => {
  const lives = fc.array(fc.record({ gapMs: fc.nat(30), livesMs: fc.nat(300) }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(lives, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), (items, firstMs, secondMs) => {
      const clock = virtualClock();
      const rung: string[] = [];
      const alarm = (name: string, delayMs: number) =>
        new Alarm<Item>(
          clock,
          RANK.timer,
          delayMs,
          (item) => item.beganAtMs,
          (item, atMs) => rung.push(`${name} ${item.id} ${atMs}`),
        );
      const line = new Line([alarm('first', firstMs), alarm('second', secondMs)]);
      const expected: string[] = [];
      let atMs = 0;
      for (const [id, { gapMs, livesMs }] of items.entries()) {
        atMs += gapMs;
        const item = new Item(id, atMs);
        clock.at(atMs, RANK.arrival, { fire: () => line.append(item) });
        clock.at(atMs + livesMs, RANK.closing, { fire: () => line.remove(item) }); // after an alarm of the same instant
        if (livesMs >= firstMs) expected.push(`first ${id} ${atMs + firstMs}`);
        if (livesMs >= secondMs) expected.push(`second ${id} ${atMs + secondMs}`);
      }
      clock.run();
      expect(line.first).toBeNull();
      expect([...rung].sort()).toEqual(expected.sort());
      for (const name of ['first', 'second']) {
        const ids = rung.filter((text) => text.startsWith(name)).map((text) => Number(text.split(' ')[1]));
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
      }
    }),
  );
});

test('what an alarm takes out of the line is rung for once, and the next in its own time', () => {
  const clock = virtualClock();
  const rung: string[] = [];
  const line: Line<Item> = new Line([
    new Alarm<Item>(
      clock,
      RANK.timer,
      10,
      (item) => item.beganAtMs,
      (item, atMs) => {
        rung.push(`${item.id} ${atMs}`);
        line.remove(item);
      },
    ),
  ]);
  for (const item of [new Item(0, 0), new Item(1, 0), new Item(2, 4)])
    clock.at(item.beganAtMs, RANK.arrival, { fire: () => line.append(item) });
  clock.run();
  expect(rung).toEqual(['0 10', '1 10', '2 14']);
});
