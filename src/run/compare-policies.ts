/** One scenario under several retry policies: the same file with other settings, the same seeds. */
import { type PolicyComparison, type PolicyOutcome, policyOutcome, policyRun, ruling } from '../analysis/policies.ts';
import { RETRY_PRESETS } from '../client/retry-presets.ts';
import { ScenarioError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';
import type { Scenario, Setting } from '../model/scenario.ts';
import type { ScenarioDocument } from '../scenario/document.ts';
import { applySettings } from '../scenario/settings.ts';
import { type LoadedScenario, readScenario } from './scenario-file.ts';
import { simulateSeeds } from './seeds.ts';

/** Stands for the clients of the scenario as they are. */
export const AS_WRITTEN = 'as-written';

/** What a 429 takes to answer unless the scenario says: else a loop without waits would stand still in time. Assumed. */
const REFUSAL_LATENCY = '300ms';

export interface ComparisonOptions {
  readonly policies: readonly string[];
  readonly seeds: number;
  readonly settings?: readonly Setting[];
  readonly signal?: AbortSignal;
  /** Told before each seed of each policy. */
  readonly onProgress?: (done: number, total: number, note: string) => void;
}

export function policyNames(): string[] {
  return [...Object.keys(RETRY_PRESETS), AS_WRITTEN];
}

/** @throws ScenarioError for a name that is no policy, and for a scenario that is wrong under one of them */
export async function comparePolicies(file: string, options: ComparisonOptions): Promise<PolicyComparison> {
  const { policies, seeds, settings = [], signal } = options;
  refuseUnknown(policies);
  const written = readScenario(file, { settings });
  const assumed = saysRefusalLatency(applySettings(written.document, settings)) ? null : REFUSAL_LATENCY;
  const loaded = policies.map((policy) => ({ policy, of: underPolicy(file, written, settings, policy, assumed) }));
  const outcomes: PolicyOutcome[] = [];
  const total = policies.length * seeds;
  for (const { policy, of } of loaded) {
    const runs: ReturnType<typeof policyRun>[] = [];
    const note = (k: number): string => `${policy}, seed ${of.scenario.seed + k}`;
    options.onProgress?.(outcomes.length * seeds, total, note(0));
    await simulateSeeds(
      of,
      of.scenario.seed,
      seeds,
      (results, k) => {
        runs.push(policyRun(results));
        options.onProgress?.(outcomes.length * seeds + k + 1, total, note(k));
      },
      signal,
    );
    if (runs.length === seeds) outcomes.push(policyOutcome(policy, runs));
    if (signal?.aborted) break;
  }
  return {
    scenario: written.scenario.name,
    firstSeed: written.scenario.seed,
    seeds,
    assumedRefusalLatency: assumed,
    outcomes,
    ruling: outcomes.length === 0 ? null : ruling(outcomes),
    notes: loaded.flatMap(({ policy, of }) => fallbackNote(policy, of.scenario)),
  };
}

function refuseUnknown(policies: readonly string[]): void {
  const known = policyNames();
  const problems = policies
    .filter((policy) => !known.includes(policy))
    .map((policy) => {
      const meant = nearest(policy, known);
      return `--policies: "${policy}" is no policy${meant === null ? `; there are ${known.join(', ')}` : `, did you mean ${meant}?`}`;
    });
  const twice = policies.filter((policy, i) => policies.indexOf(policy) < i).map((policy) => `--policies: ${policy} is named twice`);
  if (policies.length === 0) problems.push(`--policies: expected names such as ${known.slice(-3).join(',')}`);
  if (problems.length + twice.length > 0) throw new ScenarioError([...problems, ...twice]);
}

/** Every client of the scenario gets the preset's retry, breaker and fallback in place of its own; all else stays. */
function underPolicy(
  file: string,
  { document }: LoadedScenario,
  settings: readonly Setting[],
  policy: string,
  refusalLatency: string | null,
): LoadedScenario {
  const swapped = policy === AS_WRITTEN ? [] : swaps(applySettings(document, settings), policy);
  const latency = refusalLatency === null ? [] : [{ path: 'service.refusalLatency', value: refusalLatency }];
  return readScenario(file, { settings: [...settings, ...swapped, ...latency] });
}

function swaps({ value }: ScenarioDocument, policy: string): Setting[] {
  const { client, traffic } = (value ?? {}) as { client?: unknown; traffic?: unknown };
  const entries = Array.isArray(traffic) ? (traffic as unknown[]) : [];
  const own = entries.flatMap((entry, i) => {
    const of = keysOf(entry).includes('client') ? (entry as { client: unknown }).client : undefined;
    return [...set(of, 'retry', `traffic[${i}].client`, policy), ...bringsItsOwn(of, `traffic[${i}].client`)];
  });
  return [{ path: 'client.retry', value: policy }, ...bringsItsOwn(client, 'client'), ...own];
}

/** A breaker and a fallback that are not written are the preset's. */
function bringsItsOwn(client: unknown, path: string): Setting[] {
  return [...set(client, 'breaker', path, undefined), ...set(client, 'fallback', path, undefined)];
}

function set(client: unknown, key: string, path: string, value: unknown): Setting[] {
  return keysOf(client).includes(key) ? [{ path: `${path}.${key}`, value }] : [];
}

function saysRefusalLatency({ value }: ScenarioDocument): boolean {
  return keysOf((value as { service?: unknown } | null)?.service).includes('refusalLatency');
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

/** A model without known limits takes everything: a fallback to it looks better than it may be. */
function fallbackNote(policy: string, { clients, quota }: Scenario): string[] {
  const models = new Set(clients.flatMap(({ fallback }) => fallback.flatMap(({ to }) => ('model' in to ? [to.model] : []))));
  return [...models].flatMap((model) => {
    const unknown = quota.limits.filter((limit) => limit.model === model && limit.state === 'unknown').map(({ bucket }) => bucket);
    const free = unknown.length === 0 ? '' : `; its ${unknown.join(', ')} are not known here and refuse nothing`;
    return [`${policy} falls back to ${model}: images of another model, at its price${free}.`];
  });
}
