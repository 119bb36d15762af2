/** Two run folders to a comparison: their journals, and further seeds that follow from these in virtual time. */
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Results } from '../analysis/analysis.ts';
import type { MetricValues } from '../analysis/change.ts';
import { incomparable } from '../analysis/comparable.ts';
import { COMPARED_METRICS, type Comparison, compare } from '../analysis/compare.ts';
import type { ChangeRule } from '../model/change-rule.ts';
import { ScenarioError } from '../model/errors.ts';
import { rebuild } from './rebuild.ts';
import { simulate } from './simulate.ts';

export interface CompareRunsOptions {
  readonly rules: readonly ChangeRule[];
  /** How many seeds both runs are simulated under, their own included (1: the recorded runs alone). */
  readonly seeds?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * @param base and next each a run folder, or its journal.ndjson
 * @throws ScenarioError with every reason why they cannot be compared
 * @throws InputError when a journal is damaged
 */
export async function compareRuns(base: string, next: string, { rules, seeds = 1, onProgress }: CompareRunsOptions): Promise<Comparison> {
  const [before, after] = [await readRun(base), await readRun(next)];
  const reasons = incomparable(before, after);
  if (reasons.length > 0) throw new ScenarioError(reasons.map((reason) => `${base} and ${next} cannot be compared: ${reason}`));
  if (seeds < 2) return compare(before, after, { rules });
  const problems = [...notRepeatable(base, before), ...notRepeatable(next, after)];
  if (problems.length > 0) throw new ScenarioError(problems);
  const metrics = [...new Set([...COMPARED_METRICS, ...rules.map(({ metric }) => metric)])];
  const pairs: { base: MetricValues; next: MetricValues }[] = [];
  for (let k = 0; k < seeds; k++) {
    const seed = before.header.seed + k;
    pairs.push({
      base: valuesOf(simulate(before.header.resolved, seed), metrics),
      next: valuesOf(simulate(after.header.resolved, seed), metrics),
    });
    onProgress?.(k + 1, seeds);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return compare(before, after, { rules, seeds: pairs });
}

async function readRun(path: string): Promise<Results> {
  const isJournal = basename(path) === 'journal.ndjson' && statSync(path, { throwIfNoEntry: false })?.isFile();
  return rebuild(isJournal ? dirname(path) : path, false);
}

function valuesOf(results: Results, metrics: readonly string[]): MetricValues {
  return Object.fromEntries(metrics.map((metric) => [metric, results.metric(metric)]));
}

/** Why further seeds of a run cannot be had from its journal. */
function notRepeatable(path: string, recorded: Results): string[] {
  const { mode, resolved, seed, tool } = recorded.header;
  if (mode !== 'sim') return [`--seeds: ${path} is a ${mode} run; other seeds follow from simulated runs only`];
  if (resolved.traffic.some(({ shape }) => shape.kind === 'replay'))
    return [`--seeds: ${path} replays a trace, which its journal does not hold; run more seeds with run --seeds`];
  const again = simulate(resolved, seed);
  const other = COMPARED_METRICS.find((metric) => again.metric(metric) !== recorded.metric(metric));
  return other === undefined
    ? []
    : [`--seeds: this version gives another ${other} for ${path}, which version ${tool.version} made: run it again, or leave --seeds out`];
}
