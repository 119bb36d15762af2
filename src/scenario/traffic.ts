/** The `traffic` entries: instants of the run, shapes in our units, traces read, requests priced. */
import { findModel } from '../model/catalogue.ts';
import { requestSpec } from '../model/request-spec.ts';
import { type ClockSpec, type Shape, TRACE_FORMATS, type Trace, type TraceFormat, type TrafficEntry } from '../model/scenario.ts';
import { DAY_MS } from '../model/time.ts';
import { PRESET_WEIGHTS } from '../traffic/diurnal.ts';
import { detectFormat, readLanes, traceOfLane } from '../traffic/trace.ts';
import type { LaneTraces } from '../traffic/trace-builder.ts';
import type { EntrySection, ShapeSection } from './definition.ts';
import type { Path } from './document.ts';
import type { Findings } from './findings.ts';
import { canonical } from './models.ts';
import { parseThreshold } from './thresholds.ts';
import { momentAtMs } from './units.ts';
import { tooMuch } from './volume.ts';

/** How a file named in a scenario is read: relative to the scenario file; null when there is none. */
export interface Files {
  read(path: string): FileRead | null;
}

interface FileRead {
  readonly text: string;
  readonly sha256: string;
}

export interface EntryContext {
  readonly index: number;
  readonly name: string;
  readonly client: number;
  /** null when the clock section is wrong: places in time cannot be checked then. */
  readonly clock: ClockSpec | null;
  readonly files: Files;
  readonly findings: Findings;
}

export function trafficEntry(section: EntrySection, context: EntryContext): TrafficEntry {
  const { clock, findings, name } = context;
  const path: Path = ['traffic', context.index];
  const { request } = section;
  const model = canonical(request.model, findings);
  const startMs = clock && section.startAt ? momentAtMs(section.startAt, clock.startAtMs) - clock.startAtMs : 0;
  if (startMs < 0) findings.problem([...path, 'startAt'], 'expected an instant at or after the start of the run (clock.startAt)');
  if (clock && startMs >= clock.durationMs)
    findings.warn('entry-after-end', `traffic entry "${name}" starts at or after the end of the run and sends nothing`);
  const leftMs = Math.max(0, (clock?.durationMs ?? 0) - startMs);
  const shape = shapeOf(section.shape, [...path, 'shape'], context);
  const excess = tooMuch(shape, request.images, Math.min(section.duration ?? leftMs, leftMs));
  if (excess !== null) findings.problem([...path, 'shape'], excess);
  return {
    name,
    startMs,
    durationMs: section.duration ?? leftMs,
    shape,
    images: request.images,
    request: requestSpec(model, request.size ?? findModel(model)!.defaultSize, request.promptTokens, request.referenceImages),
    lane: section.lane,
    deadlineMs: section.deadline ?? (section.lane === 'batch' ? DAY_MS : null),
    priority: section.priority,
    client: context.client,
    thresholds: thresholdsOf(section.thresholds, [...path, 'thresholds'], findings),
  };
}

export function thresholdsOf(expressions: readonly string[], path: Path, findings: Findings) {
  return expressions.flatMap((expression, i) => {
    const threshold = parseThreshold(expression);
    if (typeof threshold !== 'string') return [threshold];
    findings.problem([...path, i], threshold);
    return [];
  });
}

function shapeOf(section: ShapeSection, path: Path, context: EntryContext): Shape {
  switch (section.kind) {
    case 'steady':
    case 'ramp':
    case 'poisson':
    case 'gamma':
    case 'flood':
      return section;
    case 'stages':
      return { kind: 'stages', from: section.from, stages: section.stages.map((stage) => ({ to: stage.to, forMs: stage.for })) };
    case 'stairs':
      return { kind: 'stairs', from: section.from, step: section.step, everyMs: section.every, times: section.times };
    case 'spike':
      return { kind: 'spike', base: section.base, peak: section.peak, atMs: section.at, widthMs: section.width };
    case 'burst':
      return { kind: 'burst', requests: section.requests, everyMs: section.every, times: section.times };
    case 'diurnal': {
      const preset = typeof section.weights === 'string' ? section.weights : null;
      const weights = typeof section.weights === 'string' ? PRESET_WEIGHTS[section.weights] : section.weights;
      return { kind: 'diurnal', perDay: section.perDay, weights, preset, zone: section.zone };
    }
    case 'users':
      return {
        kind: 'users',
        users: section.users,
        thinkMeanMs: section.think.mean,
        thinkDistribution: section.think.distribution,
      };
    case 'replay':
      return replayOf(section, path, context);
    default:
      return section satisfies never;
  }
}

function replayOf(section: ShapeSection & { kind: 'replay' }, path: Path, { files, findings, name }: EntryContext): Shape {
  const { kind, file, speed, scale, lane } = section;
  const read = files.read(file);
  if (read === null) findings.problem([...path, 'file'], `there is no file ${file}`);
  const format = section.format ?? (read && detectFormat(read.text, file));
  if (read && format === null)
    findings.problem([...path, 'format'], `say which format it has, one of ${TRACE_FORMATS.join(', ')}: the file looks like none of them`);
  const trace = read && format ? findings.input(() => traceOfLane(lanesOf(read, format, file), lane ?? null, file)) : null;
  if (trace) warnOfDamage(trace, file, name, findings);
  return { kind, file, format: format ?? 'csv', speed, scale, ...(lane === undefined ? {} : { lane }), trace: trace ?? null };
}

/** A file that was read once is parsed once, however often its scenario is resolved. */
const parsed = new WeakMap<FileRead, Map<TraceFormat, LaneTraces>>();

function lanesOf(read: FileRead, format: TraceFormat, file: string): LaneTraces {
  const known = parsed.get(read) ?? new Map<TraceFormat, LaneTraces>();
  const lanes = known.get(format) ?? readLanes(format, read.text, file, read.sha256);
  parsed.set(read, known.set(format, lanes));
  return lanes;
}

function warnOfDamage(trace: Trace, file: string, entry: string, findings: Findings): void {
  const { rows, examples } = trace.damaged;
  if (rows === 0) return;
  findings.warn(
    'trace-damaged',
    `${file} (traffic entry "${entry}"): ${rows} of ${rows + trace.rows} rows could not be read and are left out: ${examples.slice(0, 3).join('; ')}`,
  );
}
