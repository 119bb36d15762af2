/** A few queueing systems on every test run; `npm run validate` has them all. And the comparison sees what is wrong. */
import { describe, expect, test } from 'vitest';
import { type Comparison, compare, hasPassed, type Replicate } from './comparison.ts';
import { type Experiment, nameOf, REPLICATIONS, replicate } from './experiment.ts';
import { experiments } from './experiments.ts';
import { sample } from './sample.ts';
import type { SystemSpec } from './system.ts';
import { judge } from './verdict.ts';

const all = experiments() ?? [];

const FEW: readonly string[] = [
  'mm1/mm1_0.6',
  'mmc_erlang_c/mmc_20_30_2',
  'mmck/mmck_2_1_2_6',
  'erlang_b/B_5_3/servers',
  'md1k/md1k_0.9_2/token bucket',
  'machine_repair/mr_5_2_0.1',
  'limiter_poisson_loss/loss_L10_u0.8/slidingLog',
];

function named(name: string): Experiment {
  const found = all.find((experiment) => nameOf(experiment) === name);
  expect(found, `golden has ${name}`).toBeDefined();
  return found!;
}

async function comparisons(experiment: Experiment): Promise<Comparison[]> {
  const here: Replicate = async (tasks) => tasks.map((task) => ({ ...task, values: replicate(experiment, task.replication) }));
  return compare([experiment], [0], here);
}

describe.skipIf(all.length === 0)('the simulator against queueing theory', () => {
  test.each(FEW)('%s agrees', async (name) => expect((await comparisons(named(name))).filter((each) => !hasPassed(each))).toEqual([]));

  test('what is sampled depends on the seed alone, and has every golden file', () => {
    expect(sample(all, 1)).toEqual(sample(all, 1));
    expect(sample(all, 1)).not.toEqual(sample(all, 2));
    expect(new Set(sample(all, 1).map((place) => all[place]!.file))).toEqual(new Set(all.map(({ file }) => file)));
  });
});

describe.skipIf(all.length === 0)('a fault is seen', () => {
  /** Names of the numbers that differ at the first look. */
  const differing = (experiment: Experiment): string[] => {
    const runs = Array.from({ length: REPLICATIONS }, (_, replication) => replicate(experiment, replication));
    const verdicts = experiment.expectations.map((expectation, i) =>
      judge(
        expectation,
        runs.map((values) => values[i]!),
      ),
    );
    return experiment.expectations.filter((_, i) => !verdicts[i]!.passed).map(({ name }) => name);
  };
  const change = (name: string, fault: (system: SystemSpec) => SystemSpec): Experiment => {
    const experiment = named(name);
    return { ...experiment, system: fault(experiment.system) };
  };

  test('a service three percent slower', () => {
    const slower = change('mm1/mm1_0.6', (system) => ({
      ...system,
      classes: [{ share: 1, latency: { kind: 'exponential', meanMs: 10_300 } }],
    }));
    expect(differing(slower)).toEqual(expect.arrayContaining(['W', 'Wq', 'L', 'Lq', 'p0']));
  });

  test('a place too many to wait', () => {
    const roomier = change('mmck/mmck_2_1_2_6', (system) => ({ ...system, places: system.places! + 1 }));
    expect(differing(roomier)).toEqual(expect.arrayContaining(['blocking', 'L', 'Lq', 'W', 'Wq']));
  });

  test('another window', () => {
    const fixed = change('limiter_poisson_loss/loss_L10_u0.8/slidingLog', (system) => ({
      ...system,
      limiter: { limit: 10, window: 'fixed' },
    }));
    expect(differing(fixed)).toEqual(['blocking']);
  });
});
