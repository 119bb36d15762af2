/** A scenario around recorded traffic: a trace gets defaults, a journal brings the scenario that it was recorded under. */
import { openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../model/errors.ts';
import type { Scenario, Trace, TraceFormat } from '../model/scenario.ts';
import { HOUR_MS, isoInstant, MINUTE_MS } from '../model/time.ts';
import { detectFormat, readTrace } from '../traffic/trace.ts';
import { type LoadedScenario, parseScenario, type ReadOptions, sha256 } from './scenario-file.ts';

/** @throws InputError (exit 4) when the file is no trace of a format that we know */
export function replayScenario(source: string, options: ReadOptions): LoadedScenario {
  const file = statSync(source).isDirectory() ? join(source, 'journal.ndjson') : source;
  const text = readFileSync(file, 'utf8');
  const format = detectFormat(text, file);
  if (format === null)
    throw new InputError(`${file}: neither a journal nor a trace of a known format (gentd26, azure-llm, mooncake, har, csv, jsonl)`);
  const trace = readTrace(format, text, file, sha256(text));
  const document = format === 'journal' ? recorded(file, trace) : around(file, format, trace);
  return parseScenario(JSON.stringify(document, null, 2), `${file} (replay)`, options);
}

function around(file: string, format: TraceFormat, trace: Trace): object {
  return {
    name: `replay of ${basename(file)}`,
    clock: { duration: lengthOf(trace) },
    traffic: [
      {
        name: 'recorded',
        shape: { kind: 'replay', file: basename(file), format },
        request: { model: trace.models[0] ?? 'gemini-3-pro-image' },
      },
    ],
  };
}

/** Long enough for the last row, in whole minutes and at least an hour. */
function lengthOf(trace: Trace): string {
  const lastMs = trace.atMs[trace.rows - 1] ?? 0;
  return `${Math.max(HOUR_MS, Math.ceil((lastMs + 1) / MINUTE_MS) * MINUTE_MS) / MINUTE_MS}m`;
}

/** Quota, service and client as the journal's header resolved them, in the words of a scenario file. */
function recorded(file: string, trace: Trace): object {
  const header = firstLine(file);
  const { resolved } = JSON.parse(header) as { resolved: Scenario };
  const { quota, clock } = resolved;
  const limits: Record<string, Record<string, unknown>> = {};
  for (const limit of quota.limits) {
    const owner = limit.model ?? 'account';
    const own = limits[owner] ?? {};
    limits[owner] = own;
    const isMoney = limit.bucket === 'spend10m' || limit.bucket === 'monthly';
    const name = isMoney ? `${limit.bucket}Usd` : limit.bucket;
    own[name] =
      limit.state === 'known'
        ? isMoney
          ? (limit.limit ?? 0) / 1e6
          : limit.limit
        : limit.interval
          ? limit.interval.join('..')
          : limit.state;
  }
  const first = resolved.traffic[0]?.request;
  return {
    name: `replay of ${resolved.name}`,
    seed: resolved.seed,
    clock: {
      startAt: isoInstant(clock.startAtMs),
      duration: `${Math.ceil(clock.durationMs / 1000)}s`,
      drain: `${Math.ceil(clock.drainMs / 1000)}s`,
    },
    quota: {
      profile: isBuiltIn(quota.profile) ? quota.profile : 'best-known',
      tier: quota.tier,
      window: quota.window,
      projects: quota.projects,
      limits,
    },
    traffic: [
      {
        name: 'recorded',
        shape: { kind: 'replay', file: basename(file), format: 'journal' },
        request: { model: trace.models[0] ?? first?.model ?? 'gemini-3-pro-image' },
      },
    ],
  };
}

function isBuiltIn(profile: string): boolean {
  return /^[a-z]+-[a-z0-9-]+$|^none$/.test(profile);
}

function firstLine(file: string): string {
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(statSync(file).size);
  const length = readSync(descriptor, buffer);
  const text = buffer.toString('utf8', 0, length);
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}
