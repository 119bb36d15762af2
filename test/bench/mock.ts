/** The mock over HTTP against a bare node:http server that sends the same bytes, driven by autocannon, each in a process of its own. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { median } from './measure.ts';

export interface MockRow {
  readonly body: string;
  readonly mockPerSecond: number;
  readonly barePerSecond: number;
  readonly ratio: number;
  /** 99th percentile of the mock's answers over that of the bare server's. */
  readonly p99Ratio: number;
}

const SERVER = fileURLToPath(new URL('./mock-server.ts', import.meta.url));
const CONNECTIONS = 32;

/** @param rounds pairs, interleaved; the ratio is the median of theirs */
export async function benchMock(rounds: number, seconds: number): Promise<MockRow[]> {
  const cores = availableParallelism();
  pin(process.pid, '1');
  try {
    return await pairs(rounds, seconds);
  } finally {
    pin(process.pid, `0-${cores - 1}`); // what is measured next may use them all
  }
}

async function pairs(rounds: number, seconds: number): Promise<MockRow[]> {
  const rows: MockRow[] = [];
  for (const body of ['429', 'image'] as const) {
    const mocks: Driven[] = [];
    const bares: Driven[] = [];
    const servers = await Promise.all((['mock', 'bare'] as const).map((face) => start(face, body)));
    for (let round = 0; round < rounds; round++) {
      mocks.push(await drive(servers[0]!.url, seconds));
      bares.push(await drive(servers[1]!.url, seconds));
    }
    for (const server of servers) server.child.kill();
    rows.push({
      body,
      mockPerSecond: median(mocks.map(({ perSecond }) => perSecond)),
      barePerSecond: median(bares.map(({ perSecond }) => perSecond)),
      ratio: median(mocks.map(({ perSecond }, i) => perSecond / bares[i]!.perSecond)),
      p99Ratio: median(mocks.map(({ msP99 }, i) => msP99 / Math.max(1, bares[i]!.msP99))),
    });
  }
  return rows;
}

export function start(face: 'mock' | 'bare', body: '429' | 'image'): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(SERVER, [face, body], { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    child.once('message', (url) => {
      pin(child.pid, '0');
      resolve({ child, url: String(url) });
    });
    child.once('error', reject);
  });
}

/** Server and client on a core each, where the system can say so: what the scheduler does is not what is measured. */
function pin(pid: number | undefined, cores: string): void {
  spawnSync('taskset', ['-a', '-cp', cores, String(pid)], { stdio: 'ignore' });
}

interface Driven {
  readonly perSecond: number;
  readonly msP99: number;
}

async function drive(url: string, seconds: number): Promise<Driven> {
  const result = await autocannon({
    url: `${url}/v1/models/gemini-3-pro-image:generateContent`,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': 'bench' },
    body: JSON.stringify({
      contents: [{ role: 'user', parts: [{ text: 'a red mug' }] }],
      generationConfig: { responseModalities: ['IMAGE'] },
    }),
    connections: CONNECTIONS,
    duration: seconds,
  });
  return { perSecond: result.requests.total / result.duration, msP99: result.latency.p99 };
}
