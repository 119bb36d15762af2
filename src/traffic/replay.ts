/** Which rows of a trace become jobs of an entry, when, and what they ask for. */
import { findModel } from '../model/catalogue.ts';
import { invariant } from '../model/errors.ts';
import { SIZES } from '../model/names.ts';
import { type RequestSpec, requestSpec } from '../model/request-spec.ts';
import type { Shape, Trace, TrafficEntry } from '../model/scenario.ts';

type ReplayShape = Extract<Shape, { kind: 'replay' }>;

/**
 * Row k is due atMs / speed after the entry's start, rounded half up, and becomes ⌊(k+1)·scale⌋ − ⌊k·scale⌋ jobs. What it
 * does not say comes from the entry; a model that lacks the size asked for makes its default size.
 */
export class Replay {
  images: number;
  request: RequestSpec;
  private readonly entry: TrafficEntry;
  private readonly shape: ReplayShape;
  private readonly trace: Trace;
  private readonly endMs: number;
  private row = -1;
  /** Jobs still to come from this row. */
  private copies = 0;

  constructor(entry: TrafficEntry, shape: ReplayShape, endMs: number) {
    this.entry = entry;
    this.shape = shape;
    this.trace = traceOf(shape);
    this.endMs = endMs;
    this.images = entry.images;
    this.request = entry.request;
  }

  next(): number {
    while (this.copies === 0) {
      this.row += 1;
      if (this.row >= this.trace.rows) return this.end();
      this.copies = scaled(this.row + 1, this.shape.scale) - scaled(this.row, this.shape.scale);
    }
    const dueMs = dueOf(this.entry, this.shape, this.trace, this.row);
    if (dueMs >= this.endMs) return this.end();
    this.copies -= 1;
    this.images = this.trace.images[this.row]! || this.entry.images;
    this.request = this.requestOf(this.row);
    return dueMs;
  }

  private end(): number {
    this.row = this.trace.rows;
    this.copies = 0;
    return Infinity;
  }

  private requestOf(row: number): RequestSpec {
    const { model, models, size, promptTokens, referenceImages } = this.trace;
    const own = this.entry.request;
    const modelId = models[model[row]!] ?? own.model;
    const sizeAsked = SIZES[size[row]!] ?? own.size;
    const tokens = promptTokens[row]! < 0 ? own.promptTokens : promptTokens[row]!;
    const references = referenceImages[row]! < 0 ? own.referenceImages : referenceImages[row]!;
    const last = this.request;
    const isLast = last.model === modelId && last.size === sizeAsked && last.promptTokens === tokens && last.referenceImages === references;
    if (isLast) return last;
    const entry = findModel(modelId);
    invariant(entry, `a trace names only known models, got ${modelId}`);
    const lacksSize = !entry.ignoresSize && entry.imageTokens[sizeAsked] === undefined;
    return requestSpec(entry.id, lacksSize ? entry.defaultSize : sizeAsked, tokens, references);
  }
}

/** Rows of an entry's trace that fall at or behind the end of the entry or of the run's arrivals; 0 for other shapes. */
export function leftOut(entry: TrafficEntry, endMs: number): number {
  const shape = entry.shape;
  if (shape.kind !== 'replay') return 0;
  const trace = traceOf(shape);
  const cutMs = Math.min(entry.startMs + entry.durationMs, endMs);
  let low = 0;
  let high = trace.rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (dueOf(entry, shape, trace, middle) < cutMs) low = middle + 1;
    else high = middle;
  }
  return trace.rows - low;
}

function traceOf(shape: ReplayShape): Trace {
  invariant(shape.trace, `the trace ${shape.file} is loaded before its arrivals are asked for`);
  return shape.trace;
}

function dueOf(entry: TrafficEntry, shape: ReplayShape, trace: Trace, row: number): number {
  return entry.startMs + Math.floor(trace.atMs[row]! / shape.speed + 0.5);
}

/** 100 × 0.29 is 28.999999999999996 and means 29. */
function scaled(rows: number, scale: number): number {
  return Math.floor(rows * scale + 1e-9);
}
