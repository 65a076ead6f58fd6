/**
 * The port of a protocol extension (BEP 10) for the peers of one torrent. Metadata exchange and the rest are written
 * against it, so that plugins have the same rights.
 */
import type { Millis } from '../../base/units.ts';
import type { ExtensionHandshake } from '../../codec/wire/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';

export interface PeerExtension {
  /** Name in the handshake's `m`, e.g. `ut_metadata`. */
  readonly name: string;
  /** Keys that it adds to our handshake. */
  handshake?(): Partial<ExtensionHandshake>;
  /** The remote's handshake came, with or without this extension. */
  onHandshake?(peer: PeerSession, handshake: ExtensionHandshake): void;
  /** A message of this extension; the view is valid only during the call. Returns words when it broke the rules. */
  onMessage(peer: PeerSession, payload: Uint8Array): string | null;
  onClosed?(peer: PeerSession): void;
  /** About once a second. */
  tick?(now: Millis): void;
}
