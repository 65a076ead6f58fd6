/** What the client has done in this run and in all: stored now and then, so that a crash takes a minute of it at most. */
import type { Clock } from '../../../base/clock.ts';
import type { Millis, UnixSeconds } from '../../../base/units.ts';
import type { ClientRepository, TotalsRow } from '../../../db/index.ts';
import type { Totals } from '../client.ts';

/** Numbers of events that are set aside ahead: more than a run gives out between two savings. */
const EVENTS_AHEAD = 1_000_000;

/** What has been counted in this run. */
export interface RunFigures {
  readonly downloaded: number;
  readonly uploaded: number;
  readonly torrentsAdded: number;
}

export class RunTotals {
  readonly #repository: ClientRepository['totals'];
  readonly #clock: Clock;
  readonly #before: TotalsRow;
  readonly #begin: Millis;
  readonly startedAt: UnixSeconds;

  private constructor(repository: ClientRepository['totals'], clock: Clock, before: TotalsRow) {
    this.#repository = repository;
    this.#clock = clock;
    this.#before = before;
    this.#begin = clock.now();
    this.startedAt = clock.wall();
  }

  /** Counts a run. */
  static async open(repository: ClientRepository['totals'], clock: Clock): Promise<RunTotals> {
    const before = await repository.load();
    const totals = new RunTotals(repository, clock, before);
    await totals.save({ downloaded: 0, uploaded: 0, torrentsAdded: 0 }, before.events);
    return totals;
  }

  /** No event of an earlier run has a higher number. */
  get lastEvent(): number {
    return this.#before.events;
  }

  /** Nothing was ever stored in this database before. */
  get isFirstRun(): boolean {
    return this.#before.sessions === 0;
  }

  run(figures: RunFigures): Totals {
    return { ...figures, sessions: 1, seconds: this.#seconds };
  }

  ever(figures: RunFigures): Totals {
    const { downloaded, uploaded, torrentsAdded, sessions, seconds } = this.#before;
    return {
      downloaded: downloaded + figures.downloaded,
      uploaded: uploaded + figures.uploaded,
      torrentsAdded: torrentsAdded + figures.torrentsAdded,
      sessions: sessions + 1,
      seconds: seconds + this.#seconds,
    };
  }

  /** `lastEvent`: number of the newest one. */
  save(figures: RunFigures, lastEvent: number): Promise<void> {
    return this.#repository.save({ ...this.ever(figures), events: lastEvent + EVENTS_AHEAD });
  }

  get #seconds(): number {
    return Math.floor((this.#clock.now() - this.#begin) / 1000);
  }
}
