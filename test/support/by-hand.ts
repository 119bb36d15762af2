/** Small scenarios for numbers that are worked out by hand: what is not said is no limit, and every model answers after 5 s. */
import type { ClosedRequest } from '../../src/analysis/requests.ts';
import type { AttemptRow, Row } from '../../src/model/rows.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';

export const PRO = 'gemini-3-pro-image';
export const LITE = 'gemini-3.1-flash-lite-image';
export const FLASH = 'gemini-2.5-flash-image';
/** µ$ of a Pro 1K image for 10 prompt tokens: 1120 × 120 + 10 × 2 + 178 thinking × 12. */
export const PRO_COST = 136_556;
/** µ$ of a Lite image for 400 prompt tokens: 1120 × 30 + 400 × 0.25; half of it on the batch lane. */
export const LITE_COST = 33_700;
export const LITE_BATCH = 16_850;

interface File {
  /** 2026-12-01T18:00:00Z: ten in the morning in Los Angeles. */
  readonly at?: string;
  readonly duration?: string;
  readonly drain?: string;
  /** Limits by model; those left out are none. */
  readonly limits?: Record<string, object>;
  readonly account?: object;
  readonly quota?: object;
  /** Every model answers after exactly 5 s unless it says otherwise. */
  readonly service?: object;
  readonly traffic: readonly object[];
  readonly [section: string]: unknown;
}

export function played(file: File) {
  const { at = '2026-12-01T18:00:00Z', duration = '1m', drain = '10m', limits = {}, account = {}, quota, service, ...sections } = file;
  const none = { rpm: 'none', tpm: 'none', ipm: 'none', rpd: 'none' };
  const models = [PRO, LITE, FLASH];
  const text = JSON.stringify({
    clock: { startAt: at, duration, drain },
    quota: {
      profile: 'community-2026-02',
      ...quota,
      limits: {
        account: { spend10mUsd: 'none', monthlyUsd: 'none', ...account },
        ...Object.fromEntries(models.map((model) => [model, { ...none, ...limits[model] }])),
      },
    },
    service: { latency: Object.fromEntries(models.map((model) => [model, { fixed: '5s' }])), ...service },
    ...sections,
  });
  const rows: Row[] = [];
  const requests: ClosedRequest[] = [];
  const { scenario } = parseScenario(text, 'by-hand.yaml');
  const results = simulate(scenario, 1, {
    minutes: true,
    record: (row) => rows.push({ ...row }),
    onRequest: (request) => requests.push({ ...request, row: { ...request.row } }),
  });
  const sends = rows.filter((row): row is AttemptRow => row.kind === 'attempt').toSorted((a, b) => a.seq - b.seq);
  return { results, summary: results.summary, requests, sends };
}

/** Jobs due together at an instant such as `+30s`. */
export const at = (startAt: string, requests = 1, more: object = {}) => ({
  startAt,
  shape: { kind: 'burst', requests, every: '1m', times: 1 },
  request: { model: PRO, promptTokens: 10 },
  ...more,
});
export const every = (everyText: string, times: number, more: object = {}) => ({
  shape: { kind: 'burst', requests: 1, every: everyText, times },
  request: { model: PRO, promptTokens: 10 },
  ...more,
});
export const lite = { request: { model: LITE, promptTokens: 400 } };
export const named = (entries: readonly object[]) => entries.map((entry, i) => ({ name: `e${i}`, ...entry }));
export const overloaded = (from: string, to: string, more: object = {}) => ({ overload: [{ from, to, errorRate: 1, ...more }] });
/** `[request, sentMs, status]` in the order of sending. */
export const sent = ({ sends }: ReturnType<typeof played>) => sends.map((row) => [row.request, row.sentMs, row.httpStatus]);
