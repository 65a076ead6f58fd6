/** Part of the compliance suite: how a tracker notices and reads what other processes have changed. */
import assert from 'node:assert/strict';
import type { TrackerRepository } from '../../src/db/tracker/tracker-repository.ts';
import { alice, all, type Case, fills, hash, key, random } from './stage.ts';

/** The areas whose revision `work` counts up, and by how much. */
async function counted(tracker: TrackerRepository, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await tracker.revisions();
  await work();
  const steps = Object.entries(await tracker.revisions()).map(
    ([area, number]) => [area, number - before[area as keyof typeof before]] as const,
  );
  return Object.fromEntries(steps.filter(([, step]) => step !== 0));
}

export const following: Record<string, Case> = {
  'pruning deletes what was removed before a time, and numbers that did not change since another': async (stage) => {
    const { torrents: repository } = stage.tracker;
    await repository.change([
      { infoHash: hash(1), isRegistered: true },
      { infoHash: hash(2), isRegistered: true },
      { infoHash: hash(3), name: 'Three' },
      { infoHash: hash(4), isRegistered: true },
      { infoHash: hash(5), isDenied: true },
      { infoHash: hash(6), aliasOf: hash(5) },
    ]);
    await repository.addCompleted([3, 7, 8, 9].map((fill) => ({ infoHash: hash(fill), count: 1 })));
    await repository.remove([hash(1)]);
    stage.time = 2_000;
    await repository.remove([hash(2)]);
    await repository.addCompleted([{ infoHash: hash(8), count: 1 }]);
    await repository.change([{ infoHash: hash(9), name: 'Nine' }]);
    assert.equal(await repository.prune({ removedBefore: 1_000, countedBefore: 1_000 }), 0);
    assert.equal(await repository.prune({ removedBefore: 2_000, countedBefore: 1_000 }), 1);
    assert.deepEqual(fills(await all(repository.changedSince(0))), [3, 4, 5, 6, 7, 2, 8, 9]);
    assert.equal(await repository.prune({ removedBefore: 1_000, countedBefore: 2_000 }), 1);
    assert.deepEqual(fills(await all(repository.changedSince(0))), [3, 4, 5, 6, 2, 8, 9]);
  },
  'pruning takes a little at a time, the oldest first, until nothing is left to prune': async (stage) => {
    const { torrents: repository } = stage.tracker;
    await repository.addCompleted(Array.from({ length: 2_500 }, () => ({ infoHash: random(20), count: 1 })));
    stage.time = 1_001;
    await repository.addCompleted([{ infoHash: hash(1), count: 1 }]);
    const times = { removedBefore: 2_000, countedBefore: 2_000 };
    assert.equal(await repository.prune(times), 2_000);
    assert.ok((await repository.find(hash(1))) !== null);
    assert.equal(await repository.prune(times), 501);
    assert.equal(await repository.prune(times), 0);
  },
  'who follows is given what was changed, completed or removed since': async (stage) => {
    const { torrents: repository } = stage.tracker;
    await repository.change([1, 2, 3, 4].map((fill) => ({ infoHash: hash(fill), isRegistered: true })));
    stage.time = 2_000;
    await repository.change([
      { infoHash: hash(3), isDenied: true },
      { infoHash: hash(5), aliasOf: hash(4) },
    ]);
    await repository.addCompleted([{ infoHash: hash(1), count: 2 }]);
    stage.time = 3_000;
    await repository.remove([hash(4)]);
    const since = async (at: number): Promise<unknown[]> =>
      (await all(repository.changedSince(at))).map((torrent) => [
        torrent.infoHash[0],
        torrent.isRegistered,
        torrent.isDenied,
        torrent.aliasOf,
        torrent.completed,
      ]);
    const removed = [4, 5].map((fill) => [fill, false, false, null, 0]);
    assert.deepEqual(await since(2_000), [[1, true, false, null, 2], [3, true, true, null, 0], ...removed]);
    assert.deepEqual(await since(3_000), removed);
    assert.deepEqual(await since(3_001), []);
  },
  'who knows a revision is given the torrents that were changed or removed after it, whatever the clocks say': async (
    stage,
  ) => {
    const { tracker } = stage;
    const after = async (seen: number): Promise<unknown[]> =>
      (await all(tracker.torrents.changedAfter(seen))).map((torrent) => [
        torrent.infoHash[0],
        torrent.isRegistered,
        torrent.completed,
      ]);
    await tracker.torrents.addCompleted([{ infoHash: hash(2), count: 5 }]);
    await tracker.torrents.change([1, 2].map((fill) => ({ infoHash: hash(fill), isRegistered: true })));
    const { torrents: first } = await tracker.revisions();
    stage.time = 10;
    await tracker.torrents.change([3, 4].map((fill) => ({ infoHash: hash(fill), isRegistered: true })));
    await tracker.torrents.remove([hash(1)]);
    await tracker.torrents.addCompleted([{ infoHash: hash(6), count: 1 }]);
    assert.deepEqual(await after(first), [
      [3, true, 0],
      [4, true, 0],
      [1, false, 0],
    ]);
    assert.deepEqual(fills(await all(tracker.torrents.changedAfter(0))), [2, 3, 4, 1]);
    assert.deepEqual(await after((await tracker.revisions()).torrents), []);
  },
  'torrents of one change come once, across the pages': async ({ tracker }) => {
    const changes = Array.from({ length: 10_001 }, () => ({ infoHash: random(20), isRegistered: true }));
    await tracker.torrents.change(changes);
    const found = await all(tracker.torrents.changedAfter(0));
    const hex = (infoHash: Uint8Array): string => Buffer.from(infoHash).toString('hex');
    assert.deepEqual(
      found.map((t) => hex(t.infoHash)),
      changes.map((c) => hex(c.infoHash)).sort(),
    );
  },
  'who knows a revision is given the members that were changed after it, and no others': async (stage) => {
    const { accounts, passkeys } = stage.tracker;
    const ids: number[] = [];
    for (const name of ['a', 'b', 'c', 'd']) ids.push((await accounts.create({ ...alice, name })).id);
    const [a, b, c] = ids as [number, number, number];
    await passkeys.create({ hash: key(1), accountId: a, label: '' });
    await passkeys.create({ hash: key(2), accountId: b, label: '' });
    const { members: seen } = await stage.tracker.revisions();
    stage.time = 10;
    await passkeys.create({ hash: key(3), accountId: c, label: '' });
    await passkeys.revoke(key(1));
    await accounts.change(c, { isEnabled: false });
    await accounts.remove(b);
    const e = (await accounts.create({ ...alice, name: 'e' })).id;
    await accounts.addTraffic([{ accountId: a, uploaded: 1, downloaded: 1 }]);
    const changed = (await all(accounts.changedAfter(seen))).map(({ id, isEnabled }) => [id, isEnabled]);
    assert.deepEqual(changed, [
      [c, false],
      [e, true],
    ]);
    const keys = (await all(passkeys.changedAfter(seen))).map(({ hash: bytes, revokedAt }) => [bytes[0], revokedAt]);
    assert.deepEqual(keys, [
      [3, null],
      [1, 10],
    ]);
    const removed = await all(accounts.removedAfter(seen));
    assert.deepEqual(
      removed.map(({ id }) => id),
      [b],
    );
    const { members: now } = await stage.tracker.revisions();
    for (const pages of [accounts.changedAfter(now), accounts.removedAfter(now)]) {
      for await (const page of pages) assert.fail(`${page.length} rows`);
    }
    assert.deepEqual(await all(passkeys.changedAfter(now)), []);
  },
  'who follows misses no change, however many are made at the same time': async ({ tracker }) => {
    const hashes = Array.from({ length: 60 }, (_, i) => hash(i + 1));
    const found = new Set<number>();
    let isOver = false;
    const follow = async (): Promise<void> => {
      let seen = 0;
      for (let isLast = false; !isLast; ) {
        isLast = isOver;
        const { torrents: now } = await tracker.revisions();
        for (const { infoHash } of await all(tracker.torrents.changedAfter(seen))) found.add(infoHash[0] as number);
        seen = now;
      }
    };
    const followed = follow();
    await Promise.all(hashes.map((infoHash) => tracker.torrents.change([{ infoHash, isRegistered: true }])));
    isOver = true;
    await followed;
    assert.equal(found.size, hashes.length);
  },
  'a removed account is told until it is pruned': async (stage) => {
    const { accounts } = stage.tracker;
    const { id } = await accounts.create(alice);
    await accounts.remove(id);
    assert.equal(await accounts.prune(1_000), 0);
    assert.equal((await all(accounts.removedAfter(0))).length, 1);
    assert.equal(await accounts.prune(1_001), 1);
    assert.deepEqual(await all(accounts.removedAfter(0)), []);
  },
  'what was changed since comes once, the oldest first, across the pages': async (stage) => {
    const written: string[] = [];
    for (const [time, count] of [
      [1_000, 1],
      [2_000, 15_000],
      [3_000, 10_001],
    ] as const) {
      stage.time = time;
      const counts = Array.from({ length: count }, () => ({ infoHash: random(20), count: time }));
      await stage.tracker.torrents.addCompleted(counts);
      if (time > 1_000) written.push(...counts.map((c) => `${time} ${Buffer.from(c.infoHash).toString('hex')}`));
    }
    const pages: number[] = [];
    const found: string[] = [];
    for await (const page of stage.tracker.torrents.changedSince(2_000)) {
      pages.push(page.length);
      found.push(...page.map((t) => `${t.completed} ${Buffer.from(t.infoHash).toString('hex')}`));
    }
    assert.deepEqual(pages, [10_000, 10_000, 5_001]);
    assert.deepEqual(found, written.sort());
  },
  'the revisions of an empty database are zero': async ({ tracker }) => {
    assert.deepEqual(await tracker.revisions(), { torrents: 0, members: 0, bans: 0 });
  },
  'each change counts up the revision of its area by one, however much it changes': async (stage) => {
    const { tracker } = stage;
    const changed = [hash(1), hash(2)].map((infoHash) => ({ infoHash, isRegistered: true }));
    assert.deepEqual(await counted(tracker, () => tracker.torrents.change(changed)), { torrents: 1 });
    assert.deepEqual(await counted(tracker, () => tracker.torrents.remove([hash(1), hash(2)])), { torrents: 1 });

    let id = 0;
    const create = async (): Promise<void> => {
      id = (await tracker.accounts.create(alice)).id;
    };
    assert.deepEqual(await counted(tracker, create), { members: 1 });
    assert.deepEqual(await counted(tracker, () => tracker.accounts.change(id, { maxPeers: 1 })), { members: 1 });
    const passkey = { hash: key(1), accountId: id, label: '' };
    assert.deepEqual(await counted(tracker, () => tracker.passkeys.create(passkey)), { members: 1 });
    assert.deepEqual(await counted(tracker, () => tracker.passkeys.revoke(key(1))), { members: 1 });
    assert.deepEqual(await counted(tracker, () => tracker.accounts.remove(id)), { members: 1 });

    const banned = [1, 2, 3].map((host) => ({ prefix: `192.0.2.${host}`, reason: '', expiresAt: 1_500 }));
    assert.deepEqual(await counted(tracker, () => tracker.bans.put(banned)), { bans: 1 });
    assert.deepEqual(await counted(tracker, () => tracker.bans.remove(['192.0.2.1'])), { bans: 1 });
    stage.time = 2_000;
    assert.deepEqual(await counted(tracker, () => tracker.bans.removeExpired()), { bans: 1 });
  },
  'what changes nothing, counts, or fails leaves the revisions': async ({ tracker }) => {
    const { torrents: known, accounts: members, passkeys, apiTokens, bans: banned } = tracker;
    const { id } = await members.create(alice);
    await passkeys.create({ hash: key(1), accountId: id, label: '' });
    await passkeys.revoke(key(1));
    const token = { hash: key(1), name: '', scopes: [], expiresAt: null };
    const ban = { prefix: '192.0.2.1', reason: '', expiresAt: null };
    const works: (() => Promise<unknown>)[] = [
      () => known.addCompleted([{ infoHash: hash(1), count: 1 }]),
      () => known.change([]),
      () => known.remove([hash(1), hash(9)]),
      () => known.prune({ removedBefore: 9_000, countedBefore: 9_000 }),
      () => members.prune(9_000),
      () =>
        assert.rejects(
          known.change([
            { infoHash: hash(1), name: 'a' },
            { infoHash: hash(2), aliasOf: hash(2) },
          ]),
        ),
      () => members.addTraffic([{ accountId: id, uploaded: 1, downloaded: 1 }]),
      () => members.change(id, {}),
      () => members.change(id + 1, { maxPeers: 1 }),
      () => members.remove(id + 1),
      () => assert.rejects(members.create(alice)),
      () => passkeys.revoke(key(1)),
      () => passkeys.revoke(key(2)),
      () => assert.rejects(passkeys.create({ hash: key(1), accountId: id, label: '' })),
      () => apiTokens.create(token),
      () => apiTokens.revoke(key(1)),
      () => banned.put([]),
      () => banned.remove(['192.0.2.1']),
      () => banned.removeExpired(),
      () => assert.rejects(banned.put([ban, { ...ban, prefix: '' }])),
    ];
    for (const work of works) assert.deepEqual(await counted(tracker, work), {}, String(work));
  },
  'changes made at the same time are made and counted each': async ({ tracker }) => {
    const change = async (i: number): Promise<void> => {
      const { id } = await tracker.accounts.create({ ...alice, name: `a${i}` });
      await Promise.all([
        tracker.accounts.change(id, { maxPeers: i }),
        tracker.passkeys.create({ hash: key(i), accountId: id, label: '' }),
        tracker.torrents.change([{ infoHash: hash(1), isRegistered: true }, { infoHash: hash(i) }]),
        tracker.bans.put([{ prefix: `192.0.2.${i}`, reason: '', expiresAt: null }]),
      ]);
    };
    const changing = Promise.all(Array.from({ length: 40 }, (_, i) => change(i)));
    // Batches begin at every possible moment of the other transactions.
    const downloads = 300;
    for (let i = 0; i < downloads; i++) await tracker.torrents.addCompleted([{ infoHash: hash(1), count: 1 }]);
    await changing;
    assert.deepEqual(await tracker.revisions(), { torrents: 40, members: 120, bans: 40 });
    assert.equal((await tracker.torrents.find(hash(1)))?.completed, downloads);
    assert.equal((await all(tracker.passkeys.load())).length, 40);
  },
};
