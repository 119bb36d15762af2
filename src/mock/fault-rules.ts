/**
 * Which call meets which fault: asked for by a header, by a marker in the prompt, or by rules that count and draw. Deterministic:
 * a rule's n-th call and a seed decide, never a clock.
 */
import { findModel } from '../model/catalogue.ts';
import { chance, LABEL } from '../model/chance.ts';
import { ScenarioError } from '../model/errors.ts';
import type { ModelId } from '../model/names.ts';
import { nearest } from '../model/nearest.ts';
import { FAULT_CLASSES, type FaultClass } from '../service/faults.ts';
import { durationMs } from '../wire/duration.ts';
import { type CatalogueEntry, ERROR_CATALOGUE } from '../wire/error-catalogue.ts';
import type { Breakage, PlainRequest } from './plain.ts';

/** A fault for some calls. A duration is in emulated ms, or a text such as `90s`. */
export interface MockFaultRule {
  /** An id of the error catalogue, one of its classes, or one of `latency reset hang cut stall empty invalid-json continuation`. */
  readonly fault: string;
  /** Only calls of this model (any). */
  readonly model?: ModelId;
  /** Only calls whose path contains this text (those that make pictures or hand in a batch). */
  readonly path?: string;
  /** `rows`: rows of batch jobs, each by itself, in place of calls; by an id or a class (calls). */
  readonly of?: 'calls' | 'rows';
  /** Only the n-th call that fits, from 1. */
  readonly nth?: number;
  /** Every n-th of them. */
  readonly every?: number;
  /** The first n of them. */
  readonly first?: number;
  /** A share of them, drawn for each. */
  readonly ratio?: number;
  /** From this long after the start of the calendar (its start), up to that long after it (for ever). */
  readonly from?: number | string;
  readonly to?: number | string;
  /** How long the answer takes (none; `latency` must have one). */
  readonly after?: number | string;
  /** `continuation`: unfinished answers before the last (1). */
  readonly hops?: number;
}

export type Effect =
  /** The catalogue's body, byte for byte. */
  | { readonly do: 'entry'; readonly entry: CatalogueEntry }
  /** As the service itself says it of this call: model, limit and delay are the call's. */
  | { readonly do: 'class'; readonly class: FaultClass }
  /** The usual answer, later. */
  | { readonly do: 'latency' }
  | { readonly do: 'break'; readonly how: Breakage }
  /** HTTP 200 with no body, or with half of the JSON. */
  | { readonly do: 'empty' }
  | { readonly do: 'invalid-json' }
  /** `finishReason: CONTINUATION` and a token, so many times before the answer. */
  | { readonly do: 'continuation'; readonly hops: number };

export interface ActiveFault {
  readonly effect: Effect;
  /** null: the effect's own. */
  readonly afterMs: number | null;
}

/** Asks for a fault of this one call: `capacity.overloaded`, `gemini-429-unspecified; after=3s`. */
export const FAULT_HEADER = 'x-rundry-fault';
/** The same inside a prompt, for callers that cannot set a header: `[rundry:safety.image]`. */
const MARKER = /\[rundry:([^\]\s\\"]{1,80})\]/;

/** Words for what people ask for most. */
const ALIASES: Readonly<Record<string, string>> = {
  'safety.blocked': 'safety.prompt',
  html: 'proxy-html-502',
  'bare-429': 'gemini-429-unspecified',
  'limit-0': 'gemini-429-limit-zero-free',
  '403-wave': 'gemini-403-server-side-wave',
};
const EFFECTS = ['latency', 'reset', 'hang', 'cut', 'stall', 'empty', 'invalid-json', 'continuation'] as const;
const BY_ID: ReadonlyMap<string, CatalogueEntry> = new Map(ERROR_CATALOGUE.map((entry) => [entry.id, entry]));
const NAMES: readonly string[] = [...EFFECTS, ...FAULT_CLASSES, ...Object.keys(ALIASES), ...BY_ID.keys()];

/** Calls that make an image, on whatever surface. */
const GENERATES =
  /:(?:generateContent|streamGenerateContent|predict)$|\/(?:interactions|chat\/completions|images\/generations|api\/v1\/images)$/;
const CREATES_BATCH = /:batchGenerateContent$|\/batchPredictionJobs$/;

/** Whether a call is for a picture that its answer brings. */
export function asksForPictures({ method, path }: Pick<PlainRequest, 'method' | 'path'>): boolean {
  return method === 'POST' && GENERATES.test(plainPath(path));
}

/** Whether a call hands in a batch job. */
export function createsBatch({ method, path }: Pick<PlainRequest, 'method' | 'path'>): boolean {
  return method === 'POST' && CREATES_BATCH.test(plainPath(path));
}

/** As clients that escape colons, and those that end paths with a slash, write it. */
function plainPath(path: string): string {
  return pathOf(path).replace(/%3A/gi, ':').replace(/\/+$/, '');
}

const KEPT_CHARS_MAX = 4_096;

/** A rule in force, as it is told. */
export interface StatedRule extends MockFaultRule {
  /** `f1`, `f2`, …: by which it can be replaced or removed. */
  readonly id: string;
  /** Calls that fitted, and those of them that met the fault. */
  readonly calls: number;
  readonly met: number;
}

/** What to do to the rules in force: all of them anew, or some. */
export interface RuleChange {
  readonly set?: readonly MockFaultRule[];
  readonly remove?: readonly string[];
  readonly replace?: Readonly<Record<string, MockFaultRule>>;
  readonly add?: readonly MockFaultRule[];
}

/** Of a process that changes its rules for ever. */
const RULES_MAX = 1_000;

export class FaultRules {
  private rules: readonly Rule[];
  private readonly seed: number;
  private made = 0;
  private lastUnmarked = '';

  /** @throws ScenarioError naming everything that is wrong */
  constructor(rules: readonly MockFaultRule[], seed: number) {
    this.seed = seed;
    const problems: string[] = [];
    this.rules = rules.map((rule, index) => this.make(rule, `faults[${index}]`, problems));
    if (problems.length > 0) throw new ScenarioError(problems);
  }

  /** In the order in which they are asked. */
  list(): readonly StatedRule[] {
    return this.rules.map((rule) => rule.stated());
  }

  /**
   * Checks a change and hands back how to make it; rules that it leaves alone go on counting.
   * @throws ScenarioError naming everything that is wrong
   */
  changed({ set, remove = [], replace = {}, add = [] }: RuleChange): () => void {
    const problems: string[] = [];
    const known = new Map(this.rules.map((rule) => [rule.id, rule]));
    for (const id of [...remove, ...Object.keys(replace)])
      if (!known.has(id))
        problems.push(`faults: no rule is called "${id.slice(0, 40)}"; there are ${[...known.keys()].join(', ') || 'none'}`);
    const kept = set === undefined ? this.rules.filter(({ id }) => !remove.includes(id)) : [];
    const replaced = kept.map((rule) => {
      const other = Object.hasOwn(replace, rule.id) ? replace[rule.id] : undefined;
      return other === undefined ? rule : new Rule(other, `faults.replace.${rule.id}`, rule.index, this.seed, problems);
    });
    const made = this.made;
    const fresh = [
      ...(set ?? []).map((rule, index) => this.make(rule, `faults[${index}]`, problems)),
      ...add.map((rule, index) => this.make(rule, `faults.add[${index}]`, problems)),
    ];
    if (replaced.length + fresh.length > RULES_MAX) problems.push(`faults: expected at most ${RULES_MAX} rules`);
    if (problems.length > 0) {
      this.made = made;
      throw new ScenarioError(problems);
    }
    return () => {
      this.rules = [...replaced, ...fresh];
    };
  }

  /**
   * The fault of a call, or null, or a text that says what is wrong with a fault that the call itself asks for.
   * @param runMs emulated ms since the start; asked only where there are rules
   */
  of(request: PlainRequest, runMs: () => number): ActiveFault | string | null {
    const header = request.headers[FAULT_HEADER];
    if (header !== undefined) return askedFor(String(header), FAULT_HEADER);
    const marked = this.markedIn(request.body);
    // In a batch it is its row's own.
    if (marked && !createsBatch(request)) return askedFor(marked[1]!, marked[0]);
    if (this.rules.length === 0) return null;
    const makes = asksForPictures(request) || createsBatch(request);
    return this.met({ path: pathOf(request.path), body: request.body, makes, of: 'calls' }, runMs());
  }

  /** The answer that one row of a batch meets, or null. @param request as it was sent */
  ofRow(model: ModelId, request: unknown, runMs: () => number): ToldEffect | null {
    const body = JSON.stringify(request);
    const marked = MARKER.exec(body);
    const asked = marked && askedFor(marked[1]!, marked[0]);
    const own = asked === null || typeof asked === 'string' ? null : asked;
    const fault = own ?? (this.rules.length === 0 ? null : this.met({ path: `/models/${model}`, body, makes: true, of: 'rows' }, runMs()));
    return fault !== null && (fault.effect.do === 'entry' || fault.effect.do === 'class') ? fault.effect : null;
  }

  private make(rule: MockFaultRule, where: string, problems: string[]): Rule {
    return new Rule(rule, where, this.made++, this.seed, problems);
  }

  /** Every rule counts its calls, also those that another rule answers. */
  private met(call: Met, atMs: number): ActiveFault | null {
    let met: ActiveFault | null = null;
    for (const rule of this.rules) if (rule.meets(call, atMs)) met ??= rule.fault;
    return met;
  }

  /** Calls come again and again with the same body: a short one that has no marker is not searched twice. */
  private markedIn(body: string): RegExpExecArray | null {
    if (body === this.lastUnmarked) return null;
    if (body.includes('[rundry:')) return MARKER.exec(body);
    if (body.length <= KEPT_CHARS_MAX) this.lastUnmarked = body;
    return null;
  }
}

/** What a row can be told: an answer, not how a connection breaks. */
type ToldEffect = Extract<Effect, { do: 'entry' | 'class' }>;

interface Met {
  readonly path: string;
  readonly body: string;
  /** Whether it makes pictures: what rules are about unless they name a path. */
  readonly makes: boolean;
  readonly of: 'calls' | 'rows';
}

function pathOf(path: string): string {
  const mark = path.indexOf('?');
  return mark === -1 ? path : path.slice(0, mark);
}

function askedFor(text: string, where: string): ActiveFault | string {
  const problems: string[] = [];
  const rule = parsed(text, where, problems);
  const fault = activeFault(rule, where, problems);
  return problems[0] ?? fault;
}

class Rule {
  readonly fault: ActiveFault;
  /** From 0: what its draws come from, and its name. */
  readonly index: number;
  private readonly rule: MockFaultRule;
  private readonly seed: number;
  private readonly model: ModelId | null;
  private readonly fromMs: number;
  private readonly toMs: number;
  private calls = 0;
  private struck = 0;

  constructor(rule: MockFaultRule, where: string, index: number, seed: number, problems: string[]) {
    this.rule = rule;
    this.index = index;
    this.seed = seed;
    this.fault = activeFault(rule, where, problems);
    this.model = rule.model === undefined ? null : (findModel(rule.model)?.id ?? null);
    if (rule.model !== undefined && this.model === null) problems.push(`${where}.model: no image model is called "${rule.model}"`);
    const { do: effect } = this.fault.effect;
    if (rule.of !== undefined && rule.of !== 'calls' && rule.of !== 'rows')
      problems.push(`${where}.of: expected calls or rows, found "${rule.of}"`);
    if (rule.of === 'rows' && effect !== 'entry' && effect !== 'class')
      problems.push(`${where}: rows of a batch are answered by an id or a class, found "${rule.fault}"`);
    for (const key of ['nth', 'every', 'first'] as const) {
      const count = rule[key];
      if (count !== undefined && !(Number.isInteger(count) && count > 0))
        problems.push(`${where}.${key}: expected a count such as 3, found ${count}`);
    }
    if (rule.ratio !== undefined && !(rule.ratio >= 0 && rule.ratio <= 1))
      problems.push(`${where}.ratio: expected a share from 0 to 1, found ${rule.ratio}`);
    this.fromMs = lengthMs(rule.from, `${where}.from`, problems) ?? 0;
    this.toMs = lengthMs(rule.to, `${where}.to`, problems) ?? Number.POSITIVE_INFINITY;
    if (this.toMs <= this.fromMs) problems.push(`${where}.to: expected a time after from`);
  }

  get id(): string {
    return `f${this.index + 1}`;
  }

  stated(): StatedRule {
    return { id: this.id, ...this.rule, calls: this.calls, met: this.struck };
  }

  /** Counts the call if it fits. */
  meets(call: Met, runMs: number): boolean {
    const { path, nth, every, first, ratio, of = 'calls' } = this.rule;
    if (of !== call.of) return false;
    if (path === undefined ? !call.makes : !call.path.includes(path)) return false;
    if (runMs < this.fromMs || runMs >= this.toMs) return false;
    if (this.model !== null && findModel(modelOf(call))?.id !== this.model) return false;
    this.calls += 1;
    if (nth !== undefined && this.calls !== nth) return false;
    if (every !== undefined && this.calls % every !== 0) return false;
    if (first !== undefined && this.calls > first) return false;
    if (ratio !== undefined && chance(this.seed, LABEL.mockFault, this.calls, this.index) >= ratio) return false;
    this.struck += 1;
    return true;
  }
}

/** From the path, or where paths name none from the body. */
export function modelOf({ path, body }: { readonly path: string; readonly body: string }): string {
  const named = /\/models\/([^/:]+)/.exec(path)?.[1] ?? /"model"\s*:\s*"(?:models\/|google\/)?([^"]{1,100})"/.exec(body)?.[1];
  return named ?? '';
}

function activeFault(rule: MockFaultRule, where: string, problems: string[]): ActiveFault {
  const afterMs = lengthMs(rule.after, `${where}.after`, problems);
  const effect = effectOf(rule.fault, rule.hops ?? 1);
  if (effect === null) {
    const meant = nearest(rule.fault, NAMES);
    const known = `an id or class of the error catalogue, or one of ${EFFECTS.join(', ')}`;
    problems.push(`${where}: expected ${meant === null ? known : `a fault such as ${meant}`}, found "${rule.fault}"`);
  } else if (effect.do === 'latency' && afterMs === null)
    problems.push(`${where}: latency needs to be told how long, such as latency; after=30s`);
  return { effect: effect ?? { do: 'empty' }, afterMs };
}

function effectOf(given: string, hops: number): Effect | null {
  const name = ALIASES[given] ?? given;
  const entry = BY_ID.get(name);
  if (entry) return { do: 'entry', entry };
  if ((FAULT_CLASSES as readonly string[]).includes(name)) return { do: 'class', class: name as FaultClass };
  switch (name as (typeof EFFECTS)[number]) {
    case 'latency':
    case 'empty':
    case 'invalid-json':
      return { do: name as 'latency' };
    case 'reset':
    case 'hang':
    case 'cut':
    case 'stall':
      return { do: 'break', how: name as Breakage };
    case 'continuation':
      return { do: 'continuation', hops };
    default:
      return null;
  }
}

function lengthMs(value: number | string | undefined, where: string, problems: string[]): number | null {
  if (value === undefined) return null;
  const ms = typeof value === 'number' ? value : durationMs(value.replace(/^\+/, ''));
  if (ms !== null && ms >= 0) return ms;
  problems.push(`${where}: expected a duration such as 90s, found "${value}"`);
  return null;
}

const NUMBERS: ReadonlySet<string> = new Set(['nth', 'every', 'first', 'ratio', 'hops']);
const TEXTS: ReadonlySet<string> = new Set(['fault', 'model', 'path', 'of', 'from', 'to', 'after']);

/**
 * A rule as the command line has it: `class=capacity.overloaded,model=gemini-3-pro-image,nth=3`. `class`, `id` and `fault` are one
 * key, and may be left out: `latency,after=30s,ratio=0.1`.
 * @throws ScenarioError
 */
export function parseFaultRule(text: string): MockFaultRule {
  const problems: string[] = [];
  const rule = parsed(text, '--fault', problems);
  if (rule.fault === '') problems.push(`--fault: expected a fault, as in class=capacity.overloaded,nth=3, found "${text}"`);
  if (problems.length > 0) throw new ScenarioError(problems);
  return rule;
}

function parsed(text: string, where: string, problems: string[]): MockFaultRule {
  const rule: Record<string, string | number> = { fault: '' };
  for (const piece of text.split(/[,;]/)) {
    const [given = '', value] = piece.split('=', 2).map((part) => part.trim());
    if (given === '' && value === undefined) continue;
    const key = value === undefined || given === 'class' || given === 'id' ? 'fault' : given;
    if (NUMBERS.has(key)) rule[key] = Number(value);
    else if (TEXTS.has(key)) rule[key] = value ?? given;
    else {
      const meant = nearest(key, [...NUMBERS, ...TEXTS]);
      problems.push(`${where}: unknown key "${key}"${meant === null ? '' : `, did you mean ${meant}?`}`);
    }
  }
  return rule as unknown as MockFaultRule; // its keys have just been checked, its values are by the constructor
}
