/** A scenario over a grid of settings, each point under the same seeds and so the same traffic. */
import type { Results } from '../analysis/analysis.ts';
import { ScenarioError } from '../model/errors.ts';
import type { Setting } from '../model/scenario.ts';
import { scaled } from '../plan/scale.ts';
import { parseSetting } from '../scenario/settings.ts';
import { header } from './header.ts';
import { type LoadedScenario, type ReadOptions, readScenario, runIdOf } from './scenario-file.ts';
import { simulate } from './simulate.ts';

/** One varied path and its values as they were written. */
export interface Axis {
  readonly path: string;
  readonly values: readonly string[];
}

export interface Point {
  /** Aligned with the axes. */
  readonly values: readonly string[];
  readonly loaded: LoadedScenario;
}

const POINTS_MAX = 10_000;

/**
 * `PATH=1,2,4` or `PATH=1..8` for each whole number; words without a path add to the one before. Commas inside brackets,
 * braces and quotes separate nothing; under `quota.limits`, `8..12` is an interval and stays one value.
 * @throws ScenarioError with every problem
 */
export function parseAxes(texts: readonly string[]): Axis[] {
  const axes: { path: string; values: string[] }[] = [];
  const problems: string[] = [];
  for (const text of texts) {
    const split = /^((?:"[^"]*"|[^="])+)=(.*)$/s.exec(text);
    const last = axes.at(-1);
    if (!split && !last) problems.push(`--vary ${text}: expected PATH=VALUES such as client.concurrency=1,2,4`);
    else if (!split) last!.values.push(...parts(text));
    else {
      const path = split[1]!.trim();
      axes.push({ path, values: parts(split[2]!).flatMap((value) => (path.startsWith('quota.limits') ? [value] : range(value))) });
    }
  }
  for (const { path, values } of axes) if (values.length === 0) problems.push(`--vary ${path}: expected at least one value`);
  const paths = axes.map(({ path }) => path);
  for (const path of new Set(paths.filter((path, index) => paths.indexOf(path) < index))) problems.push(`--vary ${path}: varied twice`);
  const points = axes.reduce((product, { values }) => product * values.length, 1);
  if (points > POINTS_MAX) problems.push(`--vary: more than ${POINTS_MAX} points`);
  if (problems.length > 0) throw new ScenarioError(problems);
  return axes;
}

/** Every combination, the last axis fastest. Reads the file anew for each, so a value that is wrong is told as for `--set`. */
export function grid(file: string, axes: readonly Axis[], options: ReadOptions = {}): Point[] {
  const combined = axes.reduce<string[][]>((rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])), [[]]);
  const base = options.settings ?? [];
  return combined.map((values) => {
    const settings: Setting[] = values.map((value, index) => parseSetting(`${axes[index]!.path}=${value}`));
    return { values, loaded: readScenario(file, { ...options, settings: [...base, ...settings] }) };
  });
}

export interface HighestScale {
  /** 0: not even hardly any traffic is carried; Infinity: the highest that was tried is. */
  readonly scale: number;
  /** At that scale; null with scale 0. */
  readonly held: Results | null;
  /** Just above it; null where nothing was missed. */
  readonly missed: Results | null;
  /** Interrupted: the scale is no answer. */
  readonly isUnfinished: boolean;
}

const SCALE_MAX = 1_024;
const SCALE_MIN = 1 / 1_024;
const PRECISION = 0.005;

/**
 * The highest scale of the traffic at which every threshold holds on every seed, to 0.5 %: doubling or halving, then bisection.
 * Rests on a scenario that does no better under more traffic.
 */
export async function highestScale(loaded: LoadedScenario, seeds: readonly number[], signal?: AbortSignal): Promise<HighestScale> {
  let missed: Results | null = null;
  let held: Results | null = null;
  const holds = async (scale: number): Promise<boolean> => {
    let last: Results | null = null;
    for (const seed of seeds) {
      const results = atScale(loaded, scale, seed);
      await new Promise((resolve) => setImmediate(resolve)); // signals come in between
      if (!results.summary.passed) {
        missed = results;
        return false;
      }
      last ??= results;
    }
    held = last;
    return true;
  };
  let low = 0;
  let high = Infinity;
  for (let scale = 1; scale <= SCALE_MAX && scale >= SCALE_MIN && !signal?.aborted; ) {
    if (await holds(scale)) low = scale;
    else high = scale;
    if (low > 0 && high < Infinity) break;
    scale = low > 0 ? scale * 2 : scale / 2;
  }
  const isUnfinished = signal?.aborted ?? false;
  if (high === Infinity) return { scale: Infinity, held, missed, isUnfinished };
  if (low === 0) return { scale: 0, held: null, missed, isUnfinished };
  while (high / low > 1 + PRECISION && !signal?.aborted) {
    const middle = Math.sqrt(low * high);
    if (await holds(middle)) low = middle;
    else high = middle;
  }
  return { scale: low, held, missed, isUnfinished: high / low > 1 + PRECISION };
}

function atScale(loaded: LoadedScenario, scale: number, seed: number): Results {
  const scenario = scaled(loaded.scenario, scale);
  const runId = `${runIdOf(loaded, seed, 'sim')}${scale === 1 ? '' : `-x${Number(scale.toPrecision(4))}`}`;
  return simulate(scenario, seed, { header: header({ scenario, seed, mode: 'sim', runId, sha256: loaded.sha256 }) });
}

/** At commas outside brackets, braces and quotes. */
function parts(text: string): string[] {
  return (text.match(/(?:"[^"]*"|'[^']*'|\[[^\]]*\]|\{[^}]*\}|[^,])+/g) ?? []).map((part) => part.trim()).filter((part) => part !== '');
}

function range(value: string): string[] {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(value) ?? [];
  if (from === undefined || to === undefined) return [value];
  const length = Math.min(POINTS_MAX + 1, Math.max(0, Number(to) - Number(from) + 1));
  return Array.from({ length }, (_, index) => String(Number(from) + index));
}
