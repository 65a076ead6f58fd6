/** Who may log in to a client. Passwords are kept as argon2id hashes only. */
import type { Selectable } from 'kysely';
import { codeOf } from '../../base/errors.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { Connection } from '../connection.ts';
import { dbError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { fold, storable } from '../text-search.ts';

export interface User {
  /** Not empty; no two users have the same, in whatever case. */
  readonly name: string;
  /** PHC string of argon2id. */
  readonly hash: string;
  readonly role: string;
  readonly createdAt: UnixSeconds;
}

export interface UserChange {
  readonly hash?: string;
  readonly role?: string;
}

const toUser = ({ name, hash, role, created_at: createdAt }: Selectable<Schema['client_users']>): User => ({
  name,
  hash,
  role,
  createdAt,
});

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class ClientUsers {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** In the order of names. */
  async list(): Promise<User[]> {
    const query = this.#connection.kysely.selectFrom('client_users').selectAll();
    return (await query.orderBy('name_folded').execute()).map(toUser);
  }

  /** By its name in any case. */
  async find(name: string): Promise<User | null> {
    const query = this.#connection.kysely.selectFrom('client_users').selectAll();
    const row = await query.where('name_folded', '=', fold(storable(name))).executeTakeFirst();
    return row === undefined ? null : toUser(row);
  }

  /** Rejects with DB_DUPLICATE when there is one of that name, DB_CONSTRAINT when the name is empty. */
  async create({ name, hash, role, createdAt }: User): Promise<void> {
    const row = { name: storable(name), name_folded: fold(name), hash, role, created_at: createdAt };
    try {
      await this.#connection.kysely.insertInto('client_users').values(row).execute();
    } catch (error) {
      if (codeOf(error) !== 'DB_DUPLICATE') throw error;
      throw dbError('DB_DUPLICATE', `there is a user with the name ${JSON.stringify(name)} already`);
    }
  }

  /** Resolves with whether there is such a user. */
  async change(name: string, change: UserChange): Promise<boolean> {
    if (change.hash === undefined && change.role === undefined) return (await this.find(name)) !== null;
    const query = this.#connection.kysely.updateTable('client_users').set(change);
    const { numUpdatedRows } = await query.where('name_folded', '=', fold(storable(name))).executeTakeFirst();
    return numUpdatedRows > 0;
  }

  /** Resolves with whether there was one. */
  async remove(name: string): Promise<boolean> {
    const query = this.#connection.kysely.deleteFrom('client_users').where('name_folded', '=', fold(storable(name)));
    return (await query.executeTakeFirst()).numDeletedRows > 0;
  }
}
