import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { stream } from '../../src/model/chance.ts';
import { cascadeDispersion, cascadeLogLikelihood, twoLevelDispersion, twoLevelRate } from '../../src/traffic/point-processes.ts';
import {
  coefficientOfVariation,
  fanOut,
  fitDay,
  gammaByLikelihood,
  gammaByMoments,
  indexOfDispersion,
  peakToMean,
  poissonMedianPeak,
  traceStatistics,
  windowCounts,
} from '../../src/traffic/statistics.ts';
import { poissonTimes, thinnedTimes } from '../../src/traffic/times.ts';
import { readTrace } from './entry.ts';
import { type GoldenCase, golden, sharedText } from './shared.ts';

const models = golden('traffic_models');
const chances = golden('rng');

test.skipIf(models === null)('traffic_models (needs ../shared/golden)', () => {
  for (const one of models!) expectClose(modelled(one), one.expected, one.id === 'gamma_mle' ? 1e-6 : 1e-9, one.id);
});

test.skipIf(chances === null)('rng: the instants of a Poisson stream (needs ../shared/golden)', () => {
  const { inputs, expected } = chances!.find((one) => one.id === 'poisson_times')!;
  const times = poissonTimes(stream(inputs['master'], inputs['stream'], inputs['replication']), inputs['meanGapSeconds']);
  expectClose(
    Array.from({ length: inputs['n'] }, () => times.next()),
    expected['times'],
    1e-12,
    'poisson_times',
  );
});

test.skipIf(chances === null)('rng: thinning keeps the right candidates (needs ../shared/golden)', () => {
  const { inputs, expected } = chances!.find((one) => one.id === 'nhpp_thinning')!;
  let candidates = 0;
  const times = thinnedTimes(stream(inputs['master'], inputs['stream'], inputs['replication']), {
    ratePerMs: (at) => {
      candidates += 1;
      return 10 * (1 + 0.8 * Math.sin((2 * Math.PI * at) / 1_440));
    },
    highestPerMs: inputs['majorant'],
    horizonMs: Infinity,
  });
  expectClose(
    Array.from({ length: inputs['n'] }, () => times.next()),
    expected['times'],
    1e-12,
    'nhpp_thinning',
  );
  expect(candidates).toBe(expected['candidates']);
});

const TRACES = [
  ['azure_llm_2023_code', 'traces/AzureLLMInferenceTrace_code.csv', 'azure-llm'],
  ['azure_llm_2023_conv', 'traces/AzureLLMInferenceTrace_conv.csv', 'azure-llm'],
  ['mooncake_conversation', 'traces/conversation_trace.jsonl', 'mooncake'],
] as const;

test.for(TRACES)('trace_statistics: %s', ([id, path, format], { skip }) => {
  const text = sharedText(path) ?? skip(`needs the whole trace at ../shared/${path}`);
  const one = golden('trace_statistics')?.find((candidate) => candidate.id === id) ?? skip('needs ../shared/golden');
  expect(createHash('sha256').update(text).digest('hex')).toBe(one.inputs['sha256']);
  const found = traceStatistics(readTrace(format, text, path, '').atMs);
  expect(found.jobs).toBe(one.expected['n']);
  expect(found.gapCv).toBeCloseTo(one.expected['iat_cv'], 2);
  for (const { windowMs, idc } of found.windows) expect(idc / one.expected[`IDC_${windowMs / 1_000}s`]).toBeCloseTo(1, 2);
});

function modelled({ id, inputs, expected }: GoldenCase): unknown {
  const kind = id.split('_')[0];
  if (kind === 'mmpp') return twoLevelDispersion(inputs as never, inputs['window']);
  if (kind === 'burst') {
    const levels = twoLevelRate({ ...inputs, burstRatio: inputs['burstFraction'] } as never);
    const { idcWindow, idcInfinity } = twoLevelDispersion(levels, inputs['window']);
    return { highRate: levels.rate1, lowRate: levels.rate2, leaveHigh: levels.leave1, leaveLow: levels.leave2, idcWindow, idcInfinity };
  }
  if (id === 'gamma_mle') {
    const { gaps } = inputs;
    return { mle: gammaByLikelihood(gaps), moments: gammaByMoments(gaps), cv: coefficientOfVariation(gaps) };
  }
  // What gammaTimes makes of cv and mean; its gaps are measured in arrivals.test.ts.
  if (kind === 'gamma')
    return { shape: 1 / inputs['cv'] ** 2, scale: inputs['meanGap'] * inputs['cv'] ** 2, idcInfinity: inputs['cv'] ** 2 };
  if (id.startsWith('hawkes_ll')) return { logLikelihood: cascadeLogLikelihood(inputs as never, inputs['times'], inputs['horizon']) };
  if (kind === 'hawkes') return cascadeDispersion(inputs as never);
  if (kind === 'fanout') {
    const shares = Object.entries(inputs['imagesPerAction']).map(([images, ratio]) => ({ images: Number(images), ratio: ratio as number }));
    const { meanImages, idc } = fanOut(shares);
    const above4 = shares.filter(({ images }) => images > 4).reduce((sum, { ratio }) => sum + ratio, 0);
    return { meanImagesPerMin: meanImages * inputs['actionsPerMin'], idc, probActionExceeds: { B4: above4 } };
  }
  if (kind === 'idc') {
    const counts = windowCounts(inputs['times'], inputs['window'], inputs['horizon']);
    return {
      counts,
      mean: counts.reduce((sum, count) => sum + count, 0) / counts.length,
      idc: indexOfDispersion(counts),
      peakToMean: peakToMean(counts),
    };
  }
  if (kind === 'diurnal') return fitDay(inputs['hourlyCounts']);
  const medianMax = poissonMedianPeak(inputs['meanPerWindow'], inputs['windows']);
  expect(expected).toHaveProperty('medianMax');
  return { medianMax, peakToMean: medianMax / inputs['meanPerWindow'] };
}

function expectClose(found: unknown, expected: unknown, tolerance: number, where: string): void {
  if (typeof expected === 'number') {
    expect(Math.abs((found as number) - expected), `${where}: found ${found}, expected ${expected}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(expected)),
    );
    return;
  }
  expect(Object.keys(found as object).sort(), where).toEqual(Object.keys(expected as object).sort());
  for (const [key, value] of Object.entries(expected as object)) expectClose((found as never)[key], value, tolerance, `${where}.${key}`);
}
