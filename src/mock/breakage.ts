/** Connections that break on the way, as the HTTP server breaks them. */
import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { firstHalf } from './fault-answers.ts';
import type { Breakage, PlainResponse } from './plain.ts';

/** `hang` and `stall` keep the socket for as long as the client or the server does. */
export function breakOff(answer: PlainResponse, how: Breakage, response: ServerResponse): void {
  switch (how) {
    case 'hang':
      return;
    case 'reset': {
      const { socket } = response;
      if (socket === null || 'encrypted' in socket) response.destroy();
      else socket.resetAndDestroy();
      return;
    }
    case 'cut':
      begin(answer, response, () => response.destroy());
      return;
    case 'stall':
      begin(answer, response, () => {});
      return;
    default:
      how satisfies never;
  }
}

/** The head as of the whole answer, and half of its body. */
function begin(answer: PlainResponse, response: ServerResponse, written: () => void): void {
  const { status, headers, body, chunks } = answer;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  response.writeHead(status, chunks ? headers : { ...headers, 'content-length': length });
  response.write(firstHalf(answer), written);
}
