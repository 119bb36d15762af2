/** Where nothing that is allowed holds: what comes nearest, what stands in the way, and what would hold if it were allowed. */
import { interpolatedQuantile } from '../analysis/statistics.ts';
import { TIERS, type Tier } from '../model/names.ts';
import type { LimitSpec } from '../model/scenario.ts';
import { bounds } from './bounds.ts';
import { candidateOf, type Field, fields } from './candidates.ts';
import { shortfall } from './choice.ts';
import { change, groundOf } from './grounds.ts';
import { obstacleTo } from './obstacle.ts';
import { prune, type Required } from './prune.ts';
import type { Candidate, Change, Constraint, Finalist, Lever, Nearest, Problem, Pruned } from './result.ts';
import { under } from './steps.ts';
import type { Trials } from './trials.ts';

export interface Sought {
  readonly fields: readonly Field[];
  readonly needs: Required;
  readonly pruned: readonly Pruned[];
  readonly base: Finalist;
}

const RUNS = 4;
const LOOKED_AT_AGAIN = 3;
const AGAIN_RUNS = 20;
const AGAIN_RUNS_MIN = 8;
const EACH_GROUND = 6;
const EACH_GROUND_MIN = 2;
/** Requests that a look at all grounds, and one at the best again, may simulate beyond their least. */
const REQUESTS_MAX = 400_000;
const BEYOND_MAX = 6;
const PROJECTS_MAX = 20;
const ANYTHING: Required = { success: 0, latencyMsP95: null, costUsd: null, bindsNothing: false, refusesNothing: false };

export async function nearestTo(trials: Trials, sought: Sought): Promise<Nearest> {
  trials.stage = 'screen';
  const surveyed = sought.fields.filter(({ ground }) => ground.unknown.length === 0);
  const known = surveyed.length > 0 ? surveyed : sought.fields.map(asIfKnown);
  const each = within(EACH_GROUND_MIN, REQUESTS_MAX / (trials.weight * RUNS * Math.max(1, known.length)), EACH_GROUND);
  const runs = within(AGAIN_RUNS_MIN, REQUESTS_MAX / (trials.weight * LOOKED_AT_AGAIN), AGAIN_RUNS);
  const tried = known.flatMap((field) => prune(trials.problem, field, ANYTHING).ranked.slice(0, each));
  const fitting = tried.map(({ candidate }) => candidate).filter((candidate) => trials.isChanceless(candidate) !== null);
  await trials.findings('screen', fitting, RUNS);
  const isAllowed = ({ candidate }: Finalist): boolean =>
    candidate.id > 0 || (candidate.id === 0 && sought.fields.some(({ ground }) => ground.changes.length === 0));
  const first = inOrder(trials.all.filter(isAllowed)).slice(0, LOOKED_AT_AGAIN);
  const again = await trials.findings(
    'hold',
    first.map(({ candidate }) => candidate),
    runs,
  );
  const finalist = await simplest(trials, inOrder(again)[0] ?? sought.base, runs);
  return {
    finalist,
    goals: await attainable(trials, finalist, runs),
    obstacle: obstacleTo(finalist, sought.pruned, sought.fields),
    unknown: surveyed.length > 0 ? [] : unknownAt(sought.fields, finalist.candidate.tier),
    beyond: trials.isAborted ? [] : await beyond(trials, sought.needs, each),
  };
}

/** Where nobody knows the limits of any ground, what comes nearest is still worth saying: on condition, and never as an answer. */
function asIfKnown(field: Field): Field {
  return { ...field, ground: { ...field.ground, unknown: [] } };
}

function unknownAt(all: readonly Field[], tier: Tier): readonly LimitSpec[] {
  const limits = all.flatMap(({ ground }) => (ground.tier === tier ? ground.unknown : []));
  return [...new Map(limits.map((limit) => [`${limit.model} ${limit.bucket}`, limit])).values()];
}

function within(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(most, Math.floor(value)));
}

/** What any client may leave out, whatever `allow` says. */
const CLIENT_LEVERS: ReadonlySet<Lever> = new Set(['pace', 'limits', 'concurrency', 'queue', 'retry', 'breaker', 'fallback']);
/** Ids of what changes were taken back from; above those of any grid and of the search. */
const SIMPLER_IDS = 3_000_000;

/** Takes back, from the last, what brings it no nearer: nobody should be told to set what changes nothing. */
async function simplest(trials: Trials, finalist: Finalist, runs: number): Promise<Finalist> {
  let best = finalist;
  for (const lever of new Set(finalist.candidate.changes.map((one) => one.lever).toReversed())) {
    if (!CLIENT_LEVERS.has(lever) || trials.isAborted) continue;
    const changes = best.candidate.changes.filter((one) => one.lever !== lever);
    const simpler = under(trials.problem, changes, best.candidate, SIMPLER_IDS + finalist.candidate.id * 100 + changes.length);
    if (trials.isChanceless(simpler) === null) continue;
    const [finding] = await trials.findings('hold', [simpler], runs);
    if (finding && shortfall(finding) <= shortfall(best)) best = finding;
  }
  return best;
}

function inOrder(findings: readonly Finalist[]): Finalist[] {
  return findings.toSorted(
    (a, b) =>
      shortfall(a) - shortfall(b) ||
      a.candidate.complexity - b.candidate.complexity ||
      a.candidate.changes.length - b.candidate.changes.length ||
      a.candidate.id - b.candidate.id,
  );
}

/** What is met on the asked share of seeds instead; null where a metric has no value. */
async function attainable(trials: Trials, { candidate, constraints }: Finalist, runs: number): Promise<Nearest['goals']> {
  const [samples] = await trials.samples('hold', [candidate], runs);
  return constraints.flatMap(({ constraint, holdsRatio }, i) => {
    if (holdsRatio >= trials.problem.probability) return [];
    const observed = (samples ?? []).map(({ thresholds }) => thresholds[i]!.observed);
    return [{ constraint, attainable: valueFor(constraint, observed, trials.problem.probability) }];
  });
}

function valueFor({ op }: Constraint, observed: readonly (number | string | null)[], probability: number): number | string | null {
  const numbers = observed.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  if (numbers.length === 0) return observed.find((value) => typeof value === 'string') ?? null;
  return interpolatedQuantile(numbers, op === '>=' || op === '>' ? 1 - probability : probability);
}

/** Other tiers, the batch lane with a day's time, more projects: each alone and with what clients may do. */
async function beyond(trials: Trials, needs: Required, each: number): Promise<readonly Finalist[]> {
  const { problem } = trials;
  let id = 2_000_000;
  const candidates: Candidate[] = [];
  for (const field of [...batchFields(problem), ...widerFields(problem)]) {
    const ranked = prune(problem, field, needs).ranked.slice(0, each);
    for (const { candidate } of ranked) candidates.push({ ...candidate, id: id++ });
  }
  const fitting = candidates.filter((candidate) => trials.isChanceless(candidate) !== null);
  const findings = await trials.findings('screen', fitting, RUNS);
  const best = new Map<string, Finalist>();
  for (const finding of findings.toSorted(
    (a, b) => shortfall(a) - shortfall(b) || a.candidate.changes.length - b.candidate.changes.length,
  )) {
    const key = JSON.stringify(finding.candidate.changes.filter(({ path }) => !path.includes('client.')));
    if (!best.has(key)) best.set(key, finding);
  }
  return [...best.values()]
    .filter(({ holds }) => holds.mean === 1)
    .sort((a, b) => a.candidate.complexity - b.candidate.complexity)
    .slice(0, BEYOND_MAX);
}

/** Every interactive entry on the batch lane, with a day to be done in. */
function batchFields(problem: Problem): Field[] {
  const { scenario } = problem;
  const changes = scenario.traffic.flatMap((entry, i): Change[] => [
    ...(entry.lane === 'batch' ? [] : [change(problem, 'batch', `traffic[${i}].lane`, 'batch')]),
    ...(entry.deadlineMs === null ? [change(problem, 'batch', `traffic[${i}].deadline`, '24h')] : []),
  ]);
  return changes.length === 0 ? [] : fieldsWith(problem, changes);
}

function fieldsWith(problem: Problem, changes: readonly Change[]): Field[] {
  return TIERS.slice(TIERS.indexOf(problem.scenario.quota.tier)).flatMap((tier) => {
    const toTier = tier === problem.scenario.quota.tier ? [] : [change(problem, 'tier', 'quota.tier', Number(tier))];
    const ground = groundOf(problem, tier, [...toTier, ...changes]);
    if (!ground || ground.unknown.length > 0) return [];
    return [{ ground, offered: [], demand: { counts: {}, busiestMinute: 0 }, candidates: [candidateOf(0, ground, ground.changes)] }];
  });
}

/** What `allow` leaves out: every tier from the file's own on, and as many projects as its limits would take. */
function widerFields(problem: Problem): Field[] {
  const { scenario } = problem;
  const tiers = TIERS.slice(TIERS.indexOf(scenario.quota.tier));
  const wider = fields({ ...problem, scenario: { ...scenario, allow: { ...NOTHING_SAID, ...scenario.allow, tier: tiers } } });
  return wider.flatMap((field) => {
    const [worst] = bounds(field.ground.scenario, field.offered);
    const projects = worst && worst.ratio > 0 && worst.limit.model !== null ? Math.ceil(scenario.quota.projects / worst.ratio) : 1;
    const isTierAllowed = scenario.allow?.tier?.includes(field.ground.tier) ?? true;
    const own = isTierAllowed ? [] : [field];
    if (projects <= scenario.quota.projects || projects > PROJECTS_MAX) return own;
    const more = fields({
      ...problem,
      scenario: { ...scenario, allow: { ...NOTHING_SAID, ...scenario.allow, tier: [field.ground.tier], projects: [projects, projects] } },
    });
    return [...own, ...more];
  });
}

const NOTHING_SAID = { tier: null, projects: null, concurrency: null, models: null, sizes: null, batch: null, shift: null };
