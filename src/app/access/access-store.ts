/**
 * What outlives the program of who may use the client. All of it is read once, at the start, and held in memory: there
 * are few users and tokens, one process changes them, and who asks is checked without waiting for a database. What is
 * awaited has been stored when the promise resolves. Methods reject with DB_*.
 */
import type { UnixSeconds } from '../../base/units.ts';

/** What somebody may do: look, work with torrents, or everything. Each may do what those before it may. */
export const scopes = ['read', 'control', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** What a user is; what it may do: `scopeOf`. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface StoredUser {
  /** As it was written when the user was made; another user may not have it in other letter case (`foldedName`). */
  readonly name: string;
  readonly role: Role;
  /** Argon2id in the PHC string format: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
  readonly passwordHash: string;
  readonly createdAt: UnixSeconds;
}

export interface StoredToken {
  /** SHA-256 of the token, 32 bytes: unique. */
  readonly hash: Uint8Array;
  /** For people, and for the log. */
  readonly name: string;
  readonly scope: Scope;
  /** Name of the user who made it, without whom it is worth nothing; null: it was made at the socket. */
  readonly owner: string | null;
  readonly createdAt: UnixSeconds;
  /** From when on it is worth nothing; null: never. */
  readonly expiresAt: UnixSeconds | null;
}

export interface AccessStore {
  readonly users: {
    list(): Promise<readonly StoredUser[]>;
    /** Stores a new user, or what has changed of the one with this name. */
    put(user: StoredUser): Promise<void>;
    remove(name: string): Promise<void>;
  };
  readonly tokens: {
    list(): Promise<readonly StoredToken[]>;
    add(token: StoredToken): Promise<void>;
    remove(hash: Uint8Array): Promise<void>;
  };
}

/** Names that are the same for people are the same name. */
export const foldedName = (name: string): string => name.normalize('NFKC').toLowerCase();
