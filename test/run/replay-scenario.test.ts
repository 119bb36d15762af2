/** A journal played again: each lane is an entry of its own, and where nothing is changed the same attempts come of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { line } from '../../src/journal/lines.ts';
import { InputError } from '../../src/model/errors.ts';
import type { AttemptRow, DropRow, Row } from '../../src/model/rows.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { header } from '../../src/run/header.ts';
import { replayScenario } from '../../src/run/replay-scenario.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';
import { emptyFolder } from '../cli/rundry.ts';

const SEED = 3;
/** Two busy hours that meet every limit: refusals, overload, an open breaker, requests that fall back to the batch lane. */
const BUSY = `name: busy
seed: ${SEED}
clock: { startAt: 2026-12-01T08:00:00Z, duration: 2h, drain: 30h }
quota: { profile: best-known, tier: 1, limits: { gemini-3-pro-image: { rpm: 20, rpd: 500 } } }
service:
  overload: [{ from: 08:00Z, to: 10:00Z, errorRate: 0.5 }]
  batch: { turnaround: { p50: 20m, p95: 1h }, expireAfter: 50m }
traffic:
  - { name: people, startAt: +90s, shape: { kind: poisson, rate: 4/min }, request: { model: gemini-3-pro-image, images: 2, size: 2K } }
  - name: night
    startAt: +30m
    shape: { kind: flood, requests: 60 }
    request: { model: gemini-3-pro-image, images: 3, referenceImages: 1 }
    lane: batch
    deadline: 30m
    client: { batch: { rowsPerJob: 50 } }
client:
  concurrency: 10
  limits: { rpm: 15 }
  retry: { attempts: 2, base: 1s }
  schedule: { allow: [08:00Z-09:30Z] }
  queue: { limit: 50 }
  breaker: { failures: 2, cooldown: 1m }
  fallback: [{ lane: batch, on: [5xx, breaker] }]
  batch: { rowsPerJob: 7 }
`;

interface Played {
  readonly rows: readonly Row[];
  readonly lanes: ReturnType<typeof simulate>['summary']['lanes'];
}

function play(scenario: Scenario): Played {
  const rows: Row[] = [];
  const { summary } = simulate(scenario, SEED, { record: (row) => rows.push({ ...row }) });
  return { rows, lanes: summary.lanes };
}

/** A run, and its journal in a folder. */
function journalOf(text: string): Played & { readonly folder: string } {
  const { scenario } = parseScenario(text, 'busy.yaml');
  const played = play(scenario);
  const folder = join(emptyFolder(), 'run');
  mkdirSync(folder);
  const lines = [header({ scenario, seed: SEED, mode: 'sim' }), ...played.rows].map((row) => line(row));
  writeFileSync(join(folder, 'journal.ndjson'), lines.map((text) => `${text.trimEnd()}\n`).join(''));
  return { ...played, folder };
}

const isClosing = (row: Row): row is AttemptRow | DropRow => row.kind === 'attempt' || row.kind === 'drop';
/** Everything about attempts and drops but what tells recorded traffic from made-up traffic. */
const fates = ({ rows }: Played): object[] => rows.filter(isClosing).map((row) => ({ ...row, traffic: '', referenceImages: 0 }));

describe('a run with a batch lane', () => {
  const run = journalOf(BUSY);
  const replayed = (settings: Parameters<typeof replayScenario>[1]['settings'] = []) => replayScenario(run.folder, { settings }).scenario;

  test('offers the same in each lane and ends the same, attempt by attempt', () => {
    const again = play(replayed());
    expect(run.rows.some((row) => isClosing(row) && row.traffic === 'people' && row.lane === 'batch')).toBe(true);
    expect(run.lanes.batch.requests.offered).toBe(180);
    expect(again.lanes).toEqual(run.lanes);
    expect(fates(again)).toEqual(fates(run));
  });

  test('is an entry for each lane, with what its entries had in common', () => {
    const { traffic, clients } = replayed();
    expect(traffic).toMatchObject([
      { name: 'recorded', lane: 'interactive', shape: { lane: 'interactive' }, deadlineMs: null },
      { name: 'recorded-batch', lane: 'batch', shape: { lane: 'batch' }, deadlineMs: 1_800_000 },
    ]);
    expect(traffic.map(({ startMs }) => startMs)).toEqual([expect.any(Number), traffic[0]!.startMs]);
    expect(traffic.map(({ client }) => clients[client]!.rowsPerJob)).toEqual([7, 50]);
  });

  test('a lane can be moved to the other', () => {
    const { lanes } = play(replayed([{ path: 'traffic.recorded-batch.lane', value: 'interactive' }]));
    expect(lanes.batch.requests.offered).toBe(0);
    expect(lanes.interactive.requests.offered).toBe(run.lanes.interactive.requests.offered + 180);
  });
});

test('a run with nothing but a batch lane is one entry', () => {
  const text = `traffic:
  - { shape: { kind: burst, requests: 3, every: 10m, times: 2 }, request: { model: gemini-3-pro-image }, lane: batch, startAt: +5m }
clock: { startAt: 2026-12-01T08:00:00Z, duration: 1h, drain: 24h }
`;
  const run = journalOf(text);
  const { scenario } = replayScenario(run.folder, {});
  expect(scenario.traffic).toMatchObject([{ name: 'recorded-batch', startMs: 300_000 }]);
  expect(fates(play(scenario))).toEqual(fates(run));
});

describe('a table', () => {
  function table(...lines: readonly string[]): string {
    const file = join(emptyFolder(), 'day.csv');
    writeFileSync(file, lines.join('\n'));
    return file;
  }

  test('with a column for the lane is an entry for each', () => {
    const { traffic } = replayScenario(table('at,lane,images', '60,batch,2', '0,,1', '30,Interactive,1', '10,slow,1'), {}).scenario;
    const told = traffic.map(({ name, startMs, shape }) => [name, startMs, shape.kind === 'replay' && shape.trace]);
    expect(told).toMatchObject([
      ['recorded', 0, { rows: 2, damaged: { rows: 1, examples: ['line 5: lane: expected one of interactive batch, found "slow"'] } }],
      ['recorded-batch', 0, { rows: 1, damaged: { rows: 0 }, atMs: Float64Array.of(60_000) }],
    ]);
  });

  test('without one is an entry that says nothing of lanes', () => {
    const { document } = replayScenario(table('at', '60', '0'), {});
    expect(document.value).toMatchObject({ traffic: [{ name: 'recorded', shape: { kind: 'replay', file: 'day.csv', format: 'csv' } }] });
    expect(document.text).not.toContain('lane');
  });

  test('whose rows are not of the lane that is asked for is refused', () => {
    const text = (file: string) =>
      `traffic: [{ shape: { kind: replay, file: ${file}, lane: batch }, request: { model: gemini-3-pro-image } }]\nclock: { duration: 1h }`;
    const file = table('at', '0');
    expect(() => parseScenario(text(file), 'x.yaml')).toThrow(new InputError(`${file}: no row of the batch lane could be read`));
  });
});
