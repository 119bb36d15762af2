/**
 * What a limit that nobody knows is worth: how far the plan holds over the interval that it may lie in, what another plan would have
 * done better, what knowing it would change, and what it costs to find out.
 *
 * Success does not fall when a limit rises, so that the ends of the intervals tell the rest; all at their low end is the worst.
 */
import { findModel } from '../model/catalogue.ts';
import { type BucketName, isAccountBucket, type ModelId, SIZES, type Tier } from '../model/names.ts';
import { requestSpec } from '../model/request-spec.ts';
import type { Scenario, Setting } from '../model/scenario.ts';
import type { Evaluate, Task } from './evaluate.ts';
import type { Assumption } from './result.ts';

/** Something whose value is not known, as settings of its worlds. */
export interface Unknown {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  /** Where it holds; an option at another tier has other limits. */
  readonly tier: Tier;
  /** Requests, images, tokens or micro-dollars. */
  readonly interval: readonly [low: number, high: number];
  readonly why: string;
}

export interface Regret<Option extends string, World extends string> {
  readonly regret: Readonly<Record<Option, Readonly<Record<World, number>>>>;
  readonly maxRegret: Readonly<Record<Option, number>>;
  /** Loses least where it loses most; the first named of equals. */
  readonly minimaxRegretChoice: Option;
  readonly expectedValue: Readonly<Record<Option, number>>;
  readonly expectedChoice: Option;
  /** E[max] - max E: the most that knowing the world beforehand can be worth, in the unit of the utility. */
  readonly evpi: number;
}

/** Savage's table. @param utility of each option in each world; more is better. @param probability of the worlds, adding up to 1 */
export function regretTable<Option extends string, World extends string>(
  utility: Readonly<Record<Option, Readonly<Record<World, number>>>>,
  probability: Readonly<Record<World, number>>,
): Regret<Option, World> {
  const options = Object.keys(utility) as Option[]; // the keys are the options
  const worlds = Object.keys(probability) as World[];
  const record = <Value>(of: (option: Option) => Value) =>
    Object.fromEntries(options.map((option) => [option, of(option)])) as Record<Option, Value>; // one for each option
  const best = Object.fromEntries(worlds.map((world) => [world, Math.max(...options.map((option) => utility[option][world]))])) as Record<
    World,
    number
  >;
  const mean = (of: (world: World) => number): number => worlds.reduce((sum, world) => sum + probability[world] * of(world), 0);
  const regret = record(
    (option) => Object.fromEntries(worlds.map((world) => [world, best[world] - utility[option][world]])) as Record<World, number>,
  );
  const maxRegret = record((option) => Math.max(...worlds.map((world) => regret[option][world])));
  const expectedValue = record((option) => mean((world) => utility[option][world]));
  const least = Math.min(...Object.values<number>(maxRegret));
  const most = Math.max(...Object.values<number>(expectedValue));
  return {
    regret,
    maxRegret,
    minimaxRegretChoice: options.find((option) => maxRegret[option] === least)!,
    expectedValue,
    expectedChoice: options.find((option) => expectedValue[option] === most)!,
    evpi: mean((world) => best[world]) - most,
  };
}

/** The limits that a plan rests on without knowing them: assumed for it, or stated as intervals by the file. @param scenario under the plan */
export function unknownsOf(scenario: Scenario, assumptions: readonly Assumption[]): Unknown[] {
  const { quota } = scenario;
  const called = new Set(scenario.traffic.map(({ request }) => request.model));
  const isAssumed = ({ bucket, model }: Pick<Unknown, 'bucket' | 'model'>): boolean =>
    assumptions.some((one) => one.bucket === bucket && one.model === model);
  const stated = quota.limits.flatMap(({ bucket, model, interval }): Unknown[] =>
    interval === null || isAssumed({ bucket, model }) || !(model === null || called.has(model))
      ? []
      : [{ bucket, model, tier: quota.tier, interval, why: 'stated by the file' }],
  );
  return [...assumptions, ...stated];
}

/** In the words of the file. */
export function limitSetting({ bucket, model }: Pick<Unknown, 'bucket' | 'model'>, value: number): Setting {
  if (isAccountBucket(bucket)) {
    const key = bucket === 'spend10m' ? 'spend10mUsd' : bucket === 'monthly' ? 'monthlyUsd' : bucket;
    return { path: `quota.limits.account.${key}`, value: key === bucket ? value : value / 1e6 };
  }
  return { path: `quota.limits.${JSON.stringify(model)}.${bucket}`, value };
}

export interface Measurement {
  readonly how: string;
  readonly costUsd: number;
  readonly minutes: number;
}

/**
 * The cheapest way to learn a limit. AI Studio shows rpm, tpm and rpd of a project for nothing; ipm it does not show, so that only
 * sending more than the limit within a minute tells, with the model that is asked for, at its smallest size.
 * Source: AI Studio's page of limits as seen in 2026 (three columns); minutes are our estimate.
 */
export function cheapestMeasurement({ bucket, model, interval }: Unknown): Measurement {
  switch (bucket) {
    case 'ipm': {
      const most = Math.ceil(interval[1]) + 1;
      return {
        how: `send ${most} requests to ${model} within one minute of the clock and count what is delivered (ipm is not shown in AI Studio)`,
        costUsd: Math.ceil(interval[1]) * smallestPriceUsd(model),
        minutes: 1,
      };
    }
    case 'spend10m':
    case 'monthly':
      return { how: 'read tier and spending caps of the billing account in AI Studio (ai.studio/spend)', costUsd: 0, minutes: 2 };
    default:
      return {
        how: `read ${bucket} of ${model ?? 'the account'} in AI Studio, page of rate limits of the project`,
        costUsd: 0,
        minutes: 2,
      };
  }
}

/** At its smallest size, with a short prompt. */
function smallestPriceUsd(id: ModelId | null): number {
  const model = id === null ? undefined : findModel(id);
  const size = SIZES.find((one) => model?.imageTokens[one] !== undefined);
  return model && size ? requestSpec(model.id, size, 0, 0).listMicroUsd / 1e6 : 0;
}

/** One unknown limit, and what is known of the plan over its interval while the others stay at their low ends. */
export interface UnknownWorth {
  readonly unknown: Unknown;
  /** The plan holds with the asked probability from this value on, looked for down to a quarter of the low end; null: nowhere up to the high end. */
  readonly holdsFrom: number | null;
  /** The least that one had to change were it at its high end; null: nothing less than the plan. */
  readonly cheaperIfHigh: string | null;
  /** Share of seeds on which knowing it would turn a miss into a hit, both ends as likely (assumed). */
  readonly evpi: number;
  readonly measurement: Measurement;
}

export interface Robustness {
  readonly unknowns: readonly UnknownWorth[];
  /** Of all corners, the share at which the plan holds with the asked probability; 1 without an unknown limit. */
  readonly cornersHeldRatio: number;
  /** At most this share of seeds is lost against the best plan that was looked at, over all corners. */
  readonly maxRegret: number;
  /** The one that loses least at its worst corner. */
  readonly robust: string;
  readonly simulations: number;
}

/** A plan by its name, as settings on top of the file. */
export interface Option {
  readonly name: string;
  readonly tier: Tier;
  readonly settings: readonly Setting[];
}

export interface RobustnessOptions {
  readonly evaluate: Evaluate;
  /** The one that is recommended first, then the alternatives, least change first. */
  readonly options: readonly Option[];
  readonly unknowns: readonly Unknown[];
  /** With which all thresholds are to hold. */
  readonly probability: number;
  readonly seeds: readonly number[];
  /** Made under every option: thresholds that the plan adds. */
  readonly settings?: readonly Setting[];
  readonly signal?: AbortSignal;
}

/** Corners double with each unknown limit: beyond so many, the others stay low and are looked at one by one. */
const CORNERS_OF = 3;
const BISECTIONS = 6;

/** Simulates every option at every corner, then the first one between. */
export async function robustness(asked: RobustnessOptions): Promise<Robustness> {
  const { options, unknowns, probability } = asked;
  const [chosen, ...others] = options;
  const judge = new Judge(asked);
  const corners = cornersOf(unknowns);
  await judge.look(options.flatMap((option) => corners.map((corner) => ({ option, corner }))));
  const nameOf = (corner: Corner): string => corner.join(' ');
  const utilityAt = (over: readonly Corner[]) =>
    Object.fromEntries(
      options.map((option) => [option.name, Object.fromEntries(over.map((corner) => [nameOf(corner), judge.heldRatio(option, corner)]))]),
    );
  const evenly = (over: readonly Corner[]) => Object.fromEntries(over.map((corner) => [nameOf(corner), 1 / over.length]));
  const table = regretTable(utilityAt(corners), evenly(corners));
  const lows = unknowns.map(({ interval }) => interval[0]);
  const worths: UnknownWorth[] = [];
  for (const [i, unknown] of unknowns.entries()) {
    const at = (value: number): Corner => lows.map((low, k) => (k === i ? value : low));
    const ends = unknown.interval.map(at);
    await judge.look(options.flatMap((option) => ends.map((corner) => ({ option, corner }))));
    worths.push({
      unknown,
      holdsFrom: await lowestHeld(unknown, async (value) => {
        await judge.look([{ option: chosen!, corner: at(value) }]); // the first option is the plan itself
        return judge.heldRatio(chosen!, at(value)) >= probability;
      }),
      cheaperIfHigh: others.find((option) => judge.heldRatio(option, ends[1]!) >= probability)?.name ?? null,
      evpi: regretTable(utilityAt(ends), evenly(ends)).evpi,
      measurement: cheapestMeasurement(unknown),
    });
  }
  return {
    unknowns: worths,
    cornersHeldRatio: corners.filter((corner) => judge.heldRatio(chosen!, corner) >= probability).length / corners.length,
    maxRegret: table.maxRegret[chosen!.name]!,
    robust: table.minimaxRegretChoice,
    simulations: judge.simulations,
  };
}

/** A value for each unknown limit. */
type Corner = readonly number[];

/** On what share of the seeds an option meets every threshold at given values of the unknown limits; simulates each once. */
class Judge {
  simulations = 0;
  private readonly asked: RobustnessOptions;
  private readonly held = new Map<string, number>();

  constructor(asked: RobustnessOptions) {
    this.asked = asked;
  }

  async look(cases: readonly { readonly option: Option; readonly corner: Corner }[]): Promise<void> {
    const { evaluate, unknowns, seeds, settings = [], signal } = this.asked;
    const fresh = cases.filter(({ option, corner }) => !this.held.has(keyOf(option, corner)));
    const tasks = fresh.flatMap(({ option, corner }) => {
      const world = unknowns.flatMap((unknown, i) => (unknown.tier === option.tier ? [limitSetting(unknown, corner[i]!)] : []));
      return seeds.map((seed): Task => ({ settings: [...settings, ...option.settings, ...world], seed }));
    });
    for (const { option, corner } of fresh) this.held.set(keyOf(option, corner), 0);
    for await (const { index, summary } of evaluate(tasks, signal)) {
      this.simulations++;
      const { option, corner } = fresh[Math.floor(index / seeds.length)]!;
      const key = keyOf(option, corner);
      if (summary.passed) this.held.set(key, this.held.get(key)! + 1 / seeds.length);
    }
  }

  heldRatio(option: Option, corner: Corner): number {
    return Number((this.held.get(keyOf(option, corner)) ?? 0).toPrecision(12)); // eight eighths are one
  }
}

function keyOf({ name }: Option, corner: Corner): string {
  return JSON.stringify([name, corner]);
}

/** By bisection over whole values; a plan that holds more is not worse for it. */
async function lowestHeld({ interval: [low, high] }: Unknown, holdsAt: (value: number) => Promise<boolean>): Promise<number | null> {
  if (!(await holdsAt(high))) return null;
  let bad = Math.floor(low / 4);
  let good = high;
  if (await holdsAt(low)) good = low;
  else bad = low;
  for (let step = 0; step < BISECTIONS && good - bad > 1; step++) {
    const middle = Math.round((good + bad) / 2);
    if (await holdsAt(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** Of the first few, the others at their low ends. */
function cornersOf(unknowns: readonly Unknown[]): Corner[] {
  return unknowns.reduce<Corner[]>(
    (corners, { interval }, i) =>
      corners.flatMap((corner) => (i < CORNERS_OF ? interval : interval.slice(0, 1)).map((end) => [...corner, end])),
    [[]],
  );
}
