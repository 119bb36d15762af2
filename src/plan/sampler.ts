/** Runs of candidates, each made once: asks `evaluate` for what is missing and keeps what came, by candidate and place in a stream. */
import type { Evaluate, Task } from './evaluate.ts';
import { type Sample, sampleOf } from './measured.ts';
import type { Candidate } from './result.ts';

/**
 * Streams of seeds that share none: what chose a candidate must not also judge it. Within a stream all candidates meet the same
 * seeds, so that they differ by their settings and not by their luck.
 */
export const STREAMS = ['screen', 'select', 'hold', 'verify'] as const;
export type Stream = (typeof STREAMS)[number];

/** Seeds of a stream before the next one begins. */
const STREAM_SEEDS = 100_000;

/** @param k from 0. The scenario's own seed is none of them: what it shows, the author has seen. */
export function seedOf(base: number, stream: Stream, k: number): number {
  return (base + 1 + STREAMS.indexOf(stream) * STREAM_SEEDS + k) % 2 ** 31;
}

export interface Want {
  readonly candidate: Candidate;
  /** Runs wanted in all, from the start of the stream. */
  readonly runs: number;
  /** One run says what all would. */
  readonly isChanceless: boolean;
}

export class Sampler {
  simulations = 0;
  private readonly evaluate: Evaluate;
  private readonly seed: number;
  private readonly signal: AbortSignal | undefined;
  private readonly told: (done: number, total: number) => void;
  private readonly known = new Map<string, Sample[]>();

  constructor(options: { evaluate: Evaluate; seed: number; signal: AbortSignal | undefined; told: (done: number, total: number) => void }) {
    this.evaluate = options.evaluate;
    this.seed = options.seed;
    this.signal = options.signal;
    this.told = options.told;
  }

  /** For each want its runs in order of the stream; fewer after an abort. */
  async runs(stream: Stream, wants: readonly Want[]): Promise<readonly Sample[][]> {
    const tasks: Task[] = [];
    const slots: { samples: Sample[]; k: number }[] = [];
    for (const { candidate, runs, isChanceless } of wants) {
      const samples = this.of(stream, candidate, isChanceless);
      for (let k = samples.length; k < (isChanceless ? 1 : runs); k++) {
        tasks.push({ settings: candidate.settings, seed: seedOf(this.seed, stream, k) });
        slots.push({ samples, k });
      }
    }
    const arrived: { samples: Sample[]; k: number; sample: Sample }[] = [];
    if (tasks.length > 0)
      for await (const { index, summary } of this.evaluate(tasks, this.signal)) {
        arrived.push({ ...slots[index]!, sample: sampleOf(summary) });
        this.simulations++;
        this.told(arrived.length, tasks.length);
      }
    // In whatever order they came, they are kept in that of the stream; after an abort only without a gap.
    for (const { samples, k, sample } of arrived.sort((a, b) => a.k - b.k)) if (samples.length === k) samples.push(sample);
    return wants.map(({ candidate, runs, isChanceless }) => this.of(stream, candidate, isChanceless).slice(0, runs));
  }

  /** Every candidate that was ever simulated without chance is simulated once, whatever the stream. */
  private of(stream: Stream, candidate: Candidate, isChanceless: boolean): Sample[] {
    const key = `${isChanceless ? '' : stream} ${JSON.stringify(candidate.settings)}`;
    const samples = this.known.get(key) ?? [];
    this.known.set(key, samples);
    return samples;
  }
}
