/** What each error code means and what to do about it: one question over the error tables of all layers. */
import type { ErrorEntry, ErrorTable } from '../../base/errors.ts';

/** The table that has the codes with a prefix. Only the one that is asked for is loaded. */
const tables: Readonly<Record<string, () => Promise<ErrorTable>>> = {
  BENCODE: async () => (await import('../../codec/bencode/index.ts')).bencodeErrors,
  METAINFO: async () => (await import('../../codec/metainfo/index.ts')).metainfoErrors,
  MAGNET: async () => (await import('../../codec/metainfo/index.ts')).magnetErrors,
  SEALED: async () => (await import('../../codec/sealed/index.ts')).sealedErrors,
  IDENTITY: async () => (await import('../../codec/identity/index.ts')).identityErrors,
  SIGNATURE: async () => (await import('../../codec/identity/index.ts')).signatureErrors,
  WIRE: async () => (await import('../../codec/wire/index.ts')).wireErrors,
  NET: async () => (await import('../../net/index.ts')).netErrors,
  PIN: async () => (await import('../../net/tls/index.ts')).pinErrors,
  DB: async () => (await import('../../db/index.ts')).dbErrors,
  STORAGE: async () => (await import('../../storage/index.ts')).storageErrors,
  TRACKER: async () => (await import('../../discovery/tracker-client/index.ts')).trackerErrors,
  ENGINE: async () => (await import('../../engine/index.ts')).engineErrors,
  CONFIG: async () => (await import('../config/index.ts')).configErrors,
  API: async () => (await import('../http-api/index.ts')).apiErrors,
  ACCESS: async () => (await import('../access/index.ts')).accessErrors,
  SOCKET: async () => (await import('../client-api/index.ts')).socketErrors,
  CLIENT: async () => (await import('../client/index.ts')).clientErrors,
  DAEMON: async () => (await import('../daemon/index.ts')).daemonErrors,
  WEB: async () => (await import('../web-fetch/index.ts')).webFetchErrors,
  KEY: async () => (await import('../keys/index.ts')).keyErrors,
  FILE: async () => (await import('../sealed-files/index.ts')).fileErrors,
  CERTIFICATE: async () => (await import('../certificates/index.ts')).certificateErrors,
  SOURCE: async () => (await import('../errors.ts')).sourceErrors,
  FOLDER: async () => (await import('../tracker-server/index.ts')).trackerServerErrors,
  SWARMS: async () => (await import('../tracker-server/index.ts')).trackerServerErrors,
  UDP: async () => (await import('../tracker-server/index.ts')).trackerServerErrors,
  TLS: async () => (await import('../served-certificate/index.ts')).certificateErrors,
  CREATE: async () => (await import('../torrent-creation/index.ts')).creationErrors,
  DATA: async () => (await import('../torrent-file/index.ts')).torrentFileErrors,
  VERIFY: async () => (await import('../torrent-file/index.ts')).torrentFileErrors,
};

/** What is known of a code; null for one that no layer has. */
export async function errorEntry(code: string): Promise<ErrorEntry | null> {
  const table = await tables[code.slice(0, code.indexOf('_'))]?.();
  return table?.[code] ?? null;
}

/** One sentence: what happened and what to do next. Null for a code that no layer has. */
export const errorHelp = async (code: string): Promise<string | null> => (await errorEntry(code))?.help ?? null;
