import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BAD, outcomeOf } from './bad-fixture.ts';

const names = readdirSync(BAD).filter((name) => /\.(yaml|csv|jsonl)$/.test(name));

describe('fixtures/bad: every problem at once, and the exit code', () => {
  test('there are enough of them', () => expect(names.length).toBeGreaterThanOrEqual(20));

  test.each(names)('%s', (name) => {
    expect(outcomeOf(name)).toBe(readFileSync(join(BAD, name.replace(/\.\w+$/, '.expected.txt')), 'utf8'));
  });
});
