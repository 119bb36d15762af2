/** The first row of a journal: what was run, so that it can be understood without its scenario file. */

import type { Mode } from '../model/names.ts';
import { type HeaderRow, SCHEMA_VERSION } from '../model/rows.ts';
import type { Scenario } from '../model/scenario.ts';
import { isoInstant } from '../model/time.ts';
import { leftOut } from '../traffic/replay.ts';
import { TOOL } from './tool.ts';

export interface HeaderOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly mode: Mode;
  readonly runId?: string;
  readonly sha256?: string;
}

/** The columns of traces stay out of it; their hashes stand for them. */
export function header({ scenario, seed, mode, runId = 'unnamed', sha256 = '' }: HeaderOptions): HeaderRow {
  const replays = scenario.traffic.flatMap((entry) => {
    const { shape } = entry;
    if (shape.kind !== 'replay' || shape.trace === null) return [];
    const { trace } = shape;
    return [
      {
        file: shape.file,
        sha256: trace.sha256,
        rows: trace.rows,
        leftOut: leftOut(entry, scenario.clock.durationMs),
        damaged: trace.damaged.rows,
      },
    ];
  });
  return {
    kind: 'header',
    schemaVersion: SCHEMA_VERSION,
    runId,
    mode,
    seed,
    startAt: isoInstant(scenario.clock.startAtMs),
    tool: TOOL,
    scenario: { name: scenario.name, sha256 },
    traces: replays,
    resolved: withoutTraces(scenario),
  };
}

function withoutTraces(scenario: Scenario): Scenario {
  return {
    ...scenario,
    traffic: scenario.traffic.map((entry) =>
      entry.shape.kind === 'replay' ? { ...entry, shape: { ...entry.shape, trace: null } } : entry,
    ),
  };
}
