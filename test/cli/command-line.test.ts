import { describe, expect, test } from 'vitest';
import { command } from '../support/command.ts';

describe('seeds and ports that are none', () => {
  test.each([
    ['mock', '-5'],
    ['mock', '70000'],
    ['record', '1.5'],
  ])('%s --port %s', async (name, port) => {
    const err = `--port: expected a whole number from 0 to 65535, found ${port}\n`;
    expect(await command([name, '--port', port])).toEqual({ code: 2, out: '', err });
  });

  test.each(['run', 'capacity', 'plan'])('%s --seed -1', async (name) => {
    const err = '--seed: expected a whole number from 0 to 4294967295, found -1\n';
    expect(await command([name, 'x.yaml', '--seed', '-1'])).toEqual({ code: 2, out: '', err });
  });
});
