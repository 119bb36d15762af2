/** The mock over HTTP against a bare node:http server that sends the same bytes, each in a process of its own, by every driver. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Asked, type Driven, type Driver, drivers } from './drivers.ts';
import { median } from './measure.ts';

export interface MockRow {
  readonly answer: Asked;
  readonly driver: string;
  readonly mockPerSecond: number;
  readonly barePerSecond: number;
  readonly ratio: number;
  /** 99th percentile of the mock's answers over that of the bare server's. */
  readonly p99Ratio: number;
  /** The bare server's CPU time for a call over the mock's: tells the two apart where other programs take the machine's time. */
  readonly cpuRatio: number;
}

const SERVER = fileURLToPath(new URL('./mock-server.ts', import.meta.url));
const ANSWERS = ['429', 'image 1K', 'image 2K'] as const;
const FACES = ['mock', 'bare'] as const;

/** @param rounds pairs, interleaved; the ratios are the medians of theirs */
export async function benchMock(rounds: number, seconds: number): Promise<MockRow[]> {
  const cores = availableParallelism();
  pin(process.pid, '1');
  try {
    const rows: MockRow[] = [];
    const all = drivers();
    for (const answer of ANSWERS) rows.push(...(await compared(answer, all, rounds, seconds)));
    return rows;
  } finally {
    pin(process.pid, `0-${cores - 1}`); // what is measured next may use them all
  }
}

async function compared(answer: Asked, all: readonly Driver[], rounds: number, seconds: number): Promise<MockRow[]> {
  const [mock, bare] = await Promise.all(FACES.map((face) => start(face, answer)));
  const found = all.map((driver) => ({ driver, pairs: [] as { readonly mock: Measured; readonly bare: Measured }[] }));
  for (const { driver } of found) for (const server of [mock!, bare!]) await driver.drive(server.url, answer, 1); // warms up
  for (let round = 0; round < rounds; round++) {
    for (const { driver, pairs } of found) {
      const measure = (server: Started): Promise<Measured> => measured(server, driver, answer, seconds);
      if (round % 2 === 0) pairs.push({ mock: await measure(mock!), bare: await measure(bare!) });
      else {
        const first = await measure(bare!); // who goes first gains nothing by it
        pairs.push({ mock: await measure(mock!), bare: first });
      }
    }
  }
  for (const { child } of [mock!, bare!]) child.kill();
  return found.map(({ driver, pairs }) => ({
    answer,
    driver: driver.name,
    mockPerSecond: median(pairs.map((pair) => pair.mock.perSecond)),
    barePerSecond: median(pairs.map((pair) => pair.bare.perSecond)),
    ratio: median(pairs.map((pair) => pair.mock.perSecond / pair.bare.perSecond)),
    p99Ratio: median(pairs.map((pair) => pair.mock.msP99 / Math.max(1, pair.bare.msP99))),
    cpuRatio: median(pairs.map((pair) => pair.bare.cpuMicros / pair.mock.cpuMicros)),
  }));
}

interface Measured extends Driven {
  /** Of the server, a call. */
  readonly cpuMicros: number;
}

async function measured(server: Started, driver: Driver, answer: Asked, seconds: number): Promise<Measured> {
  const before = await ask(server, 'cpu');
  const driven = await driver.drive(server.url, answer, seconds);
  return { ...driven, cpuMicros: ((await ask(server, 'cpu')) - before) / driven.requests };
}

export interface Started {
  readonly child: ChildProcess;
  readonly url: string;
}

/** What a server says of itself, in bytes or µs. */
export async function ask({ child }: Started, question: 'memory' | 'cpu'): Promise<number> {
  child.send(question);
  const [told] = await once(child, 'message');
  return Number(told);
}

export function start(face: (typeof FACES)[number], answer: Asked): Promise<Started> {
  const child = fork(SERVER, [face, answer], { execArgv: ['--expose-gc'] });
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
