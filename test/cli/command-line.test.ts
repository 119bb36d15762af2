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

describe('options that are not given as they are declared', () => {
  test.each([
    [['run', 'x.yaml', '--seed', '1', '--seed', '2'], '--seed: given more than once'],
    [['limits', 'import', '--project', 'a', '--project', 'b'], '--project: given more than once'],
    [['run', 'x.yaml', '--seed'], '--seed: expected a value, found none'],
    [['run', 'x.yaml', '--mode', '--quiet'], '--mode: expected a value, found none'],
    [['run', 'x.yaml', '--out='], '--out: expected a value, found none'],
    [['mock', '--key', ''], '--key: expected a value, found none'],
    [['run', 'x.yaml', '--set'], '--set: expected a value, found none'],
    [['run', 'x.yaml', '--no-seed'], '--no-seed: there is no such option'],
    [['run', 'x.yaml', '--quiet=loud'], '--quiet: is given without a value, or as --no-quiet'],
    [['plan', 'x.yaml', '--seeds', '3', '--verify', '4', '--analytic'], '--seeds: only with --when\n--verify: not with --analytic'],
    [['plan', 'x.yaml', '--when', 'night', '--analytic'], '--when: not with --analytic'],
    [['plan', 'nope.yaml', '--write-client'], 'nope.yaml: no such file'],
    [['mock', '--speed', '0'], '--speed: expected a number above 0, found 0'],
    [['mock', '--body-limit', '-1'], '--body-limit: expected a number above 0, found -1'],
    [['mock', '--tls-cert', 'a.pem'], '--tls-cert: needs --tls-key too'],
    [['run', 'nope.yaml', '--duration', '-5m', '--quiet', '--quiet'], 'nope.yaml: no such file'],
    [['run'], 'Too little is named: rundry run <files..>'],
    [['frobnicate'], 'frobnicate is no command; rundry --help lists them.'],
  ])('rundry %j is exit 2', async (args, err) => {
    expect(await command(args)).toEqual({ code: 2, out: '', err: `${err}\n` });
  });
});
