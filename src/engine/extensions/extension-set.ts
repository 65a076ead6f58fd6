/** The extensions of one torrent and the numbers under which peers send us their messages. */
import type { Millis } from '../../base/units.ts';
import { encodeExtended, type ExtensionHandshake } from '../../codec/wire/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import type { PeerExtension } from './extension.ts';

export class ExtensionSet {
  readonly #extensions: readonly PeerExtension[];

  /** Numbers are given in order, from 1. */
  constructor(extensions: readonly PeerExtension[]) {
    this.#extensions = extensions;
  }

  /** Our handshake: `base` and what each extension adds. */
  handshake(base: Partial<ExtensionHandshake>): Partial<ExtensionHandshake> {
    const ids = new Map(this.#extensions.map(({ name }, i) => [name, i + 1]));
    return Object.assign({ ids }, base, ...this.#extensions.map((extension) => extension.handshake?.() ?? {}));
  }

  handshakeReceived(peer: PeerSession, handshake: ExtensionHandshake): void {
    for (const extension of this.#extensions) extension.onHandshake?.(peer, handshake);
  }

  /** Words when the message broke a rule; an unknown number is ignored. */
  received(peer: PeerSession, id: number, payload: Uint8Array): string | null {
    return this.#extensions[id - 1]?.onMessage(peer, payload) ?? null;
  }

  closed(peer: PeerSession): void {
    for (const extension of this.#extensions) extension.onClosed?.(peer);
  }

  tick(now: Millis): void {
    for (const extension of this.#extensions) extension.tick?.(now);
  }
}

/** Sends a message of the extension `name`; false when the remote does not know it. */
export function sendExtended(peer: PeerSession, name: string, ...payload: readonly Uint8Array[]): boolean {
  const id = peer.extensions?.ids.get(name);
  if (id === undefined || id === 0) return false;
  peer.send(encodeExtended(id, ...payload));
  return true;
}
