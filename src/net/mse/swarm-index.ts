/** Finds the torrent that a stranger means by the hash of its info hash: one look-up, one hash a torrent once. */
import { toBinary } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { ServedSwarms } from '../transport.ts';
import { swarmName } from './handshake.ts';

export class SwarmIndex {
  readonly #swarms: ServedSwarms;
  readonly #digests: Digests;
  #revision = Number.NaN;
  /** HASH('req2', info hash) → info hash, and info hash → HASH('req2', info hash), all but the values as keys of text. */
  #infoHashes = new Map<string, Uint8Array>();
  #names = new Map<string, string>();

  constructor(swarms: ServedSwarms, digests: Digests) {
    this.#swarms = swarms;
    this.#digests = digests;
  }

  /** The info hash of which this is the name; null when there is none. */
  find(name: Uint8Array): Uint8Array | null {
    if (this.#revision !== this.#swarms.revision) this.#refresh();
    return this.#infoHashes.get(toBinary(name)) ?? null;
  }

  #refresh(): void {
    const known = this.#names;
    this.#names = new Map();
    this.#infoHashes = new Map();
    for (const infoHash of this.#swarms.infoHashes()) {
      const key = toBinary(infoHash);
      const name = known.get(key) ?? toBinary(swarmName(this.#digests, infoHash));
      this.#names.set(key, name);
      this.#infoHashes.set(name, infoHash);
    }
    this.#revision = this.#swarms.revision;
  }
}
