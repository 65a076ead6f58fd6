/**
 * The least time in which a file can reach a swarm when bytes flow like water: no protocol can be quicker. The seed
 * must send every byte once, the slowest peer must receive every byte, and all uploads together must carry the file to
 * every peer (Kumar and Ross 2006).
 */
import type { ByteCount, BytesPerSecond, Millis } from '../../src/base/units.ts';

export interface FluidSwarm {
  readonly size: ByteCount;
  /** Upload rate of the seed. */
  readonly seedUp: BytesPerSecond;
  readonly peers: ReadonlyArray<{ readonly up: BytesPerSecond; readonly down: BytesPerSecond }>;
}

/** max(F/u_seed, F/min d, N·F/(u_seed+Σu)), in milliseconds. */
export function fluidBound({ size, seedUp, peers }: FluidSwarm): Millis {
  const slowestDown = Math.min(...peers.map((peer) => peer.down));
  const allUp = peers.reduce((sum, peer) => sum + peer.up, seedUp);
  return 1000 * Math.max(size / seedUp, size / slowestDown, (peers.length * size) / allUp);
}
