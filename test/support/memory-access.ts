/** Test support: who may use a client, in memory and with a password hash that costs nothing. */
import { concat } from '../../src/base/bytes.ts';
import { systemRandom } from '../../src/base/random.ts';
import { Access, type AccessStore, type StoredToken, type StoredUser } from '../../src/app/access/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import type { Primitives } from '../../src/crypto/primitives.ts';
import { ManualClock } from './manual-clock.ts';

export class MemoryAccessStore implements AccessStore {
  readonly userList: StoredUser[] = [];
  readonly tokenList: StoredToken[] = [];

  readonly users: AccessStore['users'] = {
    list: async () => [...this.userList],
    put: async (user) => {
      const index = this.userList.findIndex(({ name }) => name === user.name);
      if (index < 0) this.userList.push(user);
      else this.userList[index] = user;
    },
    remove: async (name) => {
      this.userList.splice(
        this.userList.findIndex((user) => user.name === name),
        1,
      );
    },
  };

  readonly tokens: AccessStore['tokens'] = {
    list: async () => [...this.tokenList],
    add: async (token) => void this.tokenList.push(token),
    remove: async (hash) => {
      this.tokenList.splice(
        this.tokenList.findIndex((token) => Buffer.from(token.hash).equals(hash)),
        1,
      );
    },
  };
}

/** How often a password was hashed. */
export const hashing = { count: 0 };

export const fastPrimitives: Primitives = {
  ...nodePrimitives,
  argon2id: async (password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> => {
    hashing.count++;
    return nodePrimitives.hash('sha256', concat([salt, password]));
  },
};

export const PASSWORD = 'correct horse battery';

/** An access with the users `ada` (admin), `oscar` (operator) and `vera` (viewer), whose password is PASSWORD. */
export async function memoryAccess(clock: ManualClock = new ManualClock()): Promise<{
  readonly access: Access;
  readonly store: MemoryAccessStore;
  readonly clock: ManualClock;
}> {
  const store = new MemoryAccessStore();
  const { access } = await Access.open({ store, clock, random: systemRandom, primitives: fastPrimitives });
  for (const [name, role] of [
    ['ada', 'admin'],
    ['oscar', 'operator'],
    ['vera', 'viewer'],
  ] as const) {
    await access.addUser({ name, role, password: PASSWORD });
  }
  return { access, store, clock };
}
