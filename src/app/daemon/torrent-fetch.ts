/** Fetches torrent files from web addresses that callers of the APIs name. */
import { isHostWithin } from '../../base/address-prefix.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { ClientConfig } from '../config/index.ts';
import type { Egress } from '../../net/egress/index.ts';
import { webFetch } from '../web-fetch/index.ts';

/** Largest torrent file, bytes. */
const LARGEST: ByteCount = 32 * 1024 * 1024;
const PATIENCE: Millis = 30_000;

/** Rejects WEB_*, NET_INTERFACE_*. */
export async function fetchTorrent(
  url: string,
  cookies: string | undefined,
  config: ClientConfig,
  egress: Egress,
): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(PATIENCE);
  const { body } = await webFetch(
    { url, largest: LARGEST, signal, ...(cookies !== undefined && { headers: { cookie: cookies } }) },
    { egress, mayContact: (host) => isHostWithin(host, config.api.privateRanges) },
  );
  return body;
}
