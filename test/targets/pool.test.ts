/** What comes over the network is bounded, and asked for where the environment says. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { SetupError } from '../../src/model/errors.ts';
import { poolExchange } from '../../src/targets/pool.ts';

afterEach(() => vi.unstubAllEnvs());

test('a body without end is cut off, and is no answer', async () => {
  const piece = Buffer.alloc(2 ** 20, 'x');
  const server = createServer((_request, response) => {
    const write = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', write).on('error', () => {});
    write();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { exchange, close } = poolExchange(1);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1beta/models/m:generateContent`;
  await expect(exchange(url, { method: 'POST', body: '{}' })).rejects.toMatchObject({ code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
  await close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each(['proxy:3128', '://x', 'http://name:pass%word@proxy:3128'])(
  'a proxy that is none (%s) is told without its password',
  (address) => {
    for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) vi.stubEnv(name, undefined);
    vi.stubEnv('HTTPS_PROXY', address);
    const open = (): unknown => poolExchange(1, true);
    expect(open).toThrow(SetupError);
    expect(open).toThrow(/no address of a proxy/);
    expect(open).not.toThrow(/word/);
    expect(poolExchange(1)).toBeDefined();
  },
);
