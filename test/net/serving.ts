/** The torrents of a listener, for tests: open ones with these info hashes. */
import type { ServedSwarms } from '../../src/net/transport.ts';

export const serving = (...infoHashes: readonly Uint8Array[]): ServedSwarms => ({
  revision: 1,
  infoHashes: () => infoHashes,
  secretOf: () => null,
});
