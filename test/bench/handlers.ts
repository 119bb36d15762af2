/** Our MSW handlers against MSW's own: a canned answer of the same bytes, in the same process, without sockets. */
import { getResponse, HttpResponse, http, type RequestHandler } from 'msw';
import { type GeminiHandlersOptions, geminiHandlers } from '../../src/mock/index.ts';
import { cpuMs, median } from './measure.ts';

export interface HandlersRow {
  readonly answer: string;
  readonly oursMicros: number;
  readonly cannedMicros: number;
  /** Of time passed, and of CPU time, which tells the two apart where other programs take the machine's time. */
  readonly ratio: number;
  readonly cpuRatio: number;
}

const URL = 'https://generativelanguage.googleapis.com/v1/models/gemini-3-pro-image:generateContent';
const BODY = '{"contents":[{"role":"user","parts":[{"text":"a red mug"}]}]}';
const HEADERS = { 'content-type': 'application/json', 'x-goog-api-key': 'bench' };
const NO_IMAGES = { profile: 'none', limits: { 'gemini-3-pro-image': { rpd: 0 } } } as const;

/** @param rounds pairs, interleaved; the ratios are the medians of theirs */
export async function benchHandlers(rounds: number, calls: number): Promise<HandlersRow[]> {
  return [
    await compared('429', NO_IMAGES, rounds, calls),
    await compared('image of one pixel', { profile: 'none', picture: null }, rounds, calls),
    await compared('image 1K', { profile: 'none' }, rounds, Math.ceil(calls / 10)),
  ];
}

async function compared(answer: string, options: GeminiHandlersOptions, rounds: number, calls: number): Promise<HandlersRow> {
  const ours = geminiHandlers(options);
  const sample = await answered(ours);
  const { status, headers } = sample;
  const bytes = await sample.arrayBuffer();
  const body = status === 200 ? bytes : new TextDecoder().decode(bytes); // as ours keep them, and a team would
  const canned = [http.post(/^https:\/\/generativelanguage\.googleapis\.com\//, () => new HttpResponse(body, { status, headers }))];
  for (const handlers of [ours, canned]) await measured(handlers, calls); // warms up
  const pairs: { readonly ours: Measured; readonly canned: Measured }[] = [];
  for (let round = 0; round < rounds; round++) pairs.push({ ours: await measured(ours, calls), canned: await measured(canned, calls) });
  return {
    answer,
    oursMicros: median(pairs.map((pair) => pair.ours.micros)),
    cannedMicros: median(pairs.map((pair) => pair.canned.micros)),
    ratio: median(pairs.map((pair) => pair.ours.micros / pair.canned.micros)),
    cpuRatio: median(pairs.map((pair) => pair.ours.cpuMicros / pair.canned.cpuMicros)),
  };
}

async function answered(handlers: RequestHandler[]): Promise<Response> {
  const response = await getResponse(handlers, new Request(URL, { method: 'POST', headers: HEADERS, body: BODY }));
  if (!response) throw new Error(`nobody answers ${URL}`);
  return response;
}

interface Measured {
  readonly micros: number;
  readonly cpuMicros: number;
}

/** A call, read to its end. */
async function measured(handlers: RequestHandler[], calls: number): Promise<Measured> {
  const startedMs = performance.now();
  const startedCpuMs = cpuMs();
  for (let call = 0; call < calls; call++) await (await answered(handlers)).arrayBuffer();
  return { micros: ((performance.now() - startedMs) * 1_000) / calls, cpuMicros: ((cpuMs() - startedCpuMs) * 1_000) / calls };
}
