/**
 * Attempts come in the order of their answers, but quota is charged in the order of sending: this puts them back, keeping
 * no more than what is in flight between the oldest open attempt and the newest.
 */
import type { BucketName, ModelId } from '../model/names.ts';
import type { AttemptRow } from '../model/rows.ts';

/** What an attempt took, as far as its answer tells. */
export const CHARGE = { nothing: 0, requestsOnly: 1, unpaid: 2, whole: 3, batch: 4 } as const;
export type Charge = (typeof CHARGE)[keyof typeof CHARGE];

/** One attempt in the order of sending; reused. */
export class SentAttempt {
  isFilled = false;
  sentMs = 0;
  traffic = '';
  project = '';
  model: ModelId = '';
  charge: Charge = CHARGE.nothing;
  isThrottled = false;
  buckets: readonly BucketName[] = [];
  quotaValue: number | null = null;
  retryAtMs: number | null = null;
  inputTokens = 0;
  listMicroUsd = 0;
}

export class SendingOrder {
  private ring: SentAttempt[] = Array.from({ length: 64 }, () => new SentAttempt());
  private nextSeq = 0;
  private readonly each: (attempt: SentAttempt) => void;
  private readonly overloadConsumes: boolean;

  /** @param each told every attempt in the order of sending; the object is reused */
  constructor(overloadConsumes: boolean, each: (attempt: SentAttempt) => void) {
    this.overloadConsumes = overloadConsumes;
    this.each = each;
  }

  add(row: AttemptRow): void {
    if (row.seq - this.nextSeq >= this.ring.length) this.grow(row.seq - this.nextSeq + 1);
    const slot = this.ring[row.seq & (this.ring.length - 1)]!;
    slot.isFilled = true;
    slot.sentMs = row.sentMs;
    slot.traffic = row.traffic;
    slot.project = row.project;
    slot.model = row.model;
    slot.charge = this.chargeOf(row);
    slot.isThrottled = row.httpStatus === 429;
    slot.buckets = row.buckets;
    slot.quotaValue = row.quotaValue;
    slot.retryAtMs = row.retryAtMs;
    slot.inputTokens = row.inputTokens;
    slot.listMicroUsd = row.listMicroUsd;
    this.drain();
  }

  /** Tells the rest, passing over attempts of which a torn journal says nothing. */
  end(): void {
    for (let left = this.ring.length; left > 0; left--) {
      const slot = this.ring[this.nextSeq++ & (this.ring.length - 1)]!;
      if (slot.isFilled) this.tell(slot);
    }
  }

  private drain(): void {
    for (
      let slot = this.ring[this.nextSeq & (this.ring.length - 1)]!;
      slot.isFilled;
      slot = this.ring[this.nextSeq & (this.ring.length - 1)]!
    ) {
      this.nextSeq++;
      this.tell(slot);
    }
  }

  private tell(slot: SentAttempt): void {
    slot.isFilled = false;
    this.each(slot);
  }

  private chargeOf(row: AttemptRow): Charge {
    if (row.lane === 'batch') return row.costMicroUsd > 0 ? CHARGE.batch : CHARGE.nothing;
    switch (row.httpStatus) {
      case 200:
        return row.class === null ? CHARGE.whole : CHARGE.unpaid;
      case 503:
      case 502:
      case 500:
      case 499:
        return this.overloadConsumes ? CHARGE.requestsOnly : CHARGE.nothing;
      case 504:
      case null:
        return CHARGE.whole;
      default:
        return CHARGE.nothing;
    }
  }

  private grow(needed: number): void {
    let size = this.ring.length;
    while (size < needed) size *= 2;
    const ring: SentAttempt[] = new Array(size);
    for (let k = 0; k < size; k++) {
      const seq = this.nextSeq + k;
      ring[seq & (size - 1)] = k < this.ring.length ? this.ring[seq & (this.ring.length - 1)]! : new SentAttempt();
    }
    this.ring = ring;
  }
}
