/** File and settings to a Scenario, or every problem at once. */
import type { Mode, ModelId } from '../model/names.ts';
import type { ClientSpec, ClockSpec, ProviderSpec, Scenario, Setting, TrafficEntry, Warning } from '../model/scenario.ts';
import { allowOf } from './allow.ts';
import { endlessRetry, endlessUsers } from './bounded.ts';
import { clientSpec } from './client.ts';
import { type ClientSection, MAPPINGS, type ProvidersSection, SECTIONS } from './definition.ts';
import { type Path, type ScenarioDocument, valueAt } from './document.ts';
import { Findings } from './findings.ts';
import { quotaSpec } from './quota.ts';
import { latencySpec, serviceSpec } from './service.ts';
import { applySettings } from './settings.ts';
import { type Files, thresholdsOf, trafficEntry } from './traffic.ts';

export type { Files } from './traffic.ts';

export interface ResolveOptions {
  readonly mode?: Mode;
  /** Stands for `clock.startAt`; a live run is always now. Epoch ms. */
  readonly startAtMs?: number;
}

/**
 * @throws ScenarioError with all problems, in the order of the file
 * @throws InputError when the scenario is right but a trace or limits file that it names is damaged
 */
export function resolve(
  document: ScenarioDocument,
  settings: readonly Setting[],
  files: Files,
  options: ResolveOptions = {},
): { readonly scenario: Scenario; readonly warnings: readonly Warning[] } {
  const changed = applySettings(document, settings);
  const findings = new Findings(changed);
  if (changed.value === null && findings.problems.length > 0) findings.throwIfAny();
  const scenario = build(changed, files, options, findings);
  findings.throwIfAny();
  return { scenario: { ...scenario, warnings: findings.warnings }, warnings: findings.warnings };
}

/**
 * The scenario as far as it is right. Each section is checked by itself, so that a mistake in one hides none in another; what
 * stands in for a section that is wrong is never seen, because its problem is thrown.
 */
function build(document: ScenarioDocument, files: Files, options: ResolveOptions, findings: Findings): Scenario {
  reportUnknownKeys(document, findings);
  const clock = clockSpec(findings, options);
  const providersSection = findings.parse(SECTIONS.providers, ['providers']) ?? {};
  const budget = budgetOf(findings);
  const { entries, clients } = trafficOf(document, files, clock, Object.keys(providersSection), findings);
  const names = entryNames(document);
  const allow =
    (valueAt(document.value, ['allow']) ?? null) === null
      ? null
      : allowOf(findings.parseKeys(MAPPINGS.allow, ['allow'], {}), entries, findings);
  const service = serviceSpec(findings.parseKeys(MAPPINGS.service, ['service'], {}), clock?.startAtMs ?? 0, findings);
  reportEndless(entries, clients, service, budget, names, findings);
  const quotaSection = findings.parseKeys(MAPPINGS.quota, ['quota'], {});
  return {
    name: findings.parse(SECTIONS.name, ['name']) ?? nameOf(document.file),
    description: findings.parse(SECTIONS.description, ['description']) ?? null,
    seed: findings.parse(SECTIONS.seed, ['seed']) ?? 1,
    clock: clock ?? { startAtMs: 0, durationMs: 0, drainMs: 0 },
    quota: quotaSpec(quotaSection, callable(entries, clients, allow), document, files, findings),
    service,
    traffic: entries,
    clients,
    providers: providerSpecs(providersSection),
    budget,
    thresholds: thresholdsOf(findings.parse(SECTIONS.thresholds, ['thresholds']) ?? [], ['thresholds'], findings),
    goals: findings.parse(SECTIONS.goals, ['goals']) ?? null,
    allow,
    warnings: [],
  };
}

/** What the sections cannot say of themselves: that the file is a mapping, and that its keys are known. */
function reportUnknownKeys(document: ScenarioDocument, findings: Findings): void {
  const keys =
    typeof document.value === 'object' && document.value !== null && !Array.isArray(document.value) ? Object.keys(document.value) : null;
  const known = Object.keys(SECTIONS);
  if (keys === null) findings.problem([], 'expected a mapping with clock and traffic');
  for (const key of keys ?? []) if (!known.includes(key)) findings.unknownKey([key], known);
}

function clockSpec(findings: Findings, { mode, startAtMs }: ResolveOptions): ClockSpec | null {
  const clock = findings.parse(SECTIONS.clock, ['clock']);
  if (!clock) return null;
  if (mode === 'live' && startAtMs === undefined)
    findings.warn('start-ignored', 'clock.startAt does not count in a live run, which is always now');
  return { startAtMs: startAtMs ?? clock.startAt, durationMs: clock.duration, drainMs: clock.drain };
}

function budgetOf(findings: Findings): Scenario['budget'] {
  const budget = findings.parse(SECTIONS.budget, ['budget']);
  return { microUsd: budget?.usd ?? null, requests: budget?.requests ?? null };
}

const STAND_INS = {
  shape: { kind: 'flood', requests: 1 },
  request: { model: 'gemini-3-pro-image', images: 1, promptTokens: 300, referenceImages: 0 },
} as const;

function trafficOf(document: ScenarioDocument, files: Files, clock: ClockSpec | null, providers: readonly string[], findings: Findings) {
  const common = findings.parseKeys(MAPPINGS.client, ['client'], {});
  const clients: ClientSpec[] = [clientSpec('client', common, ['client'], providers, findings)];
  const entries: TrafficEntry[] = [];
  const written = valueAt(document.value, ['traffic']);
  if (!Array.isArray(written) || written.length === 0) findings.parse(SECTIONS.traffic, ['traffic']);
  const names = entryNames(document);
  for (const [index, name] of names.entries()) {
    const section = findings.parseKeys(MAPPINGS.entry, ['traffic', index], STAND_INS);
    if (names.indexOf(name) < index)
      findings.problem(['traffic', index, 'name'], `expected a name of its own, {found}: entry ${names.indexOf(name)} has it too`);
    const client = section.client ? clients.push(ownClient(name, index, common, section.client, providers, findings)) - 1 : 0;
    entries.push(trafficEntry(section, { index, name, client, clock, files, findings }));
  }
  return { entries, clients };
}

/** Whole keys of the common client are replaced. */
function ownClient(
  name: string,
  index: number,
  common: ClientSection,
  own: ClientSection,
  providers: readonly string[],
  findings: Findings,
): ClientSpec {
  const path: Path = own.fallback === undefined ? ['client'] : ['traffic', index, 'client'];
  return clientSpec(name, { ...common, ...own }, path, providers, findings);
}

function entryNames(document: ScenarioDocument): readonly string[] {
  const traffic = valueAt(document.value, ['traffic']);
  if (!Array.isArray(traffic)) return [];
  return traffic.map((entry: unknown, index) => {
    const name = valueAt(entry, ['name']);
    return typeof name === 'string' ? name : `traffic ${index + 1}`;
  });
}

/** Every model that may be called, in the order it is met. */
function callable(entries: readonly TrafficEntry[], clients: readonly ClientSpec[], allow: Scenario['allow']): readonly ModelId[] {
  const models = entries.flatMap(({ request, shape }) => [request.model, ...(shape.kind === 'replay' ? (shape.trace?.models ?? []) : [])]);
  const fallbacks = clients.flatMap(({ fallback }) => fallback.flatMap(({ to }) => ('model' in to ? [to.model] : [])));
  return [...new Set([...models, ...fallbacks, ...(allow?.models ?? [])])];
}

function providerSpecs(section: ProvidersSection): Readonly<Record<string, ProviderSpec>> {
  return Object.fromEntries(
    Object.entries(section).map(([name, { usdPerImage, concurrency, latency, errorRate }]): [string, ProviderSpec] => [
      name,
      {
        usdPerImage: usdPerImage / 1_000_000,
        concurrency: concurrency ?? null,
        latency: latencySpec(latency),
        errorRatio: errorRate,
      },
    ]),
  );
}

function reportEndless(
  entries: readonly TrafficEntry[],
  clients: readonly ClientSpec[],
  service: Scenario['service'],
  budget: Scenario['budget'],
  names: readonly string[],
  findings: Findings,
): void {
  for (const [i, client] of clients.entries()) {
    const text = endlessRetry(client, service, budget.requests);
    if (text !== null) findings.problem(i === 0 ? ['client', 'retry'] : ['traffic', names.indexOf(client.name), 'client', 'retry'], text);
  }
  for (const { name, shape, client } of entries) {
    if (shape.kind !== 'users' || shape.thinkMeanMs > 0) continue;
    const text = endlessUsers(clients[client]!, service, budget);
    if (text !== null) findings.problem(['traffic', names.indexOf(name), 'shape', 'think'], text);
  }
}

function nameOf(file: string): string {
  return (file.split(/[\\/]/).at(-1) ?? file).replace(/\.(ya?ml|json)$/i, '') || 'scenario';
}
