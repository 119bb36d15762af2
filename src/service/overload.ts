/** How likely a 503 is at an instant, and whether this attempt gets one. */
import { chance, exponential, LABEL } from '../model/chance.ts';
import type { ModelId } from '../model/names.ts';
import type { OverloadRule, Span } from '../model/scenario.ts';
import { DAY_MS } from '../model/time.ts';

/** The rule in force and how long it stays so; looked up again only when that has passed. */
export class Overload {
  private readonly rules: readonly OverloadRule[];
  private readonly spells: readonly (Spells | null)[];
  private index = -1;
  private validFromMs = Infinity;
  private validToMs = -Infinity;
  private readonly seed: number;

  /** @param rules those that name this model or none; the first whose span holds counts */
  constructor(rules: readonly OverloadRule[], seed: number, model: ModelId) {
    this.rules = rules.filter((rule) => rule.models === null || rule.models.includes(model));
    this.seed = seed;
    this.spells = this.rules.map((rule, index) =>
      rule.meanSpellMs === null || rule.errorRatio <= 0 || rule.errorRatio >= 1
        ? null
        : new Spells(rule.errorRatio, rule.meanSpellMs, seed, `${model}/${index}`),
    );
  }

  /** Share of attempts answered 503 at an instant (epoch ms). */
  errorRatio(atMs: number): number {
    const rule = this.ruleAt(atMs);
    return rule ? rule.errorRatio : 0;
  }

  latencyFactor(atMs: number): number {
    return this.ruleAt(atMs)?.latencyFactor ?? 1;
  }

  /** Whether the attempt is answered 503. */
  strikes(request: number, attempt: number, atMs: number): boolean {
    const rule = this.ruleAt(atMs);
    if (rule === undefined || rule.errorRatio <= 0) return false;
    const spells = this.spells[this.index];
    if (spells) return spells.isBad(atMs);
    return chance(this.seed, LABEL.overload, request, attempt) < rule.errorRatio;
  }

  private ruleAt(atMs: number): OverloadRule | undefined {
    if (atMs < this.validFromMs || atMs >= this.validToMs) this.lookUp(atMs);
    return this.index < 0 ? undefined : this.rules[this.index];
  }

  private lookUp(atMs: number): void {
    this.index = this.rules.findIndex((rule) => holds(rule.span, atMs));
    const edges = this.rules.flatMap((rule) => edgesAround(rule.span, atMs));
    this.validFromMs = Math.max(-Infinity, ...edges.filter((edge) => edge <= atMs));
    this.validToMs = Math.min(Infinity, ...edges.filter((edge) => edge > atMs));
  }
}

/** Half-open; a daily span that ends before it begins wraps over midnight UTC, one that ends as it begins is the whole day. */
export function holds(span: Span, atMs: number): boolean {
  if (span.kind === 'once') return atMs >= span.fromAtMs && atMs < span.toAtMs;
  const { fromMs, toMs } = span;
  if (fromMs === toMs) return true;
  const ofDayMs = atMs % DAY_MS;
  return fromMs < toMs ? ofDayMs >= fromMs && ofDayMs < toMs : ofDayMs >= fromMs || ofDayMs < toMs;
}

function edgesAround(span: Span, atMs: number): number[] {
  if (span.kind === 'once') return [span.fromAtMs, span.toAtMs];
  const dayMs = atMs - (atMs % DAY_MS);
  return [-DAY_MS, 0, DAY_MS].flatMap((shift) => [dayMs + shift + (span.fromMs % DAY_MS), dayMs + shift + (span.toMs % DAY_MS)]);
}

/**
 * Overload as a two-state process: exponential spells, bad for a share `errorRatio` of the time. A function of time: the
 * k-th spell is the same for everybody who asks. Spells are made from the first instant asked for, in its stationary state.
 */
class Spells {
  private readonly badMeanMs: number;
  private readonly goodMeanMs: number;
  private readonly ratio: number;
  private readonly seed: number;
  private readonly salt: number;
  private number = 0;
  private bad = false;
  private endsAtMs = -Infinity;

  constructor(ratio: number, meanSpellMs: number, seed: number, name: string) {
    this.ratio = ratio;
    this.badMeanMs = meanSpellMs;
    this.goodMeanMs = (meanSpellMs * (1 - ratio)) / ratio;
    this.seed = seed;
    this.salt = [...name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7);
  }

  isBad(atMs: number): boolean {
    if (this.endsAtMs === -Infinity) {
      this.bad = chance(this.seed, LABEL.spell, this.salt, 0) < this.ratio;
      this.endsAtMs = atMs + this.lengthMs();
    }
    while (atMs >= this.endsAtMs) {
      this.bad = !this.bad;
      this.endsAtMs += this.lengthMs();
    }
    return this.bad;
  }

  private lengthMs(): number {
    return Math.max(
      1,
      (this.bad ? this.badMeanMs : this.goodMeanMs) * exponential(chance(this.seed, LABEL.spell, this.salt, ++this.number)),
    );
  }
}
