/** What the operator and the database say of accounts and passkeys, put where all threads see it. */
import { systemRandom } from '../../base/random.ts';
import { type Tick, wordsOf } from '../swarm-store.ts';
import { accountName, MOST_SESSIONS } from './account-table.ts';
import { Flag, setHiddenKey } from './swarm-record.ts';
import { SwarmShards } from './swarm-shards.ts';
import { Control, type TableMemory } from './table-memory.ts';

export interface AccountFacts {
  /** Whether it may announce. */
  readonly isEnabled: boolean;
  /** Most peers at a time; null: as many as it likes. */
  readonly maxPeers: number | null;
}

/** Ticks after which a record that says nothing any more is looked at. */
const SOON: Tick = 16;

export class AccountRegistry {
  readonly #shards: SwarmShards;
  readonly #key = new Int32Array(5);

  constructor(memory: TableMemory) {
    this.#shards = new SwarmShards(memory, systemRandom);
  }

  /** Sets the facts of an account, null: there is none of that number. False when the table has no room for it. */
  setAccount(id: number, facts: AccountFacts | null, now: Tick): boolean {
    return this.#at(accountName(id), now, (record) => {
      const isDenied = facts !== null && !facts.isEnabled;
      const set = (facts === null ? 0 : Flag.registered) | (isDenied ? Flag.denied : 0);
      this.#shards.setFlags(record, set, Flag.registered | Flag.denied);
      this.#shards.words[record + MOST_SESSIONS] = facts === null ? 0 : Math.min(facts.maxPeers ?? -1, 0x7fffffff);
    });
  }

  /** Makes a passkey (SHA-256 of it) valid for an account, or with null for none. False when there is no room. */
  setPasskey(hash: Uint8Array, accountId: number | null, now: Tick): boolean {
    return this.#at(wordsOf(hash), now, (record) => {
      const target = new Int32Array(5);
      if (accountId !== null) this.#hide(target, accountName(accountId));
      this.#shards.setTarget(record, accountId === null ? null : target);
    });
  }

  #hide(key: Int32Array, name: Int32Array): void {
    setHiddenKey(key, name, this.#shards.words, Control.memberSecret);
  }

  #at(name: Int32Array, now: Tick, change: (record: number) => void): boolean {
    const shards = this.#shards;
    this.#hide(this.#key, name);
    const hash = shards.hashOf(this.#key);
    shards.enter(hash);
    try {
      const known = shards.find(hash, this.#key);
      const record = known || shards.create(hash, this.#key, now, SOON);
      if (record === 0) return false;
      if (known === 0) {
        shards.setFlags(record, Flag.member, 0);
        Atomics.add(shards.words, Control.members, 1);
      }
      change(record);
      return true;
    } finally {
      shards.leave();
    }
  }
}
