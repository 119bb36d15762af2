/** Everything the API and its neighbours answer beside generate calls: which surface a call belongs to. */
import type { PlainRequest, PlainResponse } from '../plain.ts';
import type { Problem } from '../problems.ts';
import { batches } from './batches.ts';
import type { Call, Caller, Inside, Surface } from './call.ts';
import { preflight } from './cors.ts';
import { files } from './files.ts';
import { interactions } from './interactions.ts';
import { openAi } from './openai.ts';
import { openRouter } from './openrouter.ts';
import { platform } from './platform.ts';

export interface Surfaces {
  /** null: no such route on any of them. */
  answer(request: PlainRequest): PlainResponse | null;
  /** Why a prompt may not name these addresses; null: it may. */
  problemWith(caller: Caller, fileUris: readonly string[]): Problem | null;
}

export function surfaces(inside: Inside): Surfaces {
  const store = files(inside);
  const all: readonly Surface[] = [
    store.surface,
    batches(inside, store),
    interactions(inside),
    openAi(inside),
    openRouter(inside),
    platform(inside),
  ];
  const answer = (request: PlainRequest): PlainResponse | null => {
    if (request.method === 'OPTIONS') return preflight(request);
    const mark = request.path.indexOf('?');
    const given = mark === -1 ? request.path : request.path.slice(0, mark);
    const query = mark === -1 ? '' : request.path.slice(mark + 1);
    const path = tidied(given);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    // Another spelling of a path that the mock may know.
    if (path !== given || method !== request.method)
      return inside.answer({ ...request, method, path: query === '' ? path : `${path}?${query}` });
    const call: Call = { method, path, query: new URLSearchParams(query), request };
    for (const surface of all) {
      const told = surface(call);
      if (told) return told;
    }
    return null;
  };
  const problemWith: Surfaces['problemWith'] = (caller, fileUris) => {
    for (const uri of fileUris) {
      const problem = store.problemWith(caller, uri);
      if (problem) return problem;
    }
    return null;
  };
  return { answer, problemWith };
}

/** As base URLs with a slash too many or too few clients that escape colons and slashes, and those that call through a proxy write it. */
export function tidied(path: string): string {
  return path
    .replace(/^https?:\/\/[^/]+/i, '')
    .replace(/%3A/gi, ':')
    .replace(/%2F/gi, '/')
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '');
}
