import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { openDatabase } from '../../db/index.ts';
import { accessStoreOf } from './access-store-of.ts';

test('users and tokens are read as they were stored, although the clock has gone on', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'dst-access-'));
  const clock = new ManualClock();
  const database = await openDatabase(join(folder.path, 'client.db'), { clock });
  const store = accessStoreOf(database.client);
  const createdAt = clock.wall();
  clock.advance(1000);
  const user = { name: 'ada', role: 'admin', passwordHash: 'x', createdAt } as const;
  const own = {
    hash: new Uint8Array(32),
    name: 'player',
    scope: 'read',
    owner: 'ada',
    createdAt,
    expiresAt: null,
  } as const;
  const ofSocket = {
    ...own,
    hash: new Uint8Array(32).fill(1),
    name: 'other',
    owner: null,
    expiresAt: createdAt + 9000,
  };
  await store.users.put(user);
  await store.users.put({ ...user, passwordHash: 'y' });
  for (const token of [own, ofSocket]) await store.tokens.add(token);
  assert.deepEqual(await store.users.list(), [{ ...user, passwordHash: 'y' }]);
  assert.deepEqual(await store.tokens.list(), [own, ofSocket]);
  await database.close();
});
