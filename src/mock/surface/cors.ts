/** What a browser asks before and expects after a call from another origin. */
import type { PlainRequest, PlainResponse } from '../plain.ts';

/** What a page may read of an answer: uploads tell their state in headers. Assumed; the API's own list was not captured. */
const EXPOSED = 'x-goog-upload-url, x-goog-upload-status, x-goog-upload-size-received, location, content-length, date';

export function preflight({ headers }: PlainRequest): PlainResponse {
  const asked = headers['access-control-request-headers'];
  return {
    status: 200,
    headers: {
      'access-control-allow-origin': String(headers['origin'] ?? '*'),
      'access-control-allow-methods': 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT',
      ...(asked === undefined ? {} : { 'access-control-allow-headers': String(asked) }),
      'access-control-max-age': '3600',
      vary: 'origin',
    },
    body: '',
    afterMs: 0,
  };
}

/** The answer to a call that a page of `origin` sent. */
export function withOrigin(answer: PlainResponse, origin: string): PlainResponse {
  const headers = {
    ...answer.headers,
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED,
    vary: 'origin',
  };
  return { ...answer, headers };
}
