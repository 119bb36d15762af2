/** A run as CI systems are told of it: a suite with a case for each threshold, and annotations beside the scenario's lines. */
import type { Results } from '../analysis/analysis.ts';
import type { ThresholdResult } from '../analysis/summary.ts';
import { type Annotation, annotation } from './annotations.ts';
import type { JunitCase, JunitSuite } from './junit.ts';
import { type SeedRun, seedStatistics } from './seeds.ts';
import { verdict } from './verdict.ts';
import { observedText } from './words.ts';

export interface CiRun {
  readonly results: Results;
  /** Keys of the scenario that this version ignores. */
  /** The scenario file as the repository names it; null: a journal does not say. */
  readonly file: string | null;
  /** In the order of the summary's thresholds; null: it does not stand in the file. */
  readonly thresholdLines: readonly (number | null)[];
  /** The run itself first; fewer than two: one seed was run. */
  readonly seeds: readonly SeedRun[];
}

/** Warnings after which no number of a run is to be trusted. */
const BROKEN: readonly string[] = ['journal-torn', 'run-ended-early'];

export function runVerdict({ results }: CiRun): string {
  return verdict(results);
}

/** The suite of a run: its end, then each threshold. @param name of its own among the suites of a report */
export function runSuite(run: CiRun, name: string): JunitSuite {
  const { summary } = run.results;
  const broken = summary.warnings.find(({ code }) => BROKEN.includes(code));
  const said = [runVerdict(run), ...summary.warnings.map(({ text }) => `! ${text}`)].join('\n');
  return {
    name,
    properties: {
      run_id: summary.runId,
      mode: summary.mode,
      seed: String(summary.seed),
      start_at: summary.startAt,
      duration_ms: String(summary.durationMs),
      version: summary.tool.version,
    },
    cases: [
      { name: 'runs to its end', output: said, ...(broken ? { error: broken.text } : {}) },
      ...summary.thresholds.map((threshold, index) => thresholdCase(threshold, seedsText(run, index))),
    ],
  };
}

function thresholdCase(threshold: ThresholdResult, seeds: string | null): JunitCase {
  const { passed } = threshold;
  return {
    name: thresholdName(threshold),
    ...(passed ? {} : { failure: `observed ${observedText(threshold.observed)}` }),
    output: [`observed ${observedText(threshold.observed)}`, ...(seeds === null ? [] : [seeds])].join('\n'),
  };
}

/** An error for each missed threshold, a warning for what casts doubt on the run, a notice with the verdict. One line each. */
export function runAnnotations(run: CiRun): string {
  const { results, file, thresholdLines } = run;
  const { summary } = results;
  const about = { title: summary.scenario.name, file, line: null };
  const missed = summary.thresholds.flatMap((threshold, index): Annotation[] => {
    if (threshold.passed) return [];
    const seeds = seedsText(run, index);
    const text = `${thresholdName(threshold)} was missed: observed ${observedText(threshold.observed)}${seeds === null ? '' : `, ${seeds}`}`;
    return [{ ...about, level: 'error', text, line: thresholdLines[index] ?? null }];
  });
  const doubts = summary.warnings
    .filter(({ code }) => BROKEN.includes(code) || code === 'generator-late')
    .map(({ text }): Annotation => ({ ...about, level: 'warning', text }));
  return [...missed, ...doubts, { ...about, level: 'notice' as const, text: runVerdict(run) }].map(annotation).join('');
}

export function thresholdName({ traffic, expression }: Pick<ThresholdResult, 'traffic' | 'expression'>): string {
  return `${traffic === null ? '' : `${traffic}: `}${expression}`;
}

/** `met on 17 of 20 seeds`; null where one seed was run. */
export function seedsText({ seeds }: CiRun, threshold: number): string | null {
  if (seeds.length < 2) return null;
  const found = seedStatistics(seeds).thresholds[threshold];
  return found === undefined ? null : `met on ${found.met} of ${found.of} seeds`;
}

/** A name for each run that no other has: the scenario's, and a number where several share it. */
export function suiteNames(runs: readonly CiRun[]): string[] {
  const names = runs.map(({ results }) => results.summary.scenario.name);
  return names.map((name, index) => {
    const nth = names.slice(0, index).filter((other) => other === name).length;
    return nth === 0 ? name : `${name} (${nth + 1})`;
  });
}
