/**
 * When to look at a swarm again: a wheel of 128 slots for each shard, a slot a turn of 64 seconds. Each record is in
 * the list of just one slot. Looking at a swarm removes its silent peers and says when the next of them may have
 * been silent for too long, so that a swarm is looked at rarely and nothing else is.
 */
import type { Tick } from '../swarm-store.ts';
import { Shard } from './swarm-index.ts';
import { Field } from './swarm-record.ts';
import { WHEEL_SLOTS } from './table-memory.ts';

/** Ticks of a turn. */
const TURN: Tick = 16;
/** Turns that may be planned ahead, and made up for when sweeping was late: together less than the wheel has. */
const MOST_TURNS = WHEEL_SLOTS / 2 - 1;

export class ExpiryWheel {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** The record is looked at after `delay` ticks, rounded up to the next turn. */
  schedule(shard: number, record: number, now: Tick, delay: Tick): void {
    const ahead = Math.min(MOST_TURNS, Math.floor(delay / TURN) + 1);
    const turn = Math.max(Math.floor(now / TURN), this.#words[shard + Shard.wheelTurn] as number) + ahead;
    const slot = shard + Shard.wheel + (turn % WHEEL_SLOTS);
    this.#words[record + Field.wheelNext] = this.#words[slot] as number;
    this.#words[slot] = record;
  }

  /** Takes one record out whose turn has come; 0 when there is none. */
  takeDue(shard: number, now: Tick): number {
    const current = Math.floor(now / TURN);
    const first = Math.max(this.#words[shard + Shard.wheelTurn] as number, current - MOST_TURNS);
    for (let turn = first; turn <= current; turn++) {
      this.#words[shard + Shard.wheelTurn] = turn;
      const slot = shard + Shard.wheel + (turn % WHEEL_SLOTS);
      const record = this.#words[slot] as number;
      if (record === 0) continue;
      this.#words[slot] = this.#words[record + Field.wheelNext] as number;
      return record;
    }
    return 0;
  }
}
