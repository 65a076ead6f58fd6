/** What the database owes a client, whatever stands behind it, as one suite (see tracker-repository-compliance.ts). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClientRepository, TorrentColumns } from '../../src/db/index.ts';
import type { Database, DatabaseOptions } from '../../src/db/open-database.ts';
import { all, hash } from './stage.ts';

type Case = (stage: { readonly client: ClientRepository; time: number }) => Promise<void>;

const torrent = (fill: number, more: Partial<TorrentColumns> = {}): TorrentColumns => ({
  hash: fill.toString(16).padStart(2, '0').repeat(20),
  hashV1: hash(fill),
  hashV2: null,
  hasMetainfo: true,
  name: `torrent ${fill} ü`,
  savePath: '/save',
  directory: '/save',
  wanted: 'running',
  goal: 'ahead',
  queuePosition: fill,
  settings: '{}',
  choices: '{}',
  trackers: null,
  pending: null,
  addedAt: 500,
  startedAt: null,
  completedAt: null,
  ...more,
});
const nothing = { downloaded: 0, uploaded: 0, wasted: 0, secondsDownloading: 0, secondsSeeding: 0, activeAt: null };

const torrents: Record<string, Case> = {
  'a torrent is loaded as it was inserted': async ({ client }) => {
    const full = torrent(1, {
      hashV2: hash(2, 32),
      trackers: '[["http://a/"]]',
      pending: '{"kind":"move"}',
      startedAt: 600,
      completedAt: 700,
      queuePosition: -5,
    });
    const id = await client.torrents.insert(full);
    assert.deepEqual(await all(client.torrents.load()), [{ ...full, id, counters: nothing }]);
  },
  'an id is never given again': async ({ client }) => {
    const first = await client.torrents.insert(torrent(1));
    const second = await client.torrents.insert(torrent(2));
    await client.torrents.delete([first, second]);
    const third = await client.torrents.insert(torrent(1));
    assert.ok(first < second && second < third, `${first} ${second} ${third}`);
  },
  'no two torrents have a hash in common': async ({ client }) => {
    await client.torrents.insert(torrent(1, { hashV2: hash(9, 32) }));
    const same = [
      torrent(1, { hashV1: hash(7) }),
      torrent(2, { hashV1: hash(1) }),
      torrent(3, { hashV1: null, hashV2: hash(9, 32) }),
    ];
    for (const other of same) await assert.rejects(client.torrents.insert(other), { code: 'DB_DUPLICATE' });
    const nameless = torrent(4, { hashV1: null, hashV2: null });
    await assert.rejects(client.torrents.insert(nameless), { code: 'DB_CONSTRAINT' });
    await client.torrents.insert(torrent(5, { hashV1: null, hashV2: hash(5, 32) }));
    await client.torrents.insert(torrent(6));
  },
  'changes are saved together or not at all, and leave counters alone': async ({ client }) => {
    const [a, b] = [await client.torrents.insert(torrent(1)), await client.torrents.insert(torrent(2))];
    const counters = { downloaded: 1, uploaded: 2, wasted: 6, secondsDownloading: 3, secondsSeeding: 4, activeAt: 5 };
    await client.torrents.saveCounters([{ id: a, ...counters }]);
    const changed = torrent(1, { name: 'new', savePath: '/other', hashV2: hash(8, 32), wanted: 'stopped' });
    await client.torrents.save([{ ...changed, id: a }]);
    const clash = torrent(2, { hashV1: hash(1) });
    await assert.rejects(
      client.torrents.save([
        { ...torrent(1), id: a },
        { ...clash, id: b },
      ]),
      {
        code: 'DB_DUPLICATE',
      },
    );
    assert.deepEqual(await all(client.torrents.load()), [
      { ...changed, id: a, counters },
      { ...torrent(2), id: b, counters: nothing },
    ]);
  },
  'the hash by which a torrent is named, and when it was added, stay': async ({ client }) => {
    const id = await client.torrents.insert(torrent(1));
    await client.torrents.save([{ ...torrent(1), id, hash: 'ff'.repeat(20), addedAt: 9 }]);
    const [row] = await all(client.torrents.load());
    assert.deepEqual([row?.hash, row?.addedAt], [torrent(1).hash, 500]);
  },
  'counters of many torrents are saved at once, and end at the largest safe integer': async ({ client }) => {
    const ids = [await client.torrents.insert(torrent(1)), await client.torrents.insert(torrent(2))];
    const most = Number.MAX_SAFE_INTEGER;
    const counters = { ...nothing, downloaded: most + 10, uploaded: 3, activeAt: 9 };
    await client.torrents.saveCounters([...ids, 99_999].map((id) => ({ id, ...counters })));
    const rows = await all(client.torrents.load());
    assert.deepEqual(
      rows.map((row) => row.counters),
      ids.map(() => ({ ...counters, downloaded: most })),
    );
  },
  'a torrent that is deleted is gone, others stay': async ({ client }) => {
    const ids = [await client.torrents.insert(torrent(1)), await client.torrents.insert(torrent(2))];
    await client.torrents.delete([ids[0] as number, 99_999]);
    assert.deepEqual(
      (await all(client.torrents.load())).map(({ id }) => id),
      [ids[1]],
    );
  },
  'a torrent may be deleted by its hash': async ({ client }) => {
    for (const seed of [1, 2]) await client.torrents.insert(torrent(seed));
    await client.torrents.deleteByHash(torrent(1).hash);
    const [left, ...others] = await all(client.torrents.load());
    assert.deepEqual([left?.hash, others], [torrent(2).hash, []]);
  },
  'all torrents are loaded, page after page': async ({ client }) => {
    // More than a page.
    const rows = Array.from({ length: 10_001 }, (_, i) => i);
    for (const i of rows) {
      const bytes = new Uint8Array(20);
      new DataView(bytes.buffer).setUint32(0, i);
      await client.torrents.insert(torrent(1, { hash: i.toString(16).padStart(40, '0'), hashV1: bytes }));
    }
    const loaded = await all(client.torrents.load());
    assert.deepEqual([loaded.length, new Set(loaded.map(({ id }) => id)).size], [10_001, 10_001]);
  },
};

const others: Record<string, Case> = {
  'categories and labels are put, changed and removed': async ({ client }) => {
    const { categories } = client;
    await categories.put({ name: 'films', savePath: '' });
    await categories.put({ name: 'Music', savePath: '/music' });
    await categories.put({ name: 'films', savePath: '/films' });
    assert.deepEqual(await categories.list(), [
      { name: 'Music', savePath: '/music' },
      { name: 'films', savePath: '/films' },
    ]);
    await categories.remove(['films', 'films', 'nothing']);
    assert.equal((await categories.list()).length, 1);
    await categories.addLabels(['b', 'a', 'b']);
    await categories.addLabels(['a']);
    assert.deepEqual(await categories.labels(), ['a', 'b']);
    await categories.removeLabels(['a']);
    assert.deepEqual(await categories.labels(), ['b']);
    await assert.rejects(categories.put({ name: 'a\0', savePath: '' }), { code: 'DB_CONSTRAINT' });
  },
  'totals begin at nothing and are replaced': async ({ client }) => {
    const none = { downloaded: 0, uploaded: 0, sessions: 0, seconds: 0, torrentsAdded: 0, events: 0 };
    assert.deepEqual(await client.totals.load(), none);
    const totals = { downloaded: 1, uploaded: 2, sessions: 3, seconds: 4, torrentsAdded: 5, events: 6 };
    await client.totals.save(totals);
    assert.deepEqual(await client.totals.load(), totals);
  },
  'users are found by their names in any case': async ({ client: { users } }) => {
    await users.create({ name: 'Alice', hash: '$argon2id$1', role: 'admin', createdAt: 2_000 });
    await assert.rejects(users.create({ name: 'ALICE', hash: '', role: '', createdAt: 0 }), {
      code: 'DB_DUPLICATE',
      message: /ALICE/,
    });
    await assert.rejects(users.create({ name: '', hash: '', role: '', createdAt: 0 }), { code: 'DB_CONSTRAINT' });
    await users.create({ name: 'Bob', hash: '$argon2id$2', role: 'user', createdAt: 0 });
    assert.equal(await users.change('alice', { hash: '$argon2id$3' }), true);
    assert.equal(await users.change('carol', { role: 'admin' }), false);
    const alice = { name: 'Alice', hash: '$argon2id$3', role: 'admin', createdAt: 2_000 };
    assert.deepEqual(await users.find('aLiCe'), alice);
    assert.deepEqual(
      (await users.list()).map(({ name }) => name),
      ['Alice', 'Bob'],
    );
    assert.deepEqual([await users.remove('ALICE'), await users.remove('ALICE')], [true, false]);
    assert.equal(await users.find('alice'), null);
  },
  'webhooks are kept with their secrets': async (stage) => {
    const { webhooks } = stage.client;
    const settings = { url: 'https://a.example/', events: ['torrent.*', 'peer.banned'], secret: 's' };
    const first = await webhooks.create(settings);
    const second = await webhooks.create({ ...settings, events: [] });
    assert.deepEqual(await webhooks.list(), [
      { ...settings, id: first.id, createdAt: 1_000 },
      { ...settings, events: [], id: second.id, createdAt: 1_000 },
    ]);
    assert.deepEqual([await webhooks.remove(first.id), await webhooks.remove(first.id)], [true, false]);
    assert.ok((await webhooks.create(settings)).id > second.id);
  },
  'bans are kept, each once': async ({ client }) => {
    await client.bans.put(['192.0.2.2', '192.0.2.1', '192.0.2.2']);
    await client.bans.put(['192.0.2.1']);
    assert.deepEqual(await client.bans.list(), ['192.0.2.1', '192.0.2.2']);
    await client.bans.remove(['192.0.2.1', '192.0.2.9']);
    assert.deepEqual(await client.bans.list(), ['192.0.2.2']);
  },
};

/** `open` opens an empty database. */
export function clientRepositoryCompliance(
  kind: string,
  open: (options: DatabaseOptions) => Promise<Database>,
  { skip = false }: { readonly skip?: boolean | string } = {},
): void {
  describe(`${kind} database keeps for a client`, { skip }, () => {
    for (const [title, run] of Object.entries({ ...torrents, ...others })) {
      test(title, async () => {
        const stage = { time: 1_000 };
        await using database = await open({ clock: { wall: () => stage.time } });
        await run(Object.assign(stage, { client: database.client }));
      });
    }
  });
}
