/** What tables of secrets, which keep only hashes of them, have in common: revoking one and forgetting one. */
import type { UnixSeconds } from '../../base/units.ts';
import type { Connection } from '../connection.ts';

type SecretTable = 'api_tokens' | 'passkeys';

/** Resolves with whether there was one that was not revoked yet. */
export async function revokeHash(
  { kysely }: Connection,
  table: SecretTable,
  hash: Uint8Array,
  now: UnixSeconds,
): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable(table)
    .set({ revoked_at: now })
    .where('hash', '=', hash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Resolves with whether there was one. */
export async function removeHash({ kysely }: Connection, table: SecretTable, hash: Uint8Array): Promise<boolean> {
  const { numDeletedRows } = await kysely.deleteFrom(table).where('hash', '=', hash).executeTakeFirst();
  return numDeletedRows > 0n;
}
