/**
 * What the database owes its users, whatever stands behind it, as one suite. A kind of database proves itself with a
 * function that opens an empty one.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Database, DatabaseOptions } from '../../src/db/open-database.ts';
import { pairs } from './alias-cases.ts';
import { following } from './following-cases.ts';
import { alice, all, type Case, fills, hash, key, random, type Stage } from './stage.ts';

const torrents: Record<string, Case> = {
  'a changed torrent is found with all its properties': async ({ tracker }) => {
    await tracker.torrents.change([
      { infoHash: hash(7), name: 'Ubuntu', isRegistered: true, isDenied: true, aliasOf: hash(8) },
    ]);
    assert.deepEqual(await tracker.torrents.find(hash(7)), {
      infoHash: hash(7),
      name: 'Ubuntu',
      isRegistered: true,
      isDenied: true,
      aliasOf: hash(8),
      completed: 0,
      createdAt: 1_000,
      updatedAt: 1_000,
    });
    assert.equal(await tracker.torrents.find(hash(8)), null);
  },
  'what a change does not name stays, and null takes away': async (stage) => {
    const { torrents: repository } = stage.tracker;
    await repository.change([{ infoHash: hash(1), name: 'One', isRegistered: true, aliasOf: hash(2) }]);
    stage.time = 2_000;
    await repository.change([{ infoHash: hash(1), isDenied: true }]);
    const denied = await repository.find(hash(1));
    assert.deepEqual([denied?.name, denied?.isRegistered, denied?.isDenied], ['One', true, true]);
    assert.deepEqual(denied?.aliasOf, hash(2));
    assert.deepEqual([denied?.createdAt, denied?.updatedAt], [1_000, 2_000]);
    await repository.change([{ infoHash: hash(1), name: null, isRegistered: false, aliasOf: null }]);
    const cleared = await repository.find(hash(1));
    assert.deepEqual([cleared?.name, cleared?.isRegistered, cleared?.isDenied], [null, false, true]);
    assert.equal(cleared?.aliasOf, null);
    await repository.addCompleted([{ infoHash: hash(1), count: 5 }]);
    await repository.change([{ infoHash: hash(1), isRegistered: true }]);
    assert.equal((await repository.find(hash(1)))?.completed, 5);
    assert.deepEqual(await repository.list({ limit: 5, search: 'one' }), []);
  },
  'of several changes to one torrent in a batch the later count': async ({ tracker }) => {
    await tracker.torrents.change([
      { infoHash: hash(1), name: 'old', isRegistered: true },
      { infoHash: hash(2) },
      { infoHash: hash(1), name: 'new', isDenied: true },
    ]);
    const torrent = await tracker.torrents.find(hash(1));
    assert.deepEqual([torrent?.name, torrent?.isRegistered, torrent?.isDenied], ['new', true, true]);
  },
  'completed downloads add up, also within a batch and for unknown torrents': async (stage) => {
    const { torrents: repository } = stage.tracker;
    await repository.change([{ infoHash: hash(1), name: 'One', isRegistered: true }]);
    stage.time = 3_000;
    await repository.addCompleted([
      { infoHash: hash(1), count: 2 },
      { infoHash: hash(9), count: 1 },
      { infoHash: hash(1), count: 3 },
    ]);
    await repository.addCompleted([{ infoHash: hash(1), count: 10 }]);
    const known = await repository.find(hash(1));
    assert.deepEqual([known?.completed, known?.isRegistered, known?.createdAt], [15, true, 1_000]);
    const unknown = await repository.find(hash(9));
    assert.deepEqual([unknown?.completed, unknown?.isRegistered, unknown?.createdAt], [1, false, 3_000]);
  },
  'a number of completed downloads stops at the largest safe integer': async ({ tracker }) => {
    const most = Number.MAX_SAFE_INTEGER;
    await tracker.torrents.addCompleted([{ infoHash: hash(1), count: most - 1 }]);
    await tracker.torrents.addCompleted([{ infoHash: hash(1), count: most }]);
    assert.equal((await tracker.torrents.find(hash(1)))?.completed, most);
  },
  'a batch with one bad row changes nothing': async ({ tracker }) => {
    const good = { infoHash: hash(1), count: 1 };
    const bad = [
      { infoHash: hash(2, 19), count: 1 },
      { infoHash: hash(2), count: -1 },
      { infoHash: hash(2), count: 1.5 },
    ];
    for (const row of bad) {
      await assert.rejects(tracker.torrents.addCompleted([good, row]), { code: 'DB_CONSTRAINT' });
      await assert.rejects(tracker.torrents.addCompleted([row, good]), { code: 'DB_CONSTRAINT' });
    }
    assert.deepEqual(await all(tracker.torrents.loadCounts()), []);
    await tracker.torrents.addCompleted([good]);
    assert.equal((await tracker.torrents.find(hash(1)))?.completed, 1);
  },
  'the aliases of torrents are found, up to a number': async ({ tracker }) => {
    const { torrents: repository } = tracker;
    const aliases = [
      [1, 7],
      [2, 7],
      [3, 8],
      [4, 9],
    ].map(([alias, torrent]) => ({ infoHash: hash(alias as number), aliasOf: hash(torrent as number) }));
    await repository.change([...aliases, { infoHash: hash(7), isRegistered: true }]);
    const found = async (of: number[], most: number): Promise<Uint8Array[]> => {
      const hashes = of.map((fill) => hash(fill));
      return (await repository.aliasesOf(hashes, most)).toSorted(Buffer.compare);
    };
    assert.deepEqual(await found([7, 9, 1], 10), [hash(1), hash(2), hash(4)]);
    assert.equal((await found([7, 8], 2)).length, 2);
    assert.deepEqual(await found([1], 10), []);
    assert.deepEqual(await found([], 10), []);
    await repository.change([{ infoHash: hash(3), aliasOf: null }]);
    assert.deepEqual(await found([8], 10), []);
  },
  'a torrent is no alias of itself, and an alias has 20 bytes': async ({ tracker }) => {
    for (const aliasOf of [hash(1), hash(2, 32)]) {
      await assert.rejects(tracker.torrents.change([{ infoHash: hash(1), aliasOf }]), { code: 'DB_CONSTRAINT' });
    }
  },
  'a text with U+0000 is refused': async ({ tracker }) => {
    await assert.rejects(tracker.torrents.change([{ infoHash: hash(1), name: 'a\0b' }]), { code: 'DB_CONSTRAINT' });
    await assert.rejects(tracker.torrents.list({ limit: 1, search: '\0' }), { code: 'DB_CONSTRAINT' });
  },
  'empty batches do nothing': async ({ tracker }) => {
    await tracker.torrents.addCompleted([]);
    await tracker.torrents.change([]);
    assert.equal(await tracker.torrents.remove([]), 0);
  },
  'removal takes the aliases of a torrent along': async ({ tracker }) => {
    await tracker.torrents.change([
      { infoHash: hash(1), isRegistered: true },
      { infoHash: hash(2), aliasOf: hash(1) },
      { infoHash: hash(3), isRegistered: true },
      { infoHash: hash(4), aliasOf: hash(3) },
    ]);
    assert.equal(await tracker.torrents.remove([hash(2), hash(1), hash(4), hash(9)]), 3);
    assert.deepEqual(fills(await tracker.torrents.list({ limit: 10 })), [3]);
    for (const fill of [1, 2, 4, 9]) assert.equal(await tracker.torrents.find(hash(fill)), null);
    assert.equal(await tracker.torrents.remove([hash(1), hash(4)]), 0);
  },
  'a removed torrent keeps its completed downloads and nothing else': async (stage) => {
    const { torrents: repository } = stage.tracker;
    await repository.change([{ infoHash: hash(1), name: 'Old', isRegistered: true, isDenied: true }]);
    await repository.addCompleted([{ infoHash: hash(1), count: 3 }]);
    stage.time = 2_000;
    assert.equal(await repository.remove([hash(1)]), 1);
    const removed = {
      infoHash: hash(1),
      name: null,
      isRegistered: false,
      isDenied: false,
      aliasOf: null,
      completed: 3,
      createdAt: 1_000,
      updatedAt: 2_000,
    };
    assert.deepEqual(await repository.find(hash(1)), removed);
    assert.deepEqual(await repository.list({ limit: 10 }), [removed]);
    assert.deepEqual(await repository.list({ limit: 10, search: 'old' }), []);
    stage.time = 3_000;
    assert.equal(await repository.remove([hash(1)]), 0);
    assert.equal((await repository.find(hash(1)))?.updatedAt, 2_000);
  },
  'a torrent of which nothing is said is not there until something is': async ({ tracker }) => {
    await tracker.torrents.change([{ infoHash: hash(1), isRegistered: true }, { infoHash: hash(2) }]);
    await tracker.torrents.change([{ infoHash: hash(1), isRegistered: false }]);
    for (const fill of [1, 2]) assert.equal(await tracker.torrents.find(hash(fill)), null);
    assert.deepEqual(await tracker.torrents.list({ limit: 10 }), []);
    await tracker.torrents.addCompleted([{ infoHash: hash(1), count: 1 }]);
    await tracker.torrents.change([{ infoHash: hash(2), name: 'Two' }]);
    assert.deepEqual(fills(await tracker.torrents.list({ limit: 10 })), [1, 2]);
  },
  'load gives every torrent of which something is said once, in the order of bytes, across its pages': async ({
    tracker,
  }) => {
    const counts = Array.from({ length: 25_001 }, (_, i) => ({ infoHash: random(20), count: i }));
    await tracker.torrents.addCompleted([...counts, { infoHash: random(20), count: 1 }]);
    await tracker.torrents.change(counts.map(({ infoHash }) => ({ infoHash, isRegistered: true })));
    const pages: number[] = [];
    const found = new Map<string, number>();
    let last = '';
    for await (const page of tracker.torrents.load()) {
      pages.push(page.length);
      for (const { infoHash, completed } of page) {
        const hex = Buffer.from(infoHash).toString('hex');
        assert.ok(hex > last);
        last = hex;
        found.set(hex, completed);
      }
    }
    assert.deepEqual(pages, [10_000, 10_000, 5_001]);
    assert.deepEqual(found, new Map([...counts].map((c) => [Buffer.from(c.infoHash).toString('hex'), c.count])));
  },
  'what is said of a torrent, whatever it is, makes it load': async ({ tracker }) => {
    await tracker.torrents.change([
      { infoHash: hash(1), isRegistered: true },
      { infoHash: hash(2), isDenied: true },
      { infoHash: hash(3), aliasOf: hash(1) },
      { infoHash: hash(4), name: 'Four' },
      { infoHash: hash(5), isRegistered: true },
    ]);
    await tracker.torrents.addCompleted([1, 5, 6].map((fill) => ({ infoHash: hash(fill), count: fill })));
    await tracker.torrents.remove([hash(5)]);
    assert.deepEqual(fills(await all(tracker.torrents.load())), [1, 2, 3, 4]);
    const counts = await all(tracker.torrents.loadCounts());
    assert.deepEqual(fills(counts).sort(), [5, 6]);
    assert.deepEqual(counts.map(({ count }) => count).sort(), [5, 6]);
  },
  'numbers of which nothing is said load once, what changed last first, across the pages': async (stage) => {
    const written: string[] = [];
    for (const [time, count] of [
      [1_000, 15_000],
      [2_000, 10_001],
    ] as const) {
      stage.time = time;
      const counts = Array.from({ length: count }, () => ({ infoHash: random(20), count: time }));
      await stage.tracker.torrents.addCompleted(counts);
      written.push(...counts.map((c) => `${time} ${Buffer.from(c.infoHash).toString('hex')}`));
    }
    const pages: number[] = [];
    const found: string[] = [];
    for await (const page of stage.tracker.torrents.loadCounts()) {
      pages.push(page.length);
      found.push(...page.map((c) => `${c.count} ${Buffer.from(c.infoHash).toString('hex')}`));
    }
    assert.deepEqual(pages, [10_000, 10_000, 5_001]);
    assert.deepEqual(found, written.sort().reverse());
  },
  'a list is read page by page': async ({ tracker }) => {
    const known = [3, 200, 1, 127, 128].map((fill) => ({ infoHash: hash(fill), isRegistered: true }));
    await tracker.torrents.change(known);
    const first = await tracker.torrents.list({ limit: 3 });
    const rest = await tracker.torrents.list({ limit: 3, after: first.at(-1)?.infoHash });
    assert.deepEqual(
      [...first, ...rest].map(({ infoHash }) => infoHash[0]),
      [1, 3, 127, 128, 200],
    );
    assert.equal(first.length, 3);
  },
  'a search finds parts of names in any case, and its signs have no meaning': async ({ tracker }) => {
    const names = ['Ubuntu 24.04', 'ÄPFEL & Öl', '100%_sure\\', 'ＷＩＤＥ', 'İstanbul'];
    await tracker.torrents.change([
      ...names.map((name, i) => ({ infoHash: hash(i + 1), name })),
      { infoHash: hash(99), isRegistered: true },
    ]);
    const found = async (search: string): Promise<unknown[]> =>
      (await tracker.torrents.list({ limit: 10, search })).map(({ name }) => name);
    assert.deepEqual(await found('UBUNTU'), [names[0]]);
    assert.deepEqual(await found('äpfel'), [names[1]]);
    assert.deepEqual(await found('ÖL'), [names[1]]);
    assert.deepEqual(await found('wide'), [names[3]]);
    for (const sign of ['%', '_', '\\', '%_']) assert.deepEqual(await found(sign), [names[2]]);
    assert.deepEqual(await found('u%t'), []);
    assert.equal((await found('')).length, names.length);
  },
  'a list can have the registered, the denied or the aliases only': async ({ tracker }) => {
    await tracker.torrents.change([
      { infoHash: hash(1), isRegistered: true },
      { infoHash: hash(2), isDenied: true },
      { infoHash: hash(3), aliasOf: hash(1) },
    ]);
    for (const [only, fill] of [
      ['registered', 1],
      ['denied', 2],
      ['aliases', 3],
    ] as const) {
      const found = await tracker.torrents.list({ limit: 10, only });
      assert.deepEqual(
        found.map(({ infoHash }) => infoHash),
        [hash(fill)],
      );
    }
  },
};

const accounts: Record<string, Case> = {
  'a created account is found by its id': async ({ tracker }) => {
    const created = await tracker.accounts.create({ name: 'Bob', isEnabled: false, maxPeers: 3, expiresAt: 5_000 });
    assert.deepEqual(created, {
      id: created.id,
      name: 'Bob',
      isEnabled: false,
      maxPeers: 3,
      expiresAt: 5_000,
      uploaded: 0,
      downloaded: 0,
      createdAt: 1_000,
    });
    assert.deepEqual(await tracker.accounts.find(created.id), created);
    assert.equal(await tracker.accounts.find(created.id + 1), null);
  },
  'two accounts never have one name': async ({ tracker }) => {
    const first = await tracker.accounts.create(alice);
    const taken = { code: 'DB_DUPLICATE', message: /the name "Alice"/ };
    await assert.rejects(tracker.accounts.create(alice), taken);
    const other = await tracker.accounts.create({ ...alice, name: 'Other' });
    await assert.rejects(tracker.accounts.change(other.id, { name: 'Alice' }), taken);
    await assert.rejects(tracker.accounts.create({ ...alice, name: '' }), { code: 'DB_CONSTRAINT' });
    assert.deepEqual(await tracker.accounts.change(first.id, { name: 'Alice' }), first);
  },
  'a change leaves what it does not name': async ({ tracker }) => {
    const { id } = await tracker.accounts.create({ ...alice, maxPeers: 4 });
    const changed = await tracker.accounts.change(id, { isEnabled: false, expiresAt: 9 });
    assert.deepEqual(
      [changed?.name, changed?.isEnabled, changed?.maxPeers, changed?.expiresAt],
      ['Alice', false, 4, 9],
    );
    assert.equal((await tracker.accounts.change(id, { maxPeers: null }))?.maxPeers, null);
    assert.deepEqual(await tracker.accounts.change(id, {}), await tracker.accounts.find(id));
    assert.equal(await tracker.accounts.change(id + 1, { isEnabled: true }), null);
    assert.deepEqual(await tracker.accounts.list({ limit: 9, search: 'LIC' }), [await tracker.accounts.find(id)]);
  },
  'accounts are listed in pages by id': async ({ tracker }) => {
    for (const name of ['c', 'a', 'b']) await tracker.accounts.create({ ...alice, name });
    const first = await tracker.accounts.list({ limit: 2 });
    const rest = await tracker.accounts.list({ limit: 2, after: first.at(-1)?.id });
    const named = [...first, ...rest].map(({ name }) => name);
    assert.deepEqual(named, ['c', 'a', 'b']);
    assert.deepEqual(await all(tracker.accounts.load()), [...first, ...rest]);
  },
  'traffic adds up, for several accounts at a time, and unknown accounts are passed over': async ({ tracker }) => {
    const a = await tracker.accounts.create(alice);
    const b = await tracker.accounts.create({ ...alice, name: 'Bob' });
    await tracker.accounts.addTraffic([
      { accountId: b.id, uploaded: 1, downloaded: 2 },
      { accountId: a.id, uploaded: 10, downloaded: 20 },
      { accountId: b.id, uploaded: 3, downloaded: 4 },
      { accountId: 999_999, uploaded: 1, downloaded: 1 },
    ]);
    await tracker.accounts.addTraffic([{ accountId: a.id, uploaded: Number.MAX_SAFE_INTEGER, downloaded: 1 }]);
    const traffic = (await all(tracker.accounts.load())).map(({ uploaded, downloaded }) => [uploaded, downloaded]);
    assert.deepEqual(traffic, [
      [Number.MAX_SAFE_INTEGER, 21],
      [4, 6],
    ]);
  },
  'traffic beyond what can be stored counts as the most that can be': async ({ tracker }) => {
    const a = await tracker.accounts.create(alice);
    const b = await tracker.accounts.create({ ...alice, name: 'Bob' });
    await tracker.accounts.addTraffic([
      { accountId: a.id, uploaded: 2 ** 63, downloaded: 1 },
      { accountId: b.id, uploaded: 7, downloaded: 0 },
    ]);
    await tracker.accounts.addTraffic([{ accountId: a.id, uploaded: 2 ** 64, downloaded: 2 ** 70 }]);
    const traffic = (await all(tracker.accounts.load())).map(({ uploaded, downloaded }) => [uploaded, downloaded]);
    assert.deepEqual(traffic, [
      [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      [7, 0],
    ]);
  },
  'an id is never given twice': async ({ tracker }) => {
    const { id } = await tracker.accounts.create(alice);
    assert.equal(await tracker.accounts.remove(id), true);
    assert.equal(await tracker.accounts.remove(id), false);
    assert.notEqual((await tracker.accounts.create(alice)).id, id);
  },
};

const keys: Record<string, Case> = {
  'a passkey leads to its account until it is revoked': async (stage) => {
    const { passkeys } = stage.tracker;
    const { id } = await stage.tracker.accounts.create(alice);
    const created = await passkeys.create({ hash: key(1), accountId: id, label: 'home' });
    assert.deepEqual(created, { hash: key(1), accountId: id, label: 'home', createdAt: 1_000, revokedAt: null });
    assert.deepEqual(await all(passkeys.load()), [created]);
    stage.time = 1_500;
    assert.equal((await passkeys.revoke(key(1)))?.accountId, id);
    assert.equal(await passkeys.revoke(key(1)), null);
    assert.equal(await passkeys.revoke(key(2)), null);
    assert.deepEqual(await passkeys.list(id), [{ ...created, revokedAt: 1_500 }]);
    assert.deepEqual(await all(passkeys.load()), []);
  },
  'a passkey needs an account and 32 bytes, and exists once': async ({ tracker }) => {
    const { id } = await tracker.accounts.create(alice);
    const create = (bytes: Uint8Array, accountId: number): Promise<unknown> =>
      tracker.passkeys.create({ hash: bytes, accountId, label: '' });
    await create(key(1), id);
    await assert.rejects(create(key(1), id), { code: 'DB_DUPLICATE' });
    await assert.rejects(create(key(2), id + 1), { code: 'DB_CONSTRAINT' });
    await assert.rejects(create(hash(2), id), { code: 'DB_CONSTRAINT' });
  },
  'passkeys go with their account': async ({ tracker }) => {
    const { id } = await tracker.accounts.create(alice);
    await tracker.passkeys.create({ hash: key(1), accountId: id, label: '' });
    await tracker.accounts.remove(id);
    assert.deepEqual(await all(tracker.passkeys.load()), []);
    assert.deepEqual(await tracker.passkeys.list(id), []);
  },
  'a token keeps its scopes and its end': async (stage) => {
    const { apiTokens } = stage.tracker;
    const created = await apiTokens.create({
      hash: key(5),
      name: 'ci',
      scopes: ['torrents:write', 'a'],
      expiresAt: 2_000,
    });
    assert.deepEqual(created.scopes, ['torrents:write', 'a']);
    assert.deepEqual([created.expiresAt, created.revokedAt], [2_000, null]);
    assert.deepEqual(await apiTokens.find(key(5)), created);
    stage.time = 1_100;
    const other = await apiTokens.create({ hash: key(4), name: 'none', scopes: [], expiresAt: null });
    assert.deepEqual(other.scopes, []);
    assert.deepEqual(await apiTokens.revoke(key(5)), { ...created, revokedAt: 1_100 });
    assert.equal(await apiTokens.revoke(key(5)), null);
    assert.deepEqual(await apiTokens.list(), [{ ...created, revokedAt: 1_100 }, other]);
    assert.equal(await apiTokens.find(key(6)), null);
  },
  'a scope is one word and a token exists once': async ({ tracker }) => {
    const token = { hash: key(1), name: '', scopes: ['a'], expiresAt: null };
    await tracker.apiTokens.create(token);
    await assert.rejects(tracker.apiTokens.create({ ...token, name: 'other' }), { code: 'DB_DUPLICATE' });
    for (const scope of ['', 'a b', '\n']) {
      await assert.rejects(tracker.apiTokens.create({ ...token, hash: key(2), scopes: [scope] }), {
        code: 'DB_CONSTRAINT',
      });
    }
  },
  'a name stands for one valid token, and is free again when that one ends': async (stage) => {
    const { apiTokens } = stage.tracker;
    const make = (fill: number, expiresAt: number | null = null): Promise<unknown> =>
      apiTokens.create({ hash: key(fill), name: "bot's", scopes: ['a'], expiresAt });
    const taken = { code: 'DB_DUPLICATE', message: /the name "bot's"/ };
    await make(1);
    await assert.rejects(make(2), taken);
    await apiTokens.revoke(key(1));
    await make(2, 2_000);
    stage.time = 1_999;
    await assert.rejects(make(3), taken);
    stage.time = 2_000;
    await make(3);
    await assert.rejects(make(4), taken);
    assert.equal((await apiTokens.list()).length, 3);
  },
};

const bans: Record<string, Case> = {
  'a ban is kept in its canonical form and can be put again': async (stage) => {
    const { bans: repository } = stage.tracker;
    await repository.put([
      { prefix: '192.0.2.9/24', reason: 'first', expiresAt: null },
      { prefix: '192.0.2.0/24', reason: 'second', expiresAt: 5_000 },
      { prefix: '2001:DB8::0', reason: 'six', expiresAt: null },
    ]);
    stage.time = 1_200;
    await repository.put([{ prefix: '192.0.2.0/24', reason: 'third', expiresAt: 6_000 }]);
    assert.deepEqual(await repository.list({ limit: 10 }), [
      { prefix: '192.0.2.0/24', reason: 'third', createdAt: 1_000, expiresAt: 6_000 },
      { prefix: '2001:db8::/128', reason: 'six', createdAt: 1_000, expiresAt: null },
    ]);
    const second = await repository.list({ limit: 1, after: '192.0.2.0/24' });
    assert.deepEqual(
      second.map(({ prefix }) => prefix),
      ['2001:db8::/128'],
    );
    assert.equal(await repository.remove(['192.0.2.77/24', '198.51.100.0/24']), 1);
  },
  'what is no range of addresses is refused and nothing is changed': async ({ tracker }) => {
    const good = { prefix: '192.0.2.0/24', reason: '', expiresAt: null };
    await assert.rejects(tracker.bans.put([good, { ...good, prefix: 'example.org' }]), { code: 'DB_CONSTRAINT' });
    await assert.rejects(tracker.bans.remove(['']), { code: 'DB_CONSTRAINT' });
    assert.deepEqual(await all(tracker.bans.load()), []);
  },
  'a ban that has ended is not loaded and can be forgotten': async (stage) => {
    const { bans: repository } = stage.tracker;
    await repository.put([
      { prefix: '192.0.2.1', reason: '', expiresAt: 2_000 },
      { prefix: '192.0.2.2', reason: '', expiresAt: 2_001 },
      { prefix: '192.0.2.3', reason: '', expiresAt: null },
    ]);
    stage.time = 2_000;
    const active = (await all(repository.load())).map(({ prefix }) => prefix);
    assert.deepEqual(active, ['192.0.2.2/32', '192.0.2.3/32']);
    assert.equal((await repository.list({ limit: 10 })).length, 3);
    assert.equal(await repository.removeExpired(), 1);
    assert.equal((await repository.list({ limit: 10 })).length, 2);
  },
};

const lifetime: Record<string, Case> = {
  'an open database answers the check': async ({ database }) => {
    await database.check();
    assert.equal(database.backup, null);
  },
  'a closed database says so, and may be closed again': async ({ database, tracker }) => {
    await database.close();
    await database.close();
    const closed = { code: 'DB_CLOSED' };
    await assert.rejects(database.check(), closed);
    await assert.rejects(tracker.torrents.find(hash(1)), closed);
    await assert.rejects(tracker.torrents.addCompleted([{ infoHash: hash(1), count: 1 }]), closed);
    await assert.rejects(all(tracker.torrents.load()), closed);
  },
  'much at the same time keeps every count': async ({ tracker }) => {
    const { id } = await tracker.accounts.create(alice);
    const hashes = Array.from({ length: 50 }, (_, i) => hash(i));
    await Promise.all(
      Array.from({ length: 40 }, async (_, round) => {
        const rotated = [...hashes.slice(round), ...hashes.slice(0, round)];
        await tracker.torrents.addCompleted(rotated.map((infoHash) => ({ infoHash, count: 1 })));
        await tracker.accounts.addTraffic([{ accountId: id, uploaded: 1, downloaded: 0 }]);
        await tracker.torrents.list({ limit: 5 });
      }),
    );
    const counts = (await all(tracker.torrents.loadCounts())).map(({ count }) => count);
    assert.deepEqual(counts, Array<number>(50).fill(40));
    assert.equal((await tracker.accounts.find(id))?.uploaded, 40);
  },
};

/** `open` gives an empty database that reads the time from `options`; the suite closes it. */
export function trackerRepositoryCompliance(
  name: string,
  open: (options: DatabaseOptions) => Promise<Database>,
  options: { skip?: string | false } = {},
): void {
  describe(`${name} database`, options, () => {
    for (const [title, run] of Object.entries({
      ...torrents,
      ...pairs,
      ...accounts,
      ...keys,
      ...bans,
      ...following,
      ...lifetime,
    })) {
      test(title, async () => {
        let stage: Stage | null = null;
        const clock = { wall: (): number => stage?.time ?? 1_000 };
        await using database = await open({ clock });
        stage = { database, tracker: database.tracker, time: 1_000 };
        await run(stage);
      });
    }
  });
}
