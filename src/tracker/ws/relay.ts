/** A message from one peer to another, which may be on a connection of another thread: plain values. */

/** Where a peer on a WebSocket is. A thread gives each number once; the id makes sure of it after a restart. */
export interface WebPeerName {
  /** Thread that has the connection. */
  readonly thread: number;
  /** Peer of that thread. */
  readonly number: number;
  /** Peer id, a character a byte. */
  readonly id: string;
}

export interface WebRelay {
  readonly to: WebPeerName;
  /** Swarm of both. */
  readonly infoHash: string;
  /** The text as it is sent. */
  readonly message: string;
  /** What an answer to it will name; null for an answer, which has none itself. */
  readonly offer: { readonly id: string; readonly from: WebPeerName } | null;
}
