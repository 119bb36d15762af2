/** One traffic entry at work: it posts itself for its next job, request by request. */

import { chance, exponential, LABEL } from '../model/chance.ts';
import type { Clock, Task } from '../model/clock.ts';
import type { RequestSpec } from '../model/request-spec.ts';
import type { TrafficEntry } from '../model/scenario.ts';
import type { Arrivals } from '../traffic/arrivals.ts';
import type { ClientQueue } from './client-queue.ts';
import type { Line } from './line.ts';
import type { Pending } from './pending.ts';

export interface ArrivalListener {
  arrived(entry: EntryState, job: number, jobImages: number, spec: RequestSpec, dueMs: number, user: User | null): void;
  /** The entry will send nothing more. */
  exhausted(entry: EntryState): void;
  nextJob(entry: EntryState, user: User | null): number;
}

/** Who asks, whatever the numbers of request and job. */
export interface Place {
  /** null: the entry has no users. */
  readonly user: number | null;
  /** Which job of theirs, from 0, and which request of it. */
  readonly nth: number;
  readonly image: number;
}

export interface EntryState {
  readonly entry: TrafficEntry;
  readonly queue: ClientQueue;
  /** Its open requests, oldest first. */
  readonly open: Line<Pending>;
  /** Of the request that falls due now. */
  placeOf(user: User | null): Place;
}

/** What an entry works with. */
export interface Surroundings {
  readonly entry: TrafficEntry;
  /** Of its arrivals among all that happens at one instant. */
  readonly rank: number;
  readonly queue: ClientQueue;
  readonly open: Line<Pending>;
  readonly clock: Clock;
  readonly listener: ArrivalListener;
}

/** Open model: instants do not depend on answers. */
export class OpenEntry implements EntryState, Task {
  readonly entry: TrafficEntry;
  readonly queue: ClientQueue;
  readonly open: Line<Pending>;
  private readonly rank: number;
  private readonly arrivals: Arrivals;
  private readonly clock: Clock;
  private readonly listener: ArrivalListener;
  private jobs = 0;
  private job = 0;
  private jobImages = 0;
  private imagesLeft = 0;
  private isExhausted = false;

  constructor({ entry, rank, queue, open, clock, listener }: Surroundings, arrivals: Arrivals) {
    this.entry = entry;
    this.rank = rank;
    this.queue = queue;
    this.open = open;
    this.arrivals = arrivals;
    this.clock = clock;
    this.listener = listener;
  }

  /** Posts the first job. */
  start(): void {
    this.postNext();
    if (this.isExhausted) this.listener.exhausted(this);
  }

  /** One request at a time, so that what ends at this instant goes before the next one falls due. */
  fire(atMs: number): void {
    if (this.imagesLeft === 0) {
      this.jobs++;
      this.job = this.listener.nextJob(this, null);
      this.imagesLeft = this.jobImages = this.arrivals.images;
    }
    this.imagesLeft--;
    const { job, jobImages, arrivals } = this;
    const spec = arrivals.request;
    if (this.imagesLeft > 0) this.clock.at(atMs, this.rank, this);
    else this.postNext();
    this.listener.arrived(this, job, jobImages, spec, atMs, null);
    if (this.isExhausted) this.listener.exhausted(this);
  }

  placeOf(): Place {
    return { user: null, nth: this.jobs - 1, image: this.jobImages - this.imagesLeft - 1 };
  }

  private postNext(): void {
    const nextMs = this.arrivals.next();
    if (nextMs === Infinity) this.isExhausted = true;
    else this.clock.at(nextMs, this.rank, this);
  }
}

/** Closed model: so many users, each thinking between the end of one job and the next. */
export class UsersEntry implements EntryState {
  readonly entry: TrafficEntry;
  readonly queue: ClientQueue;
  readonly open: Line<Pending>;
  readonly users: readonly User[];
  private active: number;
  private readonly listener: ArrivalListener;

  /** @param endMs nobody begins a job from then on */
  constructor(surroundings: Surroundings, seed: number, endMs: number) {
    const { entry, queue, open, listener } = surroundings;
    this.entry = entry;
    this.queue = queue;
    this.open = open;
    this.listener = listener;
    const { shape } = entry;
    const count = shape.kind === 'users' ? shape.users : 0;
    this.users = Array.from({ length: count }, (_, number) => new User(this, number, surroundings, seed, endMs));
    this.active = count;
  }

  start(): void {
    for (const user of this.users) user.startAt(this.entry.startMs);
  }

  placeOf(user: User): Place {
    return user.place;
  }

  retire(): void {
    if (--this.active === 0) this.listener.exhausted(this);
  }
}

export class User implements Task {
  private readonly owner: UsersEntry;
  private readonly number: number;
  private readonly rank: number;
  private readonly seed: number;
  private readonly endMs: number;
  private readonly clock: Clock;
  private readonly listener: ArrivalListener;
  private jobs = 0;
  private job = 0;
  /** Requests of the present job that are not due yet, and that are not closed. */
  private left = 0;
  private open = 0;
  private endedMs = 0;

  constructor(owner: UsersEntry, number: number, { rank, clock, listener }: Surroundings, seed: number, endMs: number) {
    this.owner = owner;
    this.number = number;
    this.rank = rank;
    this.seed = seed;
    this.endMs = endMs;
    this.clock = clock;
    this.listener = listener;
  }

  /** Posts itself once for each image of a job: what ends at this instant goes before the next one falls due. */
  startAt(atMs: number): void {
    if (atMs >= this.endMs) {
      this.owner.retire();
      return;
    }
    for (let k = this.owner.entry.images; k > 0; k--) this.clock.at(atMs, this.rank, this);
  }

  fire(atMs: number): void {
    const { images, request } = this.owner.entry;
    if (this.left === 0) {
      this.jobs++;
      this.job = this.listener.nextJob(this.owner, this);
      this.left = this.open = images;
    }
    this.left--;
    this.listener.arrived(this.owner, this.job, images, request, atMs, this);
  }

  get place(): Place {
    return { user: this.number, nth: this.jobs - 1, image: this.owner.entry.images - this.left - 1 };
  }

  /** One request of its job was closed; those that an earlier part of the run closed are told in no order. */
  ended(atMs: number): void {
    if (atMs > this.endedMs) this.endedMs = atMs;
    if (--this.open === 0) this.think(this.endedMs);
  }

  private think(atMs: number): void {
    const shape = this.owner.entry.shape;
    if (shape.kind !== 'users') return;
    const drawn = shape.thinkDistribution === 'fixed' ? 1 : exponential(chance(this.seed, LABEL.think, this.number, this.jobs));
    this.startAt(atMs + Math.round(shape.thinkMeanMs * drawn));
  }
}
