/** One server of the mock benchmark: the mock as `rundry mock` starts it, or bare node:http sending what the mock would send. */
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Mock } from '../../src/mock/index.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { startMock } from '../../src/run/start-mock.ts';
import { service } from '../../src/service/service.ts';
import { limits, scenario } from '../support/scenario.ts';
import { type Asked, bodyOf } from './drivers.ts';

const [face, asked] = process.argv.slice(2);
const base = scenario();
const emulated: Scenario = {
  ...base,
  quota: { ...base.quota, limits: limits(asked === '429' ? { rpd: 0 } : {}) },
  service: { ...base.service, latency: { 'gemini-3-pro-image': { kind: 'fixed', ms: 0 } } },
};

/** Asked what it holds (bytes of heap, after a collection where one can be made) and what it has cost (µs of CPU time). */
process.on('message', (question) => {
  if (question === 'memory') {
    globalThis.gc?.();
    process.send?.(String(process.memoryUsage().heapUsed));
    return;
  }
  const { user, system } = process.cpuUsage();
  process.send?.(String(user + system));
});

if (face === 'mock') process.send?.((await startMock({ scenario: emulated, seed: 1, port: 0, control: true })).url);
else {
  const { startAtMs } = base.clock;
  const sample = new Mock({ service: service(emulated, 1), startAtMs, nowMs: () => startAtMs }).handle({
    method: 'POST',
    path: '/v1/models/gemini-3-pro-image:generateContent',
    headers: { 'x-goog-api-key': 'bench' },
    body: bodyOf(asked as Asked),
  });
  const bytes = Buffer.concat([Buffer.from(sample.body), Buffer.from(sample.tail ?? '')]);
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(sample.status, { ...sample.headers, 'content-length': bytes.length });
      response.end(bytes);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
}
