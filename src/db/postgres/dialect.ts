/** kysely over pg: a pool whose connections throw errors of this layer. */
import { PostgresDialect, type PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { postgresFault } from './fault.ts';

/** Does `work`; whatever it rejects with becomes an error of this layer. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw postgresFault(error);
  }
}

/** A connection on which the server once did not answer is not used again: it may still wait for the answer. */
function adapt(client: PoolClient): PostgresPoolClient {
  let hasFailed = false;
  const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(sql, [...parameters]);
    } catch (error) {
      const fault = postgresFault(error);
      hasFailed ||= fault.code === 'DB_UNREACHABLE';
      throw fault;
    }
  };
  return {
    query: query as PostgresPoolClient['query'],
    release: (isBroken = false) => client.release(isBroken || hasFailed),
  };
}

export function postgresDialect(pool: Pool): PostgresDialect {
  return new PostgresDialect({
    pool: {
      options: pool.options,
      connect: () => guarded(async () => adapt(await pool.connect())),
      end: () => pool.end(),
    },
  });
}
