/** The rows of a batch job as they are handed in: requests that can be asked, requests that are wrong, and those that a fault is meant for. */
import { Buffer } from 'node:buffer';
import type { ImageModel } from '../../model/catalogue.ts';
import { type RequestSpec, requestSpec } from '../../model/request-spec.ts';
import { HTTP_OF_GRPC } from '../../wire/reading.ts';
import { isProblem, problem } from '../problems.ts';
import { readGenerate } from '../request.ts';
import type { Caller, Inside, RowAnswer } from './call.ts';
import { type Fields, field, fieldsOf, isFields, parsed, textOf } from './fields.ts';

export interface BatchRow {
  readonly key: string | null;
  readonly metadata: unknown;
  /** As it was sent, where results repeat it; null: they do not. */
  readonly request: unknown;
  /** What the service is asked for. */
  readonly spec: RequestSpec | null;
  /** What the row gets without asking the service; there is no spec then. */
  readonly answer: RowAnswer | null;
}

export interface RpcError {
  /** gRPC's. */
  readonly code: number;
  readonly message: string;
}

export interface BatchInput {
  readonly rows: readonly BatchRow[];
  /** Why no row can be read. */
  readonly error: RpcError | null;
}

interface Given {
  readonly request: unknown;
  readonly key?: string | null;
  readonly metadata?: unknown;
}

export class RowReader {
  private readonly inside: Inside;
  private readonly caller: Caller;
  private readonly model: ImageModel;
  private readonly isPlatform: boolean;

  /** @param isPlatform whether rows are as the Agent Platform has them, whose results repeat the request */
  constructor(inside: Inside, caller: Caller, model: ImageModel, isPlatform: boolean) {
    this.inside = inside;
    this.caller = caller;
    this.model = model;
    this.isPlatform = isPlatform;
  }

  row({ request, key = null, metadata }: Given): BatchRow {
    const beside = { key, metadata, request: this.isPlatform ? request : null };
    const asked = isFields(request) ? readGenerate(request, this.model, this.isPlatform) : problem('gemini-400-contents-missing');
    if (isProblem(asked)) return { ...beside, spec: null, answer: { status: asked.status, body: JSON.parse(asked.body) } };
    const spec = requestSpec(this.model.id, asked.size, asked.promptTokens, asked.referenceImages);
    const answer = this.inside.rowFault(this.caller, spec, request);
    return answer === null ? { ...beside, spec, answer } : { ...beside, spec: null, answer };
  }

  /** Lines of `{"key", "request"}`. One that is no JSON spoils the job, as a file that is none does (assumed). */
  lines(content: Uint8Array): BatchInput {
    const lines = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
      .toString()
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '');
    const rows: BatchRow[] = [];
    for (const [index, line] of lines.entries()) {
      const fields = parsed(line);
      if (fields === null) return { rows: [], error: { code: INVALID, message: `Input file line ${index + 1} is no JSON object.` } };
      rows.push(this.row({ request: field(fields, 'request'), key: textOf(field(fields, 'key')) }));
    }
    return { rows, error: rows.length === 0 ? { code: INVALID, message: 'Input file has no request.' } : null };
  }
}

/** Rows carry gRPC codes where answers carry HTTP's. */
const GRPC_OF_HTTP: Readonly<Record<number, number>> = {
  ...Object.fromEntries(Object.entries(HTTP_OF_GRPC).map(([code, status]) => [status, Number(code)])),
  400: 3,
  500: 13,
};
const INVALID = 3;
const UNKNOWN = 2;

export function rpcError({ status, body }: RowAnswer): RpcError {
  const message = textOf(field(fieldsOf(field(fieldsOf(body), 'error')), 'message'));
  return { code: GRPC_OF_HTTP[status] ?? UNKNOWN, message: message ?? 'Unknown error.' };
}

/** As results of the Gemini API have it. */
export function resultOf(answer: RowAnswer): Fields {
  return answer.status === 200 ? { response: answer.body } : { error: rpcError(answer) };
}
