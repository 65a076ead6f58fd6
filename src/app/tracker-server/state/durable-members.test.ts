import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dbErrors, type TrackerRepository } from '../../../db/index.ts';
import { AccountRegistry } from '../../../tracker/index.ts';
import { newMemory } from '../../../tracker/fakes.test.ts';
import { DurableMembers } from './durable-members.ts';
import { Knowing } from './fakes.test.ts';

type Traffic = Parameters<TrackerRepository['accounts']['addTraffic']>[0];

/** Members over accounts that store traffic only when they are let. */
function lateMembers(): { members: DurableMembers; stored: Traffic[]; answer: (problem?: string) => Promise<void> } {
  const stored: Traffic[] = [];
  const waiting: PromiseWithResolvers<void>[] = [];
  const addTraffic = async (traffic: Traffic): Promise<void> => {
    const answer = Promise.withResolvers<void>();
    waiting.push(answer);
    await answer.promise;
    stored.push(traffic);
  };
  const repository = { accounts: { addTraffic }, passkeys: {} } as unknown as TrackerRepository;
  const members = new DurableMembers(repository, new AccountRegistry(newMemory()), () => 0);
  const answer = async (problem?: string): Promise<void> => {
    const first = waiting.shift();
    assert.ok(first !== undefined);
    if (problem === undefined) first.resolve();
    else first.reject(new Error(problem));
    await new Promise(setImmediate);
  };
  return { members, stored, answer };
}

describe('traffic of members', () => {
  test('sums up to the largest safe integer and no further', async () => {
    const { members, stored, answer } = lateMembers();
    for (let i = 0; i < 1300; i++) {
      members.addTraffic([{ accountId: 1, uploaded: Number.MAX_SAFE_INTEGER - i, downloaded: 1 }]);
    }
    members.addTraffic([{ accountId: 2, uploaded: 2 ** 64, downloaded: 0 }]);
    const flushed = members.flush();
    await new Promise(setImmediate);
    await answer();
    await flushed;
    assert.deepEqual(stored, [
      [
        { accountId: 1, uploaded: Number.MAX_SAFE_INTEGER, downloaded: 1300 },
        { accountId: 2, uploaded: Number.MAX_SAFE_INTEGER, downloaded: 0 },
      ],
    ]);
  });

  test('that comes while other traffic is stored is stored next, and none twice', async () => {
    const { members, stored, answer } = lateMembers();
    members.addTraffic([{ accountId: 1, uploaded: 5, downloaded: 1 }]);
    const flushes = [members.flush(), members.flush()];
    await new Promise(setImmediate);
    members.addTraffic([{ accountId: 1, uploaded: 7, downloaded: 0 }]);
    assert.equal(members.unstored, 1);
    await answer();
    await answer();
    await Promise.all(flushes);
    assert.deepEqual(stored, [
      [{ accountId: 1, uploaded: 5, downloaded: 1 }],
      [{ accountId: 1, uploaded: 7, downloaded: 0 }],
    ]);
    assert.equal(members.unstored, 0);
  });

  test('that cannot be stored is kept with what comes after it', async () => {
    const { members, stored, answer } = lateMembers();
    members.addTraffic([{ accountId: 1, uploaded: 5, downloaded: 1 }]);
    const failed = members.flush();
    await new Promise(setImmediate);
    members.addTraffic([{ accountId: 1, uploaded: 7, downloaded: 0 }]);
    await answer(dbErrors.DB_BUSY.help);
    await failed;
    assert.equal(members.problem, dbErrors.DB_BUSY.help);
    const flushed = members.flush();
    await new Promise(setImmediate);
    await answer();
    await flushed;
    assert.deepEqual(stored, [[{ accountId: 1, uploaded: 12, downloaded: 1 }]]);
    assert.equal(members.problem, null);
  });
});

describe('followed members', () => {
  test('come, change and go without those being read that stay as they were', async () => {
    await using stage = await Knowing.create();
    const { accounts, passkeys } = stage.repository;
    const old = await stage.addMember('old', 'old key');
    await stage.follower.start();
    accounts.load = passkeys.load = () => assert.fail('everything is read');
    assert.equal(stage.member('old key'), 'served');

    const id = await stage.addMember('new', 'new key');
    assert.equal(stage.member('new key'), 'stranger');
    await stage.follower.refresh();
    assert.equal(stage.member('new key'), 'served');
    await accounts.change(old, { isEnabled: false });
    await stage.follower.refresh();
    assert.deepEqual([stage.member('old key'), stage.member('new key')], ['suspended', 'served']);
    await accounts.remove(id);
    await stage.follower.refresh();
    assert.equal(stage.member('new key'), 'stranger');
    assert.equal(stage.accounts.isKnown(new Int32Array(5)), false);
  });

  test('lose a revoked passkey and keep the others', async () => {
    await using stage = await Knowing.create();
    await stage.follower.start();
    const accountId = await stage.addMember('a', 'first');
    const { hash } = await stage.repository.passkeys.create({ hash: new Uint8Array(32), accountId, label: '' });
    await stage.follower.refresh();
    await stage.repository.passkeys.revoke(hash);
    await stage.follower.refresh();
    assert.equal(stage.accounts.isKnown(new Int32Array(5)), false);
    assert.equal(stage.member('first'), 'served');
  });

  test('that go with their account leave no passkey in the memory', async () => {
    await using stage = await Knowing.create();
    await stage.follower.start();
    const id = await stage.addMember('a', 'key');
    await stage.follower.refresh();
    const words = new Int32Array(
      new Uint8Array(await crypto.subtle.digest('SHA-256', Buffer.from('key'))).buffer,
      0,
      5,
    );
    assert.equal(stage.accounts.isKnown(words), true);
    await stage.repository.accounts.remove(id);
    await stage.follower.refresh();
    assert.equal(stage.accounts.isKnown(words), false);
  });

  test('are suspended when their time is over and served again when it is not', async () => {
    await using stage = await Knowing.create();
    const id = await stage.addMember('a', 'key', stage.clock.wall() + 60);
    await stage.addMember('b', 'other key', stage.clock.wall() + 90);
    await stage.follower.start();
    stage.clock.shift = 60;
    await stage.follower.refresh();
    assert.deepEqual([stage.member('key'), stage.member('other key')], ['suspended', 'served']);
    await stage.repository.accounts.change(id, { expiresAt: null });
    await stage.follower.refresh();
    assert.equal(stage.member('key'), 'served');
    stage.clock.shift = 90;
    await stage.follower.refresh();
    assert.deepEqual([stage.member('key'), stage.member('other key')], ['served', 'suspended']);
  });
});
