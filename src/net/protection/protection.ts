/** What can stand between a connection and those who watch or tamper with it: a handshake, then a connection as before. */
import type { ByteCount, Micros } from '../../base/units.ts';
import type { Connection, DialOptions, ServedSwarms } from '../transport.ts';

/**
 * `plaintext`: we dial without protection, and take whoever comes; `prefer`: protected first, plaintext where the
 * remote does not know better; `required`: protected or not at all.
 */
export type EncryptionPolicy = 'plaintext' | 'prefer' | 'required';

export interface Protection {
  readonly name: string;
  /**
   * The other side proves to know the secret of its swarm (`provenSwarm`), where that has one. Such a protection is for
   * sealed torrents that want it, and for remotes that are known to take it; others are for whomever the policy says.
   */
  readonly provesSwarm?: boolean;
  /** Time of the main thread that a handshake which comes in takes, also when a stranger began it: that at least is charged. */
  readonly handshakeCost: Micros;
  /**
   * Of a connection that begins with these bytes (1 … 20) and is under this protection: how many bytes its opening has,
   * with the first message of the other side, without which nothing costly is done. 0: it is something else; null: too
   * few to tell.
   */
  openingLength(first: Uint8Array, swarms: ServedSwarms): ByteCount | null;
  /**
   * Goes through the handshake with a connection that came in and whose opening is there, as one that has not been
   * opened, and makes of it a connection of plain bytes. Rejects with NET_PROTECTION_FAILED; the caller closes the
   * connection then, and does so earlier when it takes too long. `first`: the bytes by which it was recognised; the
   * connection delivers them again. What the other side can make costlier than `handshakeCost` is done while bytes are
   * delivered: that time is measured.
   */
  accept(connection: Connection, swarms: ServedSwarms, first: Uint8Array): Promise<Connection>;
  /** The same for a connection that we have dialled; it sends the `greeting`. */
  dial(connection: Connection, options: Pick<DialOptions, 'infoHash' | 'secret' | 'greeting'>): Promise<Connection>;
}
