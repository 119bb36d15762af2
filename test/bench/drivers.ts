/** Who drives the mock benchmark: autocannon in this process, and wrk where it is installed. Both send the same call. */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import autocannon from 'autocannon';

export type Asked = '429' | 'image 1K' | 'image 2K';

export interface Driven {
  readonly requests: number;
  readonly perSecond: number;
  readonly msP99: number;
}

export interface Driver {
  readonly name: string;
  /** @throws when a call gets no answer */
  drive(url: string, asked: Asked, seconds: number): Promise<Driven>;
}

/** All that are on this machine. */
export function drivers(): Driver[] {
  const isInstalled = spawnSync('wrk', ['--version']).error === undefined;
  if (!isInstalled) console.log('wrk not installed: skipped');
  return [{ name: 'autocannon', drive: byAutocannon }, ...(isInstalled ? [{ name: 'wrk', drive: byWrk }] : [])];
}

const PATH = '/v1/models/gemini-3-pro-image:generateContent';
const CONNECTIONS = 32;
const SCRIPT = fileURLToPath(new URL('./wrk-call.lua', import.meta.url));

/** A 2K image makes an answer of 1.4 MB, a 1K image one of 0.4 MB. */
export function bodyOf(asked: Asked): string {
  const imageConfig = { imageSize: asked === 'image 2K' ? '2K' : '1K' };
  return JSON.stringify({
    contents: [{ role: 'user', parts: [{ text: 'a red mug' }] }],
    generationConfig: { responseModalities: ['IMAGE'], imageConfig },
  });
}

async function byAutocannon(url: string, asked: Asked, seconds: number): Promise<Driven> {
  const { requests, duration, latency, errors } = await autocannon({
    url: url + PATH,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': 'bench' },
    body: bodyOf(asked),
    connections: CONNECTIONS,
    duration: seconds,
  });
  if (errors > 0) throw new Error(`autocannon got no answer to ${errors} calls`);
  return { requests: requests.total, perSecond: requests.total / duration, msP99: latency.p99 };
}

async function byWrk(url: string, asked: Asked, seconds: number): Promise<Driven> {
  const how = ['--threads', '1', '--connections', String(CONNECTIONS), '--duration', `${seconds}s`, '--script', SCRIPT];
  const { stdout } = await promisify(execFile)('wrk', [...how, url + PATH], { env: { ...process.env, BENCH_BODY: bodyOf(asked) } });
  const { requests, durationUs, p99Us, failed } = JSON.parse(stdout.trim().split('\n').at(-1)!);
  if (failed > 0) throw new Error(`wrk got no answer to ${failed} calls`);
  return { requests, perSecond: (requests * 1e6) / durationUs, msP99: p99Us / 1_000 };
}
