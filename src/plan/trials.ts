/** Candidates put to the test: how many runs each may have, whether chance plays a part in them, and what was found so far. */
import { ScenarioError } from '../model/errors.ts';
import { isChanceless } from './chanceless.ts';
import type { Evaluate } from './evaluate.ts';
import { finalistOf, type Sample } from './measured.ts';
import type { Candidate, Finalist, Problem, SearchProgress } from './result.ts';
import { Sampler, type Stream } from './sampler.ts';

export interface TrialsOptions {
  readonly evaluate: Evaluate;
  /** Requests that one run offers: what a run costs. */
  readonly weight: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: SearchProgress) => void) | undefined;
}

export class Trials {
  /** Told to whoever watches. */
  stage: SearchProgress['stage'] = 'base';
  readonly problem: Problem;
  readonly weight: number;
  private readonly sampler: Sampler;
  private readonly signal: AbortSignal | undefined;
  private readonly chanceless = new Map<string, boolean | null>();
  private readonly found = new Map<number, Finalist>();

  constructor(problem: Problem, { evaluate, weight, signal, progress }: TrialsOptions) {
    this.problem = problem;
    this.weight = Math.max(1, weight);
    this.signal = signal;
    this.sampler = new Sampler({
      evaluate,
      seed: problem.seed,
      signal,
      told: (done, total) => progress?.({ stage: this.stage, done, total }),
    });
  }

  get simulations(): number {
    return this.sampler.simulations;
  }

  get isAborted(): boolean {
    return this.signal?.aborted ?? false;
  }

  /** Everything that was simulated, each with the most seeds it had. */
  get all(): Finalist[] {
    return [...this.found.values()];
  }

  /** Whether one run says what all would; null: the settings do not fit the scenario together. */
  isChanceless({ settings }: Candidate): boolean | null {
    const key = JSON.stringify(settings);
    const known = this.chanceless.get(key);
    if (known !== undefined) return known;
    const answer = this.judge(settings);
    this.chanceless.set(key, answer);
    return answer;
  }

  /** Aligned with the candidates; each fits the scenario. */
  async samples(
    stream: Stream,
    candidates: readonly Candidate[],
    runs: number | readonly number[],
  ): Promise<readonly (readonly Sample[])[]> {
    return this.sampler.runs(
      stream,
      candidates.map((candidate, i) => ({
        candidate,
        runs: typeof runs === 'number' ? runs : runs[i]!,
        isChanceless: this.isChanceless(candidate) ?? false,
      })),
    );
  }

  /** Those that an abort left without a single run are missing. */
  async findings(stream: Stream, candidates: readonly Candidate[], runs: number): Promise<Finalist[]> {
    const samples = await this.samples(stream, candidates, runs);
    return candidates.flatMap((candidate, i) => (samples[i]!.length === 0 ? [] : [this.finding(candidate, samples[i]!)]));
  }

  finding(candidate: Candidate, samples: readonly Sample[]): Finalist {
    const finding = finalistOf(candidate, samples, this.problem.constraints, this.isChanceless(candidate) ?? false);
    const before = this.found.get(candidate.id);
    if (!before || before.seeds <= finding.seeds) this.found.set(candidate.id, finding);
    return finding;
  }

  private judge(settings: Candidate['settings']): boolean | null {
    try {
      return isChanceless(settings.length === 0 ? this.problem.scenario : this.problem.resolve(settings));
    } catch (error) {
      if (error instanceof ScenarioError) return null;
      throw error;
    }
  }
}
