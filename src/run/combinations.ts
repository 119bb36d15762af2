/** One scenario at other tiers, models, sizes and profiles, in the words of the scenario file. */
import type { Results } from '../analysis/analysis.ts';
import { findModel } from '../model/catalogue.ts';
import type { Setting } from '../model/scenario.ts';
import { parseSetting } from '../scenario/settings.ts';
import { run } from './run.ts';
import { type LoadedScenario, type ReadOptions, readScenario } from './scenario-file.ts';

/** Empty: the file's own. */
export interface Axes {
  readonly tiers: readonly string[];
  readonly models: readonly string[];
  readonly sizes: readonly string[];
  readonly profiles: readonly string[];
}

export interface Combinations {
  readonly loaded: readonly LoadedScenario[];
  /** Combinations that cannot be asked for, and why. */
  readonly leftOut: readonly string[];
}

/**
 * A combination that changes nothing has no settings: it is the file as it stands, and so is its run.
 * @throws ScenarioError, InputError as reading the file does
 */
export function combinations(file: string, { tiers, models, sizes, profiles }: Axes, options: ReadOptions = {}): Combinations {
  const base = readScenario(file, options);
  const loaded: LoadedScenario[] = [];
  const leftOut: string[] = [];
  for (const profile of orOwn(profiles))
    for (const model of orOwn(models))
      for (const size of orOwn(sizes)) {
        const missing = base.scenario.traffic.find((entry) => lacks(model ?? entry.request.model, size ?? entry.request.size));
        if (missing && (model ?? size) !== null) {
          leftOut.push(`${model ?? missing.request.model} makes no ${size ?? missing.request.size} images: left out.`);
          continue;
        }
        for (const tier of orOwn(tiers)) {
          const settings = [...(options.settings ?? []), ...settingsFor(base, { tier, model, size, profile })];
          loaded.push(readScenario(file, { ...options, settings }));
        }
      }
  return { loaded, leftOut };
}

export interface RunEachOptions {
  /** Instead of each scenario's own. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Told the results of each, in order. */
  readonly each: (results: Results, index: number) => void;
}

/** Runs scenarios in virtual time exactly as `rundry run` does, one after another, leaving room for signals in between. */
export async function runEach(loaded: readonly LoadedScenario[], { seed, signal, each }: RunEachOptions): Promise<void> {
  for (const [index, one] of loaded.entries()) {
    if (signal?.aborted) return;
    const { results } = await run(one, { seed: seed ?? one.scenario.seed });
    each(results, index);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface Combination {
  readonly tier: string | null;
  readonly model: string | null;
  readonly size: string | null;
  readonly profile: string | null;
}

/** As `--set` would read them, and only those that differ from what the file says. */
function settingsFor({ scenario }: LoadedScenario, { tier, model, size, profile }: Combination): Setting[] {
  const { quota, traffic } = scenario;
  return [
    ...(tier === null || tier === quota.tier ? [] : [`quota.tier=${tier}`]),
    ...(profile === null || profile === quota.profile ? [] : [`quota.profile=${profile}`]),
    ...traffic.flatMap(({ request }, index) => [
      ...(model === null || (findModel(model)?.id ?? model) === request.model ? [] : [`traffic[${index}].request.model=${model}`]),
      ...(size === null || size === request.size ? [] : [`traffic[${index}].request.size=${size}`]),
    ]),
  ].map(parseSetting);
}

function orOwn(values: readonly string[]): readonly (string | null)[] {
  return values.length === 0 ? [null] : values;
}

/** A model that the catalogue does not know is for the scenario's own check to refuse. */
function lacks(id: string, size: string): boolean {
  const model = findModel(id);
  return model !== undefined && !model.ignoresSize && !(size in model.imageTokens);
}
