/** What a live run is about to do, for somebody who has to say yes to it. */
import { formatDuration } from '../model/time.ts';
import { count, counted, dollars } from './words.ts';

export interface LivePlan {
  readonly scenario: string;
  /** URL that requests go to. */
  readonly to: string;
  /** `the key in GEMINI_API_KEY`, `project p in us-central1` */
  readonly as: string;
  readonly durationMs: number;
  /** What is due, by model and size; null requests: users who wait for answers, so nobody knows. */
  readonly models: readonly { readonly model: string; readonly size: string; readonly lane: string; readonly requests: number | null }[];
  readonly prompts: string;
  /** Folder; null: answers are thrown away. */
  readonly imagesTo: string | null;
  readonly expected: { readonly attempts: number; readonly costUsd: number; readonly delivered: number; readonly dropped: number };
  readonly profile: string;
  readonly budget: { readonly usd: number | null; readonly requests: number | null; readonly wallMs: number | null };
  /** What was spent before, where a run goes on. */
  readonly spent: { readonly usd: number; readonly requests: number } | null;
  /** What one request in flight is reserved at: the most expensive of those above. */
  readonly reserveUsd: number;
  readonly errorRatioMax: number;
  readonly warnings: readonly string[];
}

/** Ends with a line end. */
export function livePlanText(plan: LivePlan): string {
  const { budget, expected, spent } = plan;
  const sends = plan.models.map(
    ({ model, size, lane, requests }) =>
      `${requests === null ? 'requests of users' : counted(requests, 'request')} to ${model} ${size}${lane === 'batch' ? ' (Batch API)' : ''}`,
  );
  const bounds = [
    budget.usd === null ? null : dollars(budget.usd),
    budget.requests === null ? null : counted(budget.requests, 'attempt'),
    budget.wallMs === null ? null : formatDuration(budget.wallMs),
  ].filter((bound) => bound !== null);
  const inFlight = budget.usd === null ? null : Math.floor((budget.usd - (spent?.usd ?? 0)) / plan.reserveUsd);
  const rows: [string, string][] = [
    ['to', `${plan.to} as ${plan.as}`],
    ['sends', `${sends.join(', ')} over ${formatDuration(plan.durationMs)}${spent === null ? ', and one request ahead of them' : ''}`],
    ['prompts', `${plan.prompts}; answers are ${plan.imagesTo === null ? 'thrown away' : `saved in ${plan.imagesTo}`}`],
    [
      'expected',
      `about ${counted(expected.attempts, 'attempt')} for ${counted(expected.delivered, 'image')}, ${dollars(expected.costUsd)} (simulated with profile ${plan.profile})`,
    ],
    ...(spent === null
      ? []
      : [['spent', `${dollars(spent.usd)} and ${counted(spent.requests, 'attempt')} so far, at most`] as [string, string]]),
    ['at most', `${bounds.join(', ')} (the budget)`],
    [
      'reserved',
      `${dollars(plan.reserveUsd)} for a request in flight, until its answer says what it used${inFlight === null ? '' : `: ${count(Math.max(0, inFlight))} fit at a time, what does not fit is dropped`}`,
    ],
    [
      'stops',
      `at the first answer that no other can follow (bad key, spent money, limit 0), at errors other than 429 above ${count(plan.errorRatioMax * 100)} %, when one failure lasts 30m, on Ctrl-C`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `Live run of ${plan.scenario}: real requests, real money.`,
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    ...(expected.dropped > 0
      ? [`! The simulation drops ${counted(expected.dropped, 'request')} for want of budget: raise it, or lower the rate or --scale.`]
      : []),
    ...plan.warnings.map((text) => `! ${text}`),
    '',
  ].join('\n');
}
