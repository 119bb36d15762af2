/** The emulated service with somebody who looks on: how full each bucket got, and which calls came before they were told to. */
import type { Emulation, MockAnswerRow, PlainRequest, PlainResponse } from '../mock/index.ts';
import { isMoney } from '../model/names.ts';
import { decodeReply } from '../wire/decode.ts';
import type { Observable, Observed, ObservedBucket } from './observed.ts';

interface Told {
  /** When the refusal reached its caller, and until when it was told to wait; emulated ms since the start. */
  readonly heardMs: number;
  readonly untilMs: number;
}

export class Watch implements Observable {
  private readonly emulation: Emulation;
  private readonly peaks = new Map<string, number>();
  private readonly refusals = new Map<string, number>();
  /** By what was asked: the same question again is a retry. */
  private readonly told = new Map<string, Told>();
  private readonly called = new Set<string>();
  private answered: MockAnswerRow | null = null;
  private early = 0;
  private throttled = 0;

  constructor(emulation: Emulation) {
    this.emulation = emulation;
  }

  /** To be told every answer to a generate call. */
  readonly note = (row: MockAnswerRow): void => {
    this.answered = row;
  };

  handle(request: PlainRequest): PlainResponse {
    this.answered = null;
    const answer = this.emulation.handle(request);
    const row = this.answered as MockAnswerRow | null; // told while the answer was made
    if (row !== null) this.look(row, request, answer);
    return answer;
  }

  observed(): Observed {
    const { firstRefusal } = this.emulation.summary();
    return {
      buckets: [...this.enforced(), ...this.unknown()],
      firstBucket: firstRefusal && { ...firstRefusal, limit: isMoney(firstRefusal.bucket) ? firstRefusal.limit / 1e6 : firstRefusal.limit },
      throttled: this.throttled,
      earlyRetries: this.early,
      summary: null,
    };
  }

  private enforced(): ObservedBucket[] {
    return this.emulation.buckets().map((owned) => {
      const { name, model, project, bucket } = owned;
      const { limit } = bucket.spec;
      return {
        bucket: name,
        model,
        project,
        limit: isMoney(name) ? limit / 1e6 : limit,
        peakUtilisation: limit === 0 ? null : (this.peaks.get(keyOf(owned)) ?? 0) / limit,
        refused: this.refusals.get(`${name} ${model} ${project}`) ?? 0,
      };
    });
  }

  /** Limits of models that were called, and that nobody knows: they refuse nothing here. */
  private unknown(): ObservedBucket[] {
    return this.emulation.world.scenario.quota.limits
      .filter(({ state, model }) => state === 'unknown' && model !== null && this.called.has(model))
      .map(({ bucket, model }) => ({ bucket, model, project: null, limit: null, peakUtilisation: null, refused: 0 }));
  }

  private look(row: MockAnswerRow, request: PlainRequest, answer: PlainResponse): void {
    this.called.add(row.model);
    const nowMs = this.emulation.nowMs();
    for (const owned of this.emulation.buckets()) {
      const key = keyOf(owned);
      this.peaks.set(key, Math.max(this.peaks.get(key) ?? 0, owned.bucket.used(nowMs)));
    }
    const question = JSON.stringify([row.project, row.model, request.body]);
    const told = this.told.get(question);
    if (told !== undefined && row.atMs >= told.heardMs && row.atMs < told.untilMs) this.early++;
    if (row.status !== 429) return;
    this.throttled++;
    if (row.bucket !== null) {
      const ofAccount = isMoney(row.bucket);
      const owner = `${row.bucket} ${ofAccount ? null : row.model} ${ofAccount ? null : row.project}`;
      this.refusals.set(owner, (this.refusals.get(owner) ?? 0) + 1);
    }
    const delayMs = delayTold(answer);
    const heardMs = row.atMs + answer.afterMs;
    if (delayMs !== null) this.told.set(question, { heardMs, untilMs: heardMs + delayMs });
  }
}

function keyOf({
  name,
  account,
  project,
  model,
}: {
  readonly name: string;
  readonly account: string;
  readonly project: string | null;
  readonly model: string | null;
}): string {
  return JSON.stringify([name, account, project, model]);
}

function delayTold({ status, headers, body }: PlainResponse): number | null {
  const bodyText = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const reply = decodeReply({ status, headers, bodyText });
  return reply.kind === 'refused' ? reply.retryAfterMs : null;
}
