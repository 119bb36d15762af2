/**
 * A mock that can be taken in hand while it runs: asked for its buckets, put back to its start, set up otherwise, moved in time.
 * Calls go straight through to the mock of the moment.
 */
import { findModel } from '../model/catalogue.ts';
import type { MockSummary } from '../model/mock-summary.ts';
import type { Setting } from '../model/scenario.ts';
import type { RuleChange, StatedRule } from './fault-rules.ts';
import { Mock, type MockOptions } from './handle.ts';
import type { PlainRequest, PlainResponse } from './plain.ts';
import { type JournalRow, Recent } from './recent.ts';
import type { MockAnswerRow } from './rows.ts';
import { Unrouted } from './unrouted.ts';
import { bucketsOf, type OwnedBucket, type World, type WorldOptions, world } from './world.ts';

export interface EmulationOptions extends Omit<MockOptions, 'service' | 'projects' | 'startAtMs' | 'unrouted' | 'onBatch'> {
  /** What is emulated under these settings of the scenario file, all that were made so far. @throws ScenarioError */
  readonly worldOf: (settings: readonly Setting[]) => WorldOptions;
  /** Makes the mock (`new Mock`). */
  readonly make?: (options: MockOptions) => Mock;
}

export interface AnswerCount {
  readonly labels: { readonly status: string; readonly class: string; readonly model: string; readonly project: string };
  answered: number;
}

/** Answers that are kept for who asks what happened. */
const JOURNAL_ROWS_MAX = 10_000;

export class Emulation {
  private readonly options: EmulationOptions;
  private settings: readonly Setting[] = [];
  private present: World;
  private mock: Mock;
  private advancedMs = 0;
  private readonly unrouted = new Unrouted();
  private recent = new Recent(JOURNAL_ROWS_MAX);
  private readonly counted = new Map<string, AnswerCount>();
  private last: { readonly row: MockAnswerRow; readonly count: AnswerCount } | null = null;

  /** @throws ScenarioError */
  constructor(options: EmulationOptions) {
    this.options = options;
    this.present = world(options.worldOf([]));
    this.mock = this.newMock();
  }

  handle(request: PlainRequest): PlainResponse {
    return this.mock.handle(request);
  }

  summary(): MockSummary {
    return this.mock.summary();
  }

  /** Made since the start, in order. */
  get changes(): readonly Setting[] {
    return this.settings;
  }

  get world(): World {
    return this.present;
  }

  /** Epoch ms at which the emulated calendar began. */
  get startAtMs(): number {
    return this.present.scenario.clock.startAtMs;
  }

  /** Epoch ms of the emulated calendar; never goes back but by a reset. */
  nowMs(): number {
    return this.mock.atMs();
  }

  buckets(): readonly OwnedBucket[] {
    return bucketsOf(this.present);
  }

  /** Answers to calls for pictures and the course of batch jobs, the oldest first; all that are kept, or the last few of them. */
  journal(last: number = JOURNAL_ROWS_MAX): readonly JournalRow[] {
    this.mock.summary(); // jobs that have ended by now are told when somebody looks
    const byTime = (a: JournalRow, b: JournalRow): number => a.atMs - b.atMs;
    return this.recent.list().sort(byTime).slice(-last);
  }

  /** Which calls meet which fault. */
  faults(): readonly StatedRule[] {
    return this.mock.faultRules.list();
  }

  /** How many answers there were of each kind; models that nobody knows are one. */
  counts(): readonly AnswerCount[] {
    return [...this.counted.values()];
  }

  /** Jumps the calendar; answers that are under way keep their real time. */
  advance(byMs: number): void {
    this.advancedMs += byMs;
  }

  /**
   * As it was started: full buckets, nothing tallied, the first draw, the calendar at its start, no settings. Calls to unknown
   * paths stay known to the end.
   */
  reset(): void {
    this.settings = [];
    this.present = world(this.options.worldOf([]));
    this.advancedMs = this.startAtMs - Math.floor(this.options.nowMs());
    this.recent = new Recent(JOURNAL_ROWS_MAX);
    this.counted.clear();
    this.last = null;
    this.mock = this.newMock();
  }

  /**
   * Other limits, faults or latencies from now on, on top of those before. What was used stays used, in sliding windows as if
   * it had been taken now.
   * @param faults what to do to the rules of `--fault`
   * @throws ScenarioError and changes nothing
   */
  configure(settings: readonly Setting[], faults: RuleChange = {}): void {
    const changeRules = this.mock.faultRules.changed(faults);
    if (settings.length > 0) this.resettle(settings);
    changeRules();
  }

  private resettle(settings: readonly Setting[]): void {
    const all = [...this.settings, ...settings];
    const next = world(emptied(this.options.worldOf(all)));
    const atMs = this.nowMs();
    const used = new Map(this.buckets().map((owned) => [nameOf(owned), owned.bucket.used(atMs)]));
    for (const owned of bucketsOf(next)) {
      const taken = used.get(nameOf(owned)) ?? 0;
      if (taken > 0) owned.bucket.take(taken, atMs);
    }
    this.settings = all;
    this.present = next;
    this.mock.use(next.service, next.projects);
  }

  private newMock(): Mock {
    const { worldOf: _, make = (options) => new Mock(options), onAnswer, nowMs, ...rest } = this.options;
    return make({
      ...rest,
      unrouted: this.unrouted,
      service: this.present.service,
      projects: this.present.projects,
      startAtMs: this.startAtMs,
      nowMs: () => nowMs() + this.advancedMs,
      onAnswer: (row) => {
        this.count(row);
        this.recent.keep(row);
        onAnswer?.(row);
      },
      onBatch: (row) => this.recent.keepBatch(row),
    });
  }

  /** Answers of one kind come in crowds: the last kind is looked at first. */
  private count(row: MockAnswerRow): void {
    const { status, class: errorClass, model: called, project } = row;
    const { last } = this;
    if (last && last.row.status === status && last.row.class === errorClass && last.row.model === called && last.row.project === project) {
      last.count.answered += 1;
      return;
    }
    const model = findModel(called)?.id ?? 'unknown';
    const kind = `${status} ${errorClass} ${model} ${project}`;
    let count = this.counted.get(kind);
    if (count === undefined) {
      count = { labels: { status: String(status), class: errorClass ?? '', model, project }, answered: 0 };
      this.counted.set(kind, count);
    }
    count.answered += 1;
    this.last = { row, count };
  }
}

function nameOf({ name, account, project, model }: OwnedBucket): string {
  return JSON.stringify([name, project === null ? account : project, model]);
}

/** Without what the scenario says is used at the start: by now it is among what was used. */
function emptied(options: WorldOptions): WorldOptions {
  return {
    ...options,
    scenarioAt: (tier) => {
      const scenario = options.scenarioAt(tier);
      return { ...scenario, quota: { ...scenario.quota, usedToday: {}, spentThisMonthMicroUsd: 0 } };
    },
  };
}
