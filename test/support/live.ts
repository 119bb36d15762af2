/** A live run in this process, against whatever listens on a port of this machine. */

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CanaryRow, Row } from '../../src/model/rows.ts';
import { epochNowMs } from '../../src/model/time.ts';
import type { LiveOptions } from '../../src/run/live/live-options.ts';
import { type LiveOutcome, liveRun } from '../../src/run/live/live-run.ts';
import { OWN_PROMPTS } from '../../src/run/live/prompts.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';

export const KEY = 'a-key-for-the-mock';

export function live(text: string, folder: string, baseUrl: string, options: Partial<LiveOptions> = {}): Promise<LiveOutcome | null> {
  const loaded = parseScenario(text, 'live.yaml', { mode: 'live', startAtMs: epochNowMs() });
  return liveRun(loaded, {
    seed: loaded.scenario.seed,
    folder,
    force: false,
    isResumed: false,
    connection: { kind: 'key', apiKey: KEY, baseUrl },
    identity: 'the key of a test',
    prompts: OWN_PROMPTS,
    imagesTo: null,
    budgetUsd: null,
    budgetRequests: null,
    wallMs: null,
    errorRatioMax: 0.5,
    scale: 1,
    batchPollMs: 20,
    signal: new AbortController().signal,
    confirm: async () => true,
    onWarning: () => {},
    ...options,
  });
}

export function journalOf(folder: string): Row[] {
  return readFileSync(join(folder, 'journal.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Row);
}

export function canaryOf(rows: readonly Row[]): CanaryRow | undefined {
  return rows.find((row) => row.kind === 'canary');
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Answering {
  readonly url: string;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

/** A server that answers as it is told, and remembers what it was asked. */
export async function answering(answer: (seen: Seen, nth: number, response: ServerResponse) => void): Promise<Answering> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const one = { method: request.method ?? 'GET', url: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      answer(one, seen.length, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** What one image looks like on the wire. */
export function imageBody(imageTokens = 1120): string {
  return JSON.stringify({
    candidates: [
      { content: { role: 'model', parts: [{ inlineData: { mimeType: 'image/jpeg', data: 'aW1hZ2U=' } }] }, finishReason: 'STOP', index: 0 },
    ],
    usageMetadata: {
      promptTokenCount: 300,
      candidatesTokenCount: imageTokens,
      totalTokenCount: 300 + imageTokens,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: imageTokens }],
    },
  });
}

export function json(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(body);
}
