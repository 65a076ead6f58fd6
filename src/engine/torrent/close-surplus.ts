/** Which peers must go when fewer connections are allowed than there are. */
import type { BytesPerSecond } from '../../base/units.ts';

/** What is asked of a peer (`PeerSession`). */
export interface Dispensable {
  /** Grows from peer to peer. */
  readonly id: number;
  readonly downloads: { readonly meter: { readonly rate: BytesPerSecond } };
  readonly uploads: { readonly meter: { readonly rate: BytesPerSecond } };
  close(reason: string): void;
}

/** Closes all but `most` peers: those with which least moves, of equals the newest. */
export function closeSurplus(peers: readonly Dispensable[], most: number): void {
  if (peers.length <= most) return;
  const rate = ({ downloads, uploads }: Dispensable): BytesPerSecond => downloads.meter.rate + uploads.meter.rate;
  const ranked = peers.toSorted((a, b) => rate(b) - rate(a) || a.id - b.id);
  for (const peer of ranked.slice(Math.max(0, most))) peer.close('too many connections');
}
