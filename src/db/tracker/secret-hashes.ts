/** What tables of secrets, which keep only hashes of them, have in common: revoking one and forgetting one. */
import type { Compilable } from 'kysely';
import type { UnixSeconds } from '../../base/units.ts';
import type { Connection } from '../connection.ts';
import type { RevisionArea } from '../schema.ts';

type SecretTable = 'api_tokens' | 'passkeys';

/** Whose revision a change counts up; no tracker keeps a copy of the tokens. */
const areas: Readonly<Record<SecretTable, RevisionArea | null>> = { api_tokens: null, passkeys: 'members' };

/** Resolves with whether there was one that was not revoked yet. */
export function revokeHash(
  connection: Connection,
  table: SecretTable,
  hash: Uint8Array,
  now: UnixSeconds,
): Promise<boolean> {
  const query = connection.kysely.updateTable(table).set({ revoked_at: now }).where('hash', '=', hash);
  return hasWritten(connection, table, query.where('revoked_at', 'is', null).returning('hash'));
}

/** Resolves with whether there was one. */
export function removeHash(connection: Connection, table: SecretTable, hash: Uint8Array): Promise<boolean> {
  return hasWritten(connection, table, connection.kysely.deleteFrom(table).where('hash', '=', hash).returning('hash'));
}

async function hasWritten(connection: Connection, table: SecretTable, query: Compilable): Promise<boolean> {
  const area = areas[table];
  const rows = area === null ? (await connection.kysely.executeQuery(query)).rows : await connection.write(query, area);
  return rows.length > 0;
}
