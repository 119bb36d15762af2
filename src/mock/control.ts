/**
 * What an emulation tells and takes under `/__rundry/`: buckets, answers, metrics; reset, settings, time. For this machine only: a
 * browser that was sent here by somebody else's page is turned away.
 */
import { ScenarioError } from '../model/errors.ts';
import { isAccountBucket } from '../model/names.ts';
import type { Setting } from '../model/scenario.ts';
import { DAY_MS, epochMs, isoInstant } from '../model/time.ts';
import { controlApi } from './control-openapi.ts';
import type { Emulation } from './emulation.ts';
import { ruleChange } from './fault-change.ts';
import { metricsOf } from './metrics.ts';
import type { PlainRequest, PlainResponse } from './plain.ts';
import type { OwnedBucket } from './world.ts';

export const CONTROL_PREFIX = '/__rundry/';

/** Answers a call under the prefix; null for any other. */
export type Control = (request: PlainRequest) => Promise<PlainResponse> | null;

export function control(emulation: Emulation): Control {
  return (request) => (request.path.startsWith(CONTROL_PREFIX) ? answer(emulation, request) : null);
}

/** Thrown inside, answered as JSON. */
class Wrong extends Error {
  readonly status: number;
  readonly problems: readonly string[];
  readonly allow: string | null;

  constructor(status: number, problems: readonly string[], allow: string | null = null) {
    super(problems.join('\n'));
    this.status = status;
    this.problems = problems;
    this.allow = allow;
  }
}

type Handler = (emulation: Emulation, request: PlainRequest) => PlainResponse | Promise<PlainResponse>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  state: { GET: (emulation) => json(stateOf(emulation)) },
  journal: { GET: journal },
  metrics: { GET: async (emulation) => ({ ...text(await metricsOf(emulation)), headers: { 'content-type': METRICS_TYPE } }) },
  config: { GET: (emulation) => json(configOf(emulation)), PATCH: patchConfig },
  reset: { POST: reset },
  'advance-time': { POST: advanceTime },
  'openapi.json': { GET: () => json(controlApi()) },
};

/** The text format of Prometheus. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

async function answer(emulation: Emulation, request: PlainRequest): Promise<PlainResponse> {
  try {
    requireLocal(request.headers);
    const name = request.path.slice(CONTROL_PREFIX.length).replace(/[?#].*$/, '');
    const methods = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined;
    if (!methods) throw new Wrong(404, [`expected one of ${Object.keys(ROUTES).join(', ')} after ${CONTROL_PREFIX}`]);
    const handler = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    const allow = Object.keys(methods).join(', ');
    if (!handler) throw new Wrong(405, [`${CONTROL_PREFIX}${name} takes ${allow}`], allow);
    return await handler(emulation, request);
  } catch (error) {
    if (error instanceof Wrong) return wrong(error.status, error.problems, error.allow);
    if (error instanceof ScenarioError)
      return wrong(
        400,
        error.problems.map((problem) => problem.replace(/^--set /, '')),
      );
    throw error;
  }
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** A page of another site can make a browser call us, by a name that leads here too; it cannot hide that it did. */
function requireLocal(headers: PlainRequest['headers']): void {
  const host = String(headers['host'] ?? '');
  if (!LOOPBACK.test(host)) throw new Wrong(403, ['the Host header must name this machine: 127.0.0.1, localhost or [::1]']);
  const origin = headers['origin'];
  if (origin !== undefined && !LOOPBACK.test(String(origin).replace(/^https?:\/\//, '')))
    throw new Wrong(403, ['calls from pages of other sites are refused']);
}

// What is told

function stateOf(emulation: Emulation): object {
  const nowMs = emulation.nowMs();
  const { scenario, projects } = emulation.world;
  return {
    now: isoInstant(nowMs),
    startAt: isoInstant(emulation.startAtMs),
    tier: scenario.quota.tier,
    projects: projects?.all.map(({ name, account, tier }) => ({ name, account, tier })) ?? null,
    summary: emulation.summary(),
    buckets: emulation.buckets().map((owned) => bucketState(owned, nowMs)),
  };
}

const UNITS = { monthly: 'usd', spend10m: 'usd', rpd: 'requests', rpm: 'requests', ipm: 'images', tpm: 'tokens' } as const;

function bucketState({ bucket, name, account, project, model }: OwnedBucket, nowMs: number): object {
  const { limit, windowMs } = bucket.spec;
  const per = isAccountBucket(name) ? 1e6 : 1;
  const used = bucket.used(nowMs);
  const readyAtMs = bucket.readyAtMs(1, nowMs);
  return {
    bucket: name,
    unit: UNITS[name],
    account,
    project,
    model,
    limit: limit / per,
    used: used / per,
    usedRatio: limit === 0 ? null : used / limit,
    windowMs,
    window: windowMs !== null ? null : name === 'monthly' ? 'month' : 'day',
    isDry: readyAtMs > nowMs,
    retryAt: readyAtMs > nowMs && readyAtMs !== Infinity ? isoInstant(readyAtMs) : null,
  };
}

function journal(emulation: Emulation, { path }: PlainRequest): PlainResponse {
  const asked = new URLSearchParams(/\?(.*)$/.exec(path)?.[1] ?? '').get('last');
  const last = asked === null ? undefined : Number(asked);
  if (last !== undefined && !(Number.isInteger(last) && last > 0)) throw new Wrong(400, ['last: expected a count above 0']);
  const lines = emulation.journal(last).map((row) => {
    const draw = 'draw' in row ? { draw: `${row.draw.request}.${row.draw.attempt}` } : {};
    return `${JSON.stringify({ at: isoInstant(emulation.startAtMs + row.atMs), ...row, ...draw })}\n`;
  });
  return { ...text(lines.join('')), headers: { 'content-type': 'application/x-ndjson' } };
}

function configOf(emulation: Emulation): object {
  const { quota, service } = emulation.world.scenario;
  return { settings: emulation.changes, quota, service, faults: emulation.faults() };
}

// What is taken

function reset(emulation: Emulation, request: PlainRequest): PlainResponse {
  const unknown = Object.keys(bodyOf(request));
  if (unknown.length > 0) throw new Wrong(400, ['reset takes no body']);
  emulation.reset();
  return json(stateOf(emulation));
}

const ADVANCE_MS_MAX = 366 * DAY_MS;

function advanceTime(emulation: Emulation, request: PlainRequest): PlainResponse {
  const { byMs, to, ...others } = bodyOf(request);
  const nowMs = emulation.nowMs();
  if (Object.keys(others).length > 0 || (byMs === undefined) === (to === undefined))
    throw new Wrong(400, ['expected {"byMs": 90000} or {"to": "2026-12-01T08:00:00Z"}']);
  const ms = byMs === undefined ? instant(to) - nowMs : byMs;
  if (typeof ms !== 'number' || !Number.isInteger(ms) || ms < 0 || ms > ADVANCE_MS_MAX) {
    const found = byMs === undefined ? 'an instant that is past or more than 366 days ahead' : JSON.stringify(byMs).slice(0, 40);
    throw new Wrong(400, [`expected whole ms from 0 to ${ADVANCE_MS_MAX} (366 days), found ${found}`]);
  }
  emulation.advance(ms);
  return json({ now: isoInstant(emulation.nowMs()), advancedMs: ms });
}

function instant(to: unknown): number {
  const atMs = typeof to === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(to) ? epochMs(to) : Number.NaN;
  if (Number.isNaN(atMs)) throw new Wrong(400, ['to: expected an instant such as 2026-12-01T08:00:00Z']);
  return atMs;
}

function patchConfig(emulation: Emulation, request: PlainRequest): PlainResponse {
  const { faults, ...rest } = bodyOf(request);
  const problems: string[] = [];
  const change = faults === undefined ? {} : ruleChange(faults, problems);
  const settings = settingsOf(rest, problems);
  if (problems.length > 0) throw new Wrong(400, problems);
  if (settings.length === 0 && faults === undefined)
    throw new Wrong(400, ['expected {"quota": {…}, "service": {…}} in the words of a scenario file, or {"faults": …}']);
  emulation.configure(settings, change);
  return json(configOf(emulation));
}

/** Mappings into which a patch reaches; what stands at any other path is replaced whole. */
const MERGED = /^(?:quota|service|quota\.limits|quota\.limits\.[^.]+|service\.latency|service\.batch)$/;
const QUOTA_KEYS = ['profile', 'tier', 'window', 'projects', 'accounts', 'limits'];

function settingsOf(body: Readonly<Record<string, unknown>>, problems: string[]): Setting[] {
  const settings: Setting[] = [];
  const walk = (path: string, shape: string, value: unknown): void => {
    if (!MERGED.test(shape) || !isFields(value)) {
      if (shape === 'quota' || shape === 'service') problems.push(`${path}: expected a mapping`);
      else settings.push({ path, value });
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (shape === 'quota' && !QUOTA_KEYS.includes(key)) problems.push(`quota.${key}: only ${QUOTA_KEYS.join(', ')} can be changed`);
      else walk(`${path}.${/^\w+$/.test(key) ? key : JSON.stringify(key)}`, `${shape}.${key.replaceAll('.', '_')}`, inner);
    }
  };
  for (const [key, value] of Object.entries(body)) {
    if (key === 'quota' || key === 'service') walk(key, key, value);
    else problems.push(`${key.slice(0, 60)}: only quota, service and faults can be changed`);
  }
  return settings;
}

function bodyOf({ body }: PlainRequest): Readonly<Record<string, unknown>> {
  if (body.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Wrong(400, ['the body is not JSON']);
  }
  if (!isFields(value)) throw new Wrong(400, ['the body is not a JSON object']);
  return value;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// How it is said

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

function json(value: object): PlainResponse {
  return { ...text(`${JSON.stringify(value, null, 2)}\n`), headers: JSON_TYPE };
}

function text(body: string): PlainResponse {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body, afterMs: 0 };
}

function wrong(status: number, problems: readonly string[], allow: string | null = null): PlainResponse {
  const body = `${JSON.stringify({ error: { code: status, message: problems.join('; '), problems } }, null, 2)}\n`;
  return { status, headers: allow === null ? JSON_TYPE : { ...JSON_TYPE, allow }, body, afterMs: 0 };
}
