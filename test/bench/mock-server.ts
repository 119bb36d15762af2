/** One server of the mock benchmark: the mock, or bare node:http sending what the mock would send. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen, Mock } from '../../src/mock/index.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { service } from '../../src/service/service.ts';
import { limits, scenario } from '../support/scenario.ts';

const [face, body] = process.argv.slice(2);
const base = scenario();
const emulated: Scenario = {
  ...base,
  quota: { ...base.quota, limits: limits(body === '429' ? { rpd: 0 } : {}) },
  service: { ...base.service, latency: { 'gemini-3-pro-image': { kind: 'fixed', ms: 0 } } },
};
const mock = new Mock({
  service: service(emulated, 1),
  startAtMs: base.clock.startAtMs,
  nowMs: () => base.clock.startAtMs + Math.floor(performance.now()),
});
const sample = mock.handle({
  method: 'POST',
  path: '/v1/models/gemini-3-pro-image:generateContent',
  headers: { 'x-goog-api-key': 'bench' },
  body: '{"contents":[{"role":"user","parts":[{"text":"a red mug"}]}]}',
});

/** Asked how much it holds, after a collection where one can be made. */
process.on('message', () => {
  globalThis.gc?.();
  process.send?.(String(process.memoryUsage().heapUsed));
});

if (face === 'mock') process.send?.((await listen(mock, { port: 0 })).url);
else {
  const bytes = typeof sample.body === 'string' ? Buffer.from(sample.body) : sample.body;
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(sample.status, { ...sample.headers, 'content-length': bytes.length });
      response.end(bytes);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
}
