/** Users and tokens of the client in its database. */
import type { AccessStore, Role, Scope, StoredToken } from '../access/index.ts';
import type { ApiToken, ClientRepository } from '../../db/index.ts';

/** Stands in the list of scopes of a token that belongs to a user. */
const OWNER = 'owner:';

export function accessStoreOf({ users, apiTokens }: ClientRepository): AccessStore {
  return {
    users: {
      list: async () =>
        (await users.list()).map(({ name, hash, role, createdAt }) => ({
          name,
          role: role as Role,
          passwordHash: hash,
          createdAt,
        })),
      put: async ({ name, role, passwordHash, createdAt }) => {
        if (!(await users.change(name, { role, hash: passwordHash })))
          await users.create({ name, role, hash: passwordHash, createdAt });
      },
      remove: async (name) => void (await users.remove(name)),
    },
    tokens: {
      list: async () => (await apiTokens.list()).filter(({ revokedAt }) => revokedAt === null).map(tokenOf),
      add: async ({ hash, name, scope, owner, createdAt, expiresAt }) =>
        void (await apiTokens.create({
          hash,
          name,
          scopes: owner === null ? [scope] : [scope, `${OWNER}${owner}`],
          createdAt,
          expiresAt,
        })),
      remove: async (hash) => void (await apiTokens.revoke(hash)),
    },
  };
}

const tokenOf = ({ hash, name, scopes, createdAt, expiresAt }: ApiToken): StoredToken => ({
  hash,
  name,
  scope: scopes[0] as Scope,
  owner: scopes.find((scope) => scope.startsWith(OWNER))?.slice(OWNER.length) ?? null,
  createdAt,
  expiresAt,
});
