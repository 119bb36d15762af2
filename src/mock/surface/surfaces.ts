/** Everything the API and its neighbours answer beside generate calls: which surface a call belongs to. */
import type { ModelId } from '../../model/names.ts';
import type { BatchTally } from '../batch-tally.ts';
import { modelOf } from '../fault-rules.ts';
import type { PlainRequest, PlainResponse } from '../plain.ts';
import type { Problem } from '../problems.ts';
import { BatchJobs } from './batch-jobs.ts';
import { batches } from './batches.ts';
import { besidePictures } from './beside-pictures.ts';
import type { Call, Caller, Inside, Surface } from './call.ts';
import { preflight } from './cors.ts';
import { files } from './files.ts';
import { refusedWith } from './generated.ts';
import { interactionError, interactions } from './interactions.ts';
import { openAi, openAiError } from './openai.ts';
import { gatewayError, openRouter } from './openrouter.ts';
import { platform } from './platform.ts';
import { predictionJobs } from './prediction-jobs.ts';
import { storage, storageError } from './storage.ts';

export interface Surfaces {
  /** null: no such route on any of them. */
  answer(request: PlainRequest): PlainResponse | null;
  /** An error of the API in the words of the surface that was called; what is no JSON, and no error, as it is. */
  told(request: PlainRequest, answer: PlainResponse): PlainResponse;
  /** Counts a batch job that a fault kept out. */
  noteRefusedJob(caller: Caller, model: ModelId, refusal: Problem): void;
  readonly batches: BatchTally;
  /** Why a prompt may not name these addresses; null: it may. */
  problemWith(caller: Caller, fileUris: readonly string[]): Problem | null;
}

export function surfaces(inside: Inside): Surfaces {
  const store = files(inside);
  const objects = storage(inside);
  const jobs = new BatchJobs(inside);
  const all: readonly Surface[] = [
    store.surface,
    batches(inside, store, jobs),
    interactions(inside),
    openAi(inside),
    openRouter(inside),
    platform(inside),
    predictionJobs(inside, objects, jobs),
    objects.surface,
    besidePictures(inside),
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
      return inside.again({ ...request, method, path: query === '' ? path : `${path}?${query}` });
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
  const noteRefusedJob: Surfaces['noteRefusedJob'] = (caller, model, refusal) => void jobs.refuse(caller, model, refusal);
  return { answer, told, noteRefusedJob, batches: jobs.tally, problemWith };
}

/** By what a path begins with. */
const DIALECT =
  /^\/(?:(?:v1|v1beta|v1alpha)\/(?=openai\/|interactions)|(?:upload\/|download\/)?(?=storage\/v1\/)|(?=api\/v1\/))(openai|interactions|storage|api)/;

function told(request: PlainRequest, answer: PlainResponse): PlainResponse {
  if (answer.status < 400) return answer;
  const path = tidied(request.path.replace(/\?.*$/s, ''));
  const dialect = DIALECT.exec(path)?.[1];
  const error = refusedWith(answer);
  switch (dialect) {
    case 'openai':
      return openAiError(error);
    case 'interactions':
      return interactionError(error);
    case 'storage':
      return storageError(error);
    case 'api':
      return gatewayError(error, modelOf({ path, body: request.body }));
    default:
      return answer;
  }
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
