/** The whole scenario file: every key, its unit and what it means. The JSON Schema is generated from this. */
import { z } from 'zod';
import { RETRY_PRESETS } from '../client/retry-presets.ts';
import { LANES, type ModelId, WINDOW_KINDS } from '../model/names.ts';
import { nearest } from '../model/nearest.ts';
import { GOALS, TRACE_FORMATS } from '../model/scenario.ts';
import { FAULT_CLASSES, type FaultClass } from '../service/faults.ts';
import { PRESET_WEIGHTS } from '../traffic/diurnal.ts';
import { MODEL_IDS, sizesOf, unknownModel } from './models.ts';
import {
  EXPECTED,
  isZone,
  PATTERN,
  parseCount,
  parseDuration,
  parseInstant,
  parseMoment,
  parseRate,
  parseSize,
  parseUsd,
  parseUtcTime,
  parseWindow,
} from './units.ts';

// A message that begins with `expected` gets `, found …` at its end; `{found}` puts it elsewhere.

const duration = text(PATTERN.duration, EXPECTED.duration, parseDuration);
const positiveDuration = duration.refine((ms) => ms > 0, `${EXPECTED.duration}, longer than 0`);
const rate = text(PATTERN.rate, EXPECTED.rate, parseRate);
const positiveRate = rate.refine(({ count }) => count > 0, `${EXPECTED.rate}, above 0`);
const count = scalar(PATTERN.count, EXPECTED.count, parseCount);
const positiveCount = count.refine((value) => value > 0, `${EXPECTED.count}, above 0`);
const projectCount = positiveCount.refine((value) => value <= 10_000, 'expected at most 10000');
const usd = scalar(PATTERN.usd, EXPECTED.usd, parseUsd);
const instant = text(PATTERN.instant, EXPECTED.instant, parseInstant);
const moment = text(PATTERN.moment, EXPECTED.moment, parseMoment);
const window = text(PATTERN.window, EXPECTED.window, parseWindow);
const spanEnd = text(PATTERN.spanEnd, EXPECTED.spanEnd, (written) => {
  const dailyMs = parseUtcTime(written);
  return dailyMs === null ? parseMoment(written) : { kind: 'daily' as const, dailyMs };
});
const size = z
  .union([z.enum(['512', '1K', '2K', '4K']), z.literal(512)], { error: EXPECTED.size })
  .transform((written) => parseSize(written)!);
const ratio = number(0, 1, 'expected a share from 0 to 1');
const seed = z.int({ error: 'expected a whole number from 0 to 4294967295' }).min(0).max(4294967295);
const tier = z
  .union([z.literal('free'), z.literal([1, 2, 3]), z.literal(['1', '2', '3'])], { error: 'expected a tier: free, 1, 2, 3' })
  .transform((written) => String(written) as 'free' | '1' | '2' | '3');
const zone = z
  .string({ error: 'expected a time zone such as America/New_York' })
  .refine(isZone, 'expected a time zone such as America/New_York');
const model = z.enum(MODEL_IDS as [ModelId, ...ModelId[]], { error: (issue) => unknownModel(issue.input) });
const models = z.array(model).min(1);
const name = z.string({ error: 'expected a text' }).min(1, 'expected a text');
/** Printed in every report: a line break would tear a table, an escape would colour the terminal. */
const label = name.regex(/^\P{Cc}+$/u, 'expected a name on one line, without control characters');
const none = z.literal('none');

const causeName = z.enum(['5xx', 'timeout', 'network', 'safety', 'rpd']);
const status = z.int().min(400).max(599);
const EXPECTED_CAUSE = 'expected an HTTP status such as 503, or 5xx, timeout, network, safety, rpd';
const causes = z.array(z.union([status, causeName], { error: EXPECTED_CAUSE }));
const fallbackCauses = z.array(z.union([status, causeName, z.literal('breaker')], { error: `${EXPECTED_CAUSE}, breaker` }));

const percentiles = z
  .strictObject({ p50: positiveDuration.describe('Median'), p95: positiveDuration.describe('95th percentile') })
  .refine(({ p50, p95 }) => p95 >= p50, { path: ['p95'], message: 'expected p95 to be at least p50' });
const latency = z.union(
  [
    percentiles,
    z.strictObject({ fixed: duration.describe('Always this long') }),
    z.strictObject({ mean: positiveDuration, distribution: z.enum(['exponential', 'erlang2']) }),
  ],
  { error: 'expected a latency such as {p50: 19s, p95: 40s}, {fixed: 20s} or {mean: 20s, distribution: exponential}' },
);

const clock = z
  .strictObject({
    startAt: instant
      .prefault('2026-12-01T08:00:00Z')
      .describe('Places the run in real time: overload windows are UTC, daily quota turns at midnight in Los Angeles'),
    duration: positiveDuration
      .refine((ms) => ms <= 400 * 86_400_000, 'expected a duration of at most 400d')
      .describe('Arrivals are due in [start, start + duration)'),
    drain: duration.prefault('10m').describe('How long what waits or is in flight may go on after the end'),
  })
  .describe('When and how long');

const EXPECTED_LIMIT = 'expected a limit such as 10 or 100k, none, unknown, or an interval such as 8..12';
const limit = limitOf(parseCount, PATTERN.count, EXPECTED_LIMIT);
const usdLimit = limitOf(parseUsd, PATTERN.usd, 'expected dollars such as 10, none, unknown, or an interval such as 8..12');
const modelLimits = z.strictObject({
  rpm: limit.describe('Requests per minute').optional(),
  tpm: limit.describe('Input tokens per minute').optional(),
  ipm: limit.describe('Images per minute').optional(),
  rpd: limit.describe('Requests per Pacific day').optional(),
  batchTokens: limit.describe('Tokens enqueued in batch jobs').optional(),
});
const accountLimits = z.strictObject({
  spend10mUsd: usdLimit.describe('Dollars in any ten minutes').optional(),
  monthlyUsd: usdLimit.describe('Dollars per Pacific calendar month').optional(),
  batchJobs: limit.describe('Batch jobs at a time').optional(),
});

const quota = z
  .strictObject({
    profile: name.prefault('best-known').describe('A built-in dated profile, or the path of a limits file'),
    tier: tier.prefault(1).describe('free, 1, 2 or 3'),
    window: z
      .enum(WINDOW_KINDS as ['fixed', ...typeof WINDOW_KINDS])
      .prefault('fixed')
      .describe('How rpm, tpm and ipm refill'),
    projects: projectCount.prefault(1).describe('Google Cloud projects that requests are spread over'),
    spread: z.enum(['round-robin', 'least-loaded', 'sticky']).prefault('round-robin'),
    accounts: projectCount.prefault(1).describe('Billing accounts: spend10m and monthly belong to them'),
    limits: z
      .strictObject({ account: accountLimits.describe('Limits of the billing account').optional(), ...byModel(modelLimits) })
      .prefault({})
      .describe('Values read live; they beat the profile'),
    usedToday: z.strictObject(byModel(count)).prefault({}).describe('Requests that each project has used since Pacific midnight'),
    spentThisMonthUsd: usd.prefault(0),
  })
  .describe('Limits: where they come from and what is already used');

const overloadRule = z.strictObject({
  from: spanEnd.describe('UTC wall time (every day), +2h, or an instant'),
  to: spanEnd,
  errorRate: ratio.describe('Share of 503'),
  models: models.describe('Left out: all').optional(),
  meanSpell: positiveDuration.describe('Overload comes in spells of this mean length; left out: draws are independent').optional(),
  latencyFactor: number(0, 1_000, 'expected a factor such as 1.5').prefault(1),
});
const FAULT_PRESETS = ['error-mix-claim', '403-wave', 'incident-2026-01'] as const;
const expectedFaults = (input: unknown): string => {
  const meant = typeof input === 'string' ? nearest(input, FAULT_PRESETS) : null;
  return meant === null ? `expected none, a preset (${FAULT_PRESETS.join(', ')}) or {class, ratio}` : `expected ${meant}`;
};
const faultPreset = z.enum(FAULT_PRESETS, { error: ({ input }) => expectedFaults(input) });
const faultClass = z.enum(['slow', ...FAULT_CLASSES] as ['slow', ...FaultClass[]], {
  error: ({ input }) => {
    const meant = typeof input === 'string' ? nearest(input, FAULT_CLASSES) : null;
    return `expected an error class that an answer can carry, such as ${meant ?? 'auth.project-denied'}, or slow`;
  },
});
const faultAfter = z
  .union([duration.transform((ms) => ({ from: ms, to: ms })), z.strictObject({ from: duration, to: duration })], {
    error: 'expected a duration such as 3m, or {from: 60s, to: 100s}',
  })
  .refine(({ from, to }) => to >= from, { path: ['to'], message: 'expected to to be at least from' });
const fault = z.union([
  faultPreset,
  z.strictObject({
    class: faultClass.describe('As in failures.csv; slow: a good answer that takes as long as `after` says'),
    ratio: ratio.describe('Share of all attempts'),
    models: models.optional(),
    from: spanEnd.optional(),
    to: spanEnd.optional(),
    after: faultAfter.describe('How long the answer takes; left out: as long as others of its kind').optional(),
  }),
  z.strictObject({ preset: faultPreset, models: models.optional(), from: spanEnd.optional(), to: spanEnd.optional() }),
]);

const service = z
  .strictObject({
    overload: z
      .union([none, z.enum(['community-utc-hours']), z.array(overloadRule)], {
        error: 'expected none, community-utc-hours or a list of {from, to, errorRate}',
      })
      .prefault('none')
      .describe('When and how often a 503 is answered; the first rule that matches counts'),
    overloadLatency: duration.prefault('2s').describe('How long a 503 or 500 takes'),
    refusalLatency: duration.prefault('0s').describe('How long a 429 takes'),
    overloadConsumes: flag().prefault(true).describe('Whether a 503 or 500 uses rpm and rpd'),
    latency: z.strictObject(byModel(latency)).prefault({}).describe('By model; left out: the model catalogue, by size'),
    deadline: positiveDuration.prefault('10m').describe('A longer latency becomes a 504 at this instant'),
    blockRatio: ratio.prefault(0).describe('Answers withheld by the output filter'),
    promptBlockRatio: ratio.prefault(0).describe('Prompts refused at once'),
    errorRate: ratio.prefault(0).describe('Share of 500'),
    faults: z
      .union([none, faultPreset, z.array(fault)], { error: ({ input }) => expectedFaults(input) })
      .prefault('none')
      .describe('Answers of a class for a share of the attempts; shares add up in the order of the service'),
    batch: z
      .strictObject({
        turnaround: percentiles.prefault({ p50: '2h', p95: '6h' }),
        expireAfter: positiveDuration.prefault('48h'),
        countsToSpend10m: flag().prefault(false),
      })
      .prefault({})
      .describe('The Batch API; all defaults are assumed'),
  })
  .describe('What the emulated service does with a request');

const KINDS = ['steady', 'ramp', 'stages', 'stairs', 'spike', 'poisson', 'gamma', 'diurnal', 'burst', 'flood', 'users', 'replay'] as const;
const EXPECTED_WEIGHTS = `expected 24 numbers or a preset: ${Object.keys(PRESET_WEIGHTS).join(', ')}`;
const shape = z
  .discriminatedUnion(
    'kind',
    [
      z.strictObject({ kind: z.literal('steady'), rate: positiveRate }),
      z.strictObject({ kind: z.literal('ramp'), from: rate, to: rate }),
      z.strictObject({
        kind: z.literal('stages'),
        from: rate.prefault('0/min'),
        stages: z.array(z.strictObject({ to: rate, for: positiveDuration })).min(1),
      }),
      z.strictObject({
        kind: z.literal('stairs'),
        from: positiveRate,
        step: rate,
        every: positiveDuration,
        times: positiveCount.refine((value) => value <= 1_000_000, 'expected at most 1M levels').describe('Levels'),
      }),
      z.strictObject({ kind: z.literal('spike'), base: rate, peak: rate, at: duration, width: positiveDuration }),
      z.strictObject({ kind: z.literal('poisson'), rate: positiveRate }),
      z.strictObject({
        kind: z.literal('gamma'),
        rate: positiveRate,
        cv: number(0.01, 100, 'expected a coefficient of variation such as 2'),
      }),
      z.strictObject({
        kind: z.literal('diurnal'),
        perDay: positiveCount,
        weights: z
          .union([z.enum(Object.keys(PRESET_WEIGHTS) as ['people']), z.array(z.number().min(0)).length(24, EXPECTED_WEIGHTS)], {
            error: EXPECTED_WEIGHTS,
          })
          .refine((weights) => typeof weights === 'string' || weights.some((weight) => weight > 0), 'expected at least one weight above 0')
          .prefault('people'),
        zone: zone.prefault('UTC'),
      }),
      z.strictObject({ kind: z.literal('burst'), requests: positiveCount, every: positiveDuration, times: positiveCount }),
      z.strictObject({ kind: z.literal('flood'), requests: positiveCount }),
      z.strictObject({
        kind: z.literal('users'),
        users: positiveCount,
        think: z.strictObject({ mean: duration, distribution: z.enum(['fixed', 'exponential']).prefault('exponential') }),
      }),
      z.strictObject({
        kind: z.literal('replay'),
        file: name.describe('Relative to the scenario file'),
        format: z.enum(TRACE_FORMATS).describe('Left out: from the name of the file').optional(),
        lane: z
          .enum(LANES)
          .describe(
            'Only rows of this lane, at their place among all rows; left out: the interactive ones, others are counted and left out',
          )
          .optional(),
        speed: number(0.000001, 1_000_000, 'expected a factor above 0').prefault(1),
        scale: number(0.000001, 1_000, 'expected a factor above 0').prefault(1),
      }),
    ],
    {
      error: (issue) =>
        isMapping(issue.input) ? `expected one of ${KINDS.join(', ')}` : `expected a shape such as {kind: steady, rate: 9/min}`,
    },
  )
  .describe('When jobs are due');

const request = z
  .strictObject({
    model,
    images: positiveCount.prefault(1).describe('A job of k images is k requests, due together'),
    size: size.describe("Left out: the model's default").optional(),
    promptTokens: count.prefault(300),
    referenceImages: count.prefault(0),
  })
  .superRefine(({ model: id, size: wanted }, context) => {
    const sizes = sizesOf(id);
    if (wanted === undefined || sizes.includes(wanted)) return;
    context.addIssue({ code: 'custom', path: ['size'], message: `expected a size that ${id} makes: ${sizes.join(', ')}` });
  });

const retryOverrides = {
  attempts: positiveCount
    .refine((value) => value <= 1_000_000, 'expected at most 1M attempts')
    .describe('Tries in all, 429s apart')
    .optional(),
  throttledAttempts: z
    .union([z.literal('unlimited'), positiveCount], { error: 'expected a count or unlimited' })
    .describe('Tries that may end in a 429; left out: attempts')
    .optional(),
  growth: z.enum(['exponential', 'linear', 'constant']).optional(),
  base: duration.optional(),
  factor: number(1, 1_000, 'expected a factor of at least 1').optional(),
  cap: duration.optional(),
  jitter: z.enum(['none', 'full', 'equal', 'decorrelated', 'additive']).optional(),
  deadline: positiveDuration.describe('No wait that would end later than this after the first send').optional(),
  budgetRatio: ratio.describe('Retries per request at most, on average').optional(),
  retryOn: causes.optional(),
  obeyRetryInfo: flag().describe('Wait as long as the answer says').optional(),
  onDailyLimit: z.enum(['giveUp', 'wait']).optional(),
  holdsSlot: flag().describe('The slot stays taken while waiting').optional(),
};
const retryPreset = z.enum(Object.keys(RETRY_PRESETS) as [string, ...string[]]);
const EXPECTED_RETRY = `expected a mapping such as {attempts: 5}, or a preset: ${Object.keys(RETRY_PRESETS).join(', ')}`;

const breaker = z.strictObject({
  failures: positiveCount.describe('Consecutive failures that open it'),
  cooldown: positiveDuration,
  scope: z.enum(['model', 'chain']).prefault('model'),
  counts: causes.prefault(['5xx', 'timeout']),
  afterCooldown: z.enum(['trial', 'closed']).prefault('trial'),
});
const on = fallbackCauses.prefault(['5xx', 'timeout', 'breaker']);
const fallbackStep = z.union([
  model.transform((id) => ({ model: id, on: ['5xx', 'timeout', 'breaker'] as z.output<typeof on> })),
  z.strictObject({ model, on }),
  z.strictObject({ lane: z.literal('batch'), on }),
  z.strictObject({ provider: name, on }),
]);

const client = z
  .strictObject({
    concurrency: z.union([none, positiveCount], { error: EXPECTED.count }).describe('Requests in flight').optional(),
    pace: z.union([none, positiveRate], { error: EXPECTED.rate }).describe('At most one send per interval, retries included').optional(),
    limits: z
      .union([
        none,
        z.strictObject({
          rpm: positiveCount.optional(),
          ipm: positiveCount.optional(),
          tpm: positiveCount.optional(),
          spend10mUsd: usd.refine((micro) => micro > 0, `${EXPECTED.usd}, above 0`).optional(),
          margin: number(0, 0.99, 'expected a share from 0 to 0.99').prefault(0),
        }),
      ])
      .describe("Token buckets of the client's own, ahead of the service's")
      .optional(),
    queue: z
      .strictObject({
        limit: z.union([none, count], { error: EXPECTED.count }).optional(),
        deadline: z.union([none, duration], { error: EXPECTED.duration }).optional(),
      })
      .optional(),
    timeout: z
      .union([none, positiveDuration], { error: EXPECTED.duration })
      .describe('The client gives up an attempt; the service still bills it')
      .optional(),
    retry: z
      .union([retryPreset, z.strictObject({ preset: retryPreset.optional(), ...retryOverrides })], { error: EXPECTED_RETRY })
      .describe('Left out: one attempt')
      .optional(),
    breaker: z.union([none, z.literal('guide'), breaker], { error: 'expected {failures, cooldown}, guide or none' }).optional(),
    fallback: z.union([none, z.array(fallbackStep)], { error: 'expected a list of model ids' }).optional(),
    hedge: z.union([none, z.strictObject({ after: positiveDuration })], { error: 'expected {after: 30s}' }).optional(),
    adaptive: z
      .union(
        [
          none,
          z
            .strictObject({ min: positiveCount, max: positiveCount })
            .refine(({ min, max }) => max >= min, { path: ['max'], message: 'expected max to be at least min' }),
        ],
        {
          error: 'expected {min, max}',
        },
      )
      .optional(),
    schedule: z.union([none, z.strictObject({ allow: z.array(window).min(1) })], { error: 'expected {allow: [00:00Z-06:00Z]}' }).optional(),
    batch: z.strictObject({ rowsPerJob: positiveCount.prefault(100) }).optional(),
  })
  .describe('What the client does on the interactive lane');

const threshold = z.string({ error: 'expected METRIC OP VALUE such as success_ratio >= 0.99' });
const thresholds = z.array(threshold).prefault([]).describe('METRIC OP VALUE, such as latency_ms_p95 < 60s; a missed one is exit code 99');

const entry = z.strictObject({
  name: label.optional(),
  startAt: moment.describe('Left out: the start of the run').optional(),
  duration: positiveDuration.describe('Left out: to the end of the run').optional(),
  shape,
  request,
  lane: z.enum(LANES).prefault('interactive'),
  deadline: positiveDuration.describe('How long after it is due a request is worth delivering').optional(),
  priority: z.int({ error: 'expected a whole number' }).prefault(0).describe('Higher is sent first'),
  client: client.describe('Replaces whole keys of the common client, with slots and queue of its own').optional(),
  thresholds: thresholds.describe('Judge this entry alone'),
});

const provider = z.strictObject({
  usdPerImage: usd,
  concurrency: positiveCount.optional(),
  latency,
  errorRate: ratio.prefault(0),
});

const range = scalar(/^\d+(\.\.\d+)?$/, 'expected a range of whole numbers from 1 on such as 1..3', (written) => {
  const [low, high = low] = String(written).split('..').map(Number) as [number, number?];
  return Number.isInteger(low) && low >= 1 && high >= low ? ([low, high] as const) : null;
});

const allow = z
  .strictObject({
    tier: z.array(tier).min(1).describe("Left out: the file's own and those above").optional(),
    projects: range.describe('Left out: as many as there are').optional(),
    concurrency: range.describe('Left out: what the limits bear').optional(),
    models: models.describe('Models that entries may move to; left out: each keeps its own').optional(),
    sizes: z.array(size).min(1).describe('Sizes that entries may move to; left out: each keeps its own').optional(),
    batch: z.array(name).describe('Entries that may move to the batch lane; left out: all with a deadline').optional(),
    shift: z.array(name).describe('Entries that may be sent at another time; left out: all with a deadline').optional(),
  })
  .describe('What plan may change; a key left out keeps its default');

export const SECTIONS = {
  name: label.describe('What results call it').optional(),
  description: z.string().optional(),
  seed: seed.prefault(1).describe('The same file, seed and version give byte-identical results in sim mode'),
  clock,
  quota: quota.prefault({}),
  service: service.prefault({}),
  traffic: z
    .array(entry, { error: 'expected a list of entries with shape and request' })
    .min(1, 'expected at least one entry')
    .describe('What is asked for, and when'),
  client: client.prefault({}),
  providers: z.record(name, provider).prefault({}).describe('Other places to get an image; never called in live mode'),
  budget: z
    .strictObject({ usd: usd.optional(), requests: positiveCount.describe('Attempts').optional() })
    .prefault({})
    .describe('A run never passes either'),
  thresholds,
  goals: z
    .strictObject({
      minimise: z
        .array(z.enum(GOALS))
        .min(1)
        .refine((goals) => new Set(goals).size === goals.length, 'expected each goal once')
        .describe('The most important first'),
    })
    .describe('What plan makes small; thresholds come before')
    .optional(),
  allow: allow.optional(),
} as const;

/** Mappings whose keys are checked one by one, so that what is right is still used where something beside it is wrong. */
export const MAPPINGS = { quota, service, client, entry, allow } as const;
export const SCENARIO_FILE = z.strictObject(SECTIONS).describe('A rundry scenario');

export type QuotaSection = z.output<typeof quota>;
export type ServiceSection = z.output<typeof service>;
export type EntrySection = z.output<typeof entry>;
export type ShapeSection = z.output<typeof shape>;
export type ClientSection = z.output<typeof client>;
export type LatencySection = z.output<typeof latency>;
export type SpanEnd = z.output<typeof spanEnd>;
export type LimitSection = z.output<typeof limit>;
export type ProvidersSection = z.output<typeof SECTIONS.providers>;
export type AllowSection = z.output<typeof allow>;

/** A text in a unit. */
function text<T>(pattern: RegExp, expected: string, parse: (written: string) => T | null) {
  return z
    .string({ error: expected })
    .regex(pattern, { error: expected })
    .transform((written, context): T => {
      const value = parse(written);
      if (value === null) context.addIssue({ code: 'custom', message: expected });
      return value as T; // an issue was added: nobody sees it
    });
}

/** A number, or a text that says one. */
function scalar<T>(pattern: RegExp, expected: string, parse: (written: string | number) => T | null) {
  const written = z.union([z.number({ error: expected }).min(0, { error: expected }), z.string().regex(pattern, { error: expected })], {
    error: expected,
  });
  return written.transform((given, context): T => {
    const value = parse(given);
    if (value === null) context.addIssue({ code: 'custom', message: expected });
    return value as T; // as above
  });
}

function number(min: number, max: number, expected: string) {
  return z.number({ error: expected }).min(min, { error: expected }).max(max, { error: expected });
}

function flag() {
  return z.boolean({ error: 'expected true or false' });
}

function limitOf(parse: (written: string | number) => number | null, one: RegExp, expected: string) {
  const pattern = new RegExp(`${one.source}|${PATTERN.interval.source}|^none$|^unknown$`);
  return scalar(pattern, expected, (written) => {
    if (written === 'none') return { state: 'none' as const };
    if (written === 'unknown') return { state: 'unknown' as const, interval: null };
    const ends = String(written).split('..');
    const [low, high] = ends.map((end) => parse(typeof written === 'number' ? written : end));
    if (low === null || low === undefined) return null;
    if (ends.length === 1) return { state: 'known' as const, limit: low };
    return high === null || high === undefined || high < low ? null : { state: 'unknown' as const, interval: [low, high] as const };
  });
}

function byModel<T extends z.ZodType>(value: T): Record<ModelId, z.ZodOptional<T>> {
  return Object.fromEntries(MODEL_IDS.map((id) => [id, value.optional()]));
}

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
