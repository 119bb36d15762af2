/** Collects the rows of a recorded trace in the order of the file, and turns them into columns in the order of time. */
import { findModel, RETIRED_MODELS } from '../model/catalogue.ts';
import { InputError } from '../model/errors.ts';
import { LANES, type Lane, type ModelId, SIZES } from '../model/names.ts';
import type { Trace } from '../model/scenario.ts';

/** What a row of any format says about a job; undefined: it does not say. */
export interface TraceRow {
  /** Ms on any clock that the whole file shares. */
  readonly atMs: number;
  readonly images?: number | undefined;
  readonly promptTokens?: number | undefined;
  readonly referenceImages?: number | undefined;
  readonly model?: string | undefined;
  readonly size?: string | undefined;
  /** It does not say: interactive. */
  readonly lane?: string | undefined;
}

/** The rows of each lane apart, all on one clock: 0 is the earliest row of the file, whichever lane it is of. */
export interface LaneTraces {
  /** Of the earliest row, on the clock of the file, ms. */
  readonly firstAtMs: number;
  /** null: no row is of this lane, or none could be read. */
  readonly interactive: Trace | null;
  readonly batch: Trace | null;
}

/** A row that cannot be read: it is counted, with its reason, and the others are read on. */
export class RowDamage extends Error {}

const EXAMPLES_MAX = 5;

interface Damage {
  rows: number;
  readonly examples: string[];
}

export class TraceBuilder {
  readonly file: string;
  private readonly sha256: string;
  private readonly atMs: number[] = [];
  private readonly images: number[] = [];
  private readonly promptTokens: number[] = [];
  private readonly referenceImages: number[] = [];
  private readonly model: number[] = [];
  private readonly size: number[] = [];
  /** Index into LANES. */
  private readonly lane: number[] = [];
  private readonly models: ModelId[] = [];
  private readonly damaged: Readonly<Record<Lane, Damage>> = {
    interactive: { rows: 0, examples: [] },
    batch: { rows: 0, examples: [] },
  };

  constructor(file: string, sha256: string) {
    this.file = file;
    this.sha256 = sha256;
  }

  /** Adds what `read` makes of a row, or counts it as damaged. `where` is said to people: `line 17`. */
  add(where: string, read: () => TraceRow): void {
    let lane: Lane = 'interactive';
    try {
      const row = read();
      lane = row.lane === undefined ? lane : laneOf(row.lane);
      this.append(row, lane);
    } catch (error) {
      if (!(error instanceof RowDamage)) throw error;
      const damaged = this.damaged[lane];
      damaged.rows += 1;
      if (damaged.examples.length < EXAMPLES_MAX) damaged.examples.push(`${where}: ${error.message}`);
    }
  }

  /** @throws InputError when no row could be read. */
  build(): LaneTraces {
    const { interactive, batch } = this.damaged;
    const example = interactive.examples[0] ?? batch.examples[0] ?? 'line 1: no rows';
    if (this.atMs.length === 0) throw new InputError(`${this.file} ${example} (no row could be read)`);
    // Equal instants keep the order of the file: the sort is stable.
    const order = Uint32Array.from(this.atMs.keys()).sort((a, b) => this.atMs[a]! - this.atMs[b]!);
    const firstAtMs = this.atMs[order[0]!]!;
    return { firstAtMs, interactive: this.ofLane('interactive', order, firstAtMs), batch: this.ofLane('batch', order, firstAtMs) };
  }

  private ofLane(lane: Lane, all: Uint32Array, firstAtMs: number): Trace | null {
    const order = all.filter((row) => LANES[this.lane[row]!] === lane);
    if (order.length === 0) return null;
    const column = (values: readonly number[], row: number): number => values[order[row]!]!;
    return {
      sha256: this.sha256,
      rows: order.length,
      damaged: this.damaged[lane],
      atMs: Float64Array.from(order, (row) => roundMicroseconds(this.atMs[row]! - firstAtMs)),
      images: Uint16Array.from(order, (_, row) => column(this.images, row)),
      promptTokens: Int32Array.from(order, (_, row) => column(this.promptTokens, row)),
      referenceImages: Int16Array.from(order, (_, row) => column(this.referenceImages, row)),
      model: Int16Array.from(order, (_, row) => column(this.model, row)),
      models: this.models,
      size: Int8Array.from(order, (_, row) => column(this.size, row)),
    };
  }

  private append(row: TraceRow, lane: Lane): void {
    if (!Number.isFinite(row.atMs)) throw new RowDamage('no timestamp');
    const images = row.images === undefined ? 0 : within('images', row.images, 1, 0xffff);
    const promptTokens = row.promptTokens === undefined ? -1 : within('prompt tokens', row.promptTokens, 0, 0x7fffffff);
    const referenceImages = row.referenceImages === undefined ? -1 : within('reference images', row.referenceImages, 0, 0x7fff);
    const model = row.model === undefined ? -1 : this.modelIndex(row.model);
    const size = row.size === undefined ? -1 : sizeIndex(row.size);
    this.atMs.push(row.atMs);
    this.images.push(images);
    this.promptTokens.push(promptTokens);
    this.referenceImages.push(referenceImages);
    this.model.push(model);
    this.size.push(size);
    this.lane.push(LANES.indexOf(lane));
  }

  /** Preview and deprecated ids count as their GA model, as everywhere. */
  private modelIndex(id: string): number {
    const model = findModel(id.replace(/^models\//, ''));
    if (!model) {
      const successor = RETIRED_MODELS[id];
      throw new RowDamage(`"${id}" is no image model of this API${successor ? `; its successor is ${successor}` : ''}`);
    }
    const known = this.models.indexOf(model.id);
    return known >= 0 ? known : this.models.push(model.id) - 1;
  }
}

function within(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RowDamage(`${name}: expected a whole number from ${min}, found ${value}`);
}

function sizeIndex(text: string): number {
  const index = (SIZES as readonly string[]).indexOf(text.trim().toUpperCase());
  if (index < 0) throw new RowDamage(`size: expected one of ${SIZES.join(' ')}, found "${text}"`);
  return index;
}

function laneOf(text: string): Lane {
  const lane = LANES.find((name) => name === text.trim().toLowerCase());
  if (lane) return lane;
  throw new RowDamage(`lane: expected one of ${LANES.join(' ')}, found "${text}"`);
}

/** Differences of epoch instants carry dust below the microsecond. */
export function roundMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
