import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../../base/random.ts';
import { samplePeer } from '../../../../test/support/fake-torrent.ts';
import { type Fields, Stage } from './stage.test.ts';
import { SyncMemory, type Told } from './sync-memory.ts';
import { TrackerIndex } from './tracker-index.ts';

const tracker = 'http://tracker.example/announce';

describe('sync/maindata', () => {
  test('tells all at first, and to whoever shows what is not known', async () => {
    const stage = await Stage.open();
    const { hash } = stage.torrent();
    await stage.does('torrents/createCategory', { category: 'tv' });
    await stage.does('torrents/createTags', { tags: 'a' });
    for (const fields of [{}, { rid: 0 }, { rid: 7 }, { rid: 'x' }] as const) {
      const all = await stage.read('sync/maindata', fields);
      assert.equal(all.full_update, true);
      assert.deepEqual(Object.keys(all.torrents), [hash]);
      assert.equal(all.torrents[hash].hash, undefined);
      assert.equal(all.torrents[hash].name, 'sample');
      assert.deepEqual(all.categories, { tv: { name: 'tv', savePath: '' } });
      assert.deepEqual([all.tags, all.trackers], [['a'], { [tracker]: [hash] }]);
    }
  });

  test('has the state of the client with all that clients read', async () => {
    const stage = await Stage.open({ config: { limits: { download: 1000 } } });
    stage.torrent().set({ downloaded: 90_000, uploaded: 45_000 });
    const { server_state: state } = await stage.read('sync/maindata');
    assert.deepEqual(state, {
      alltime_dl: 100_000,
      alltime_ul: 50_000,
      average_time_queue: 0,
      connection_status: 'connected',
      dht_nodes: 0,
      dl_info_data: 90_000,
      dl_info_speed: 500_000,
      dl_rate_limit: 1000,
      free_space_on_disk: 500_000_000_000,
      global_ratio: '0.50',
      last_external_address_v4: '',
      last_external_address_v6: '',
      queued_io_jobs: 0,
      queueing: true,
      read_cache_hits: '0',
      read_cache_overload: '0',
      refresh_interval: 1500,
      total_buffers_size: 0,
      total_peer_connections: 2,
      total_queued_size: 0,
      total_wasted_session: 0,
      up_info_data: 45_000,
      up_info_speed: 20_000,
      up_rate_limit: 0,
      use_alt_speed_limits: false,
      use_subcategories: false,
      write_cache_overload: '0',
    });
  });

  test('then tells what has changed, and nothing else', async () => {
    const stage = await Stage.open();
    const [a, b] = [stage.torrent('a'), stage.torrent('b')];
    await stage.does('torrents/createCategory', { category: 'tv' });
    let { rid } = await stage.read('sync/maindata');
    const next = async (): Promise<Record<string, unknown>> => {
      const { rid: given, ...rest } = await stage.read('sync/maindata', { rid });
      assert.notEqual(given, rid);
      rid = given;
      return rest;
    };
    assert.deepEqual(await next(), {});
    a.set({ downloadRate: 7 });
    const { torrents, server_state, ...others } = (await next()) as {
      torrents: Record<string, { dlspeed: number }>;
    } & {
      server_state: object;
    };
    assert.deepEqual([Object.keys(torrents), torrents[a.hash]?.dlspeed, others], [[a.hash], 7, {}]);
    assert.deepEqual(server_state, { dl_info_speed: 500_007 });
    await stage.does('torrents/editCategory', { category: 'tv', savePath: '/media' });
    await stage.does('torrents/createTags', { tags: 'x,y' });
    assert.deepEqual(await next(), { categories: { tv: { name: 'tv', savePath: '/media' } }, tags: ['x', 'y'] });
    await stage.does('torrents/removeCategories', { categories: 'tv' });
    await stage.does('torrents/deleteTags', { tags: 'x' });
    assert.deepEqual(await next(), { categories_removed: ['tv'], tags_removed: ['x'] });
    await stage.does('torrents/delete', { hashes: b.hash });
    const after = await next();
    assert.deepEqual([after['torrents_removed'], after['trackers']], [[b.hash], { [tracker]: [a.hash] }]);
    await stage.does('torrents/addTrackers', { hash: a.hash, urls: 'http://b.example/' });
    await stage.does('torrents/removeTrackers', { hash: a.hash, urls: tracker });
    const moved = await next();
    assert.deepEqual([moved['trackers'], moved['trackers_removed']], [{ 'http://b.example/': [a.hash] }, [tracker]]);
    assert.deepEqual(await next(), {});
  });

  test('a torrent that went and came back is not told as removed', async () => {
    const stage = await Stage.open();
    const { hash } = stage.torrent();
    const { rid } = await stage.read('sync/maindata');
    await stage.does('torrents/delete', { hashes: hash });
    stage.torrent();
    const update = await stage.read('sync/maindata', { rid });
    assert.deepEqual([Object.keys(update.torrents), update.torrents_removed], [[hash], undefined]);
  });

  test('an answer that was lost can be asked for again; what is older is told in full', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    const first = await stage.read('sync/maindata');
    torrent.set({ downloadRate: 1 });
    const lost = await stage.read('sync/maindata', { rid: first.rid });
    const again = await stage.read('sync/maindata', { rid: first.rid });
    assert.deepEqual({ ...again, rid: 0 }, { ...lost, rid: 0 });
    await stage.read('sync/maindata', { rid: again.rid });
    assert.equal((await stage.read('sync/maindata', { rid: first.rid })).full_update, true);
  });

  test('tells of many torrents as of few', async () => {
    const stage = await Stage.open();
    const torrents = Array.from({ length: 250 }, (_, i) => stage.torrent(`t${i}`));
    const { torrents: rows } = await stage.read('sync/maindata');
    assert.deepEqual(
      torrents.map(({ hash }) => rows[hash].name),
      torrents.map((_, i) => `t${i}`),
    );
    const listed = async (fields: Fields): Promise<string[]> =>
      (await stage.read('torrents/info', fields)).map(({ name }: { name: string }) => name);
    assert.deepEqual(
      await listed({}),
      Object.values(rows).map((row) => (row as { name: string }).name),
    );
    assert.deepEqual(
      await listed({ sort: 'added_on', reverse: true, offset: 120, limit: 115 }),
      (await listed({})).slice(120, 235),
    );
  });

  test('clients do not disturb each other', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    const [one, other] = [await stage.read('sync/maindata'), await stage.read('sync/maindata')];
    torrent.set({ downloadRate: 1 });
    for (const { rid } of [one, other]) {
      assert.deepEqual(Object.keys((await stage.read('sync/maindata', { rid })).torrents), [torrent.hash]);
    }
  });
});

describe('what was told', () => {
  const told: Told = { revision: 1, server: {}, categories: [], tags: [] };

  test('is remembered for a bounded number of answers, the newest', () => {
    const memory = new SyncMemory(seededRandom(1));
    const rids = Array.from({ length: 300 }, () => memory.keep(told, 0));
    assert.equal(rids.filter((rid) => memory.find(rid) !== null).length, 200);
    assert.notEqual(memory.find(rids.at(-1) as number), null);
  });

  test('of one client takes two places, however often it asks', () => {
    const memory = new SyncMemory(seededRandom(1));
    const still = memory.keep(told, 0);
    let rid = 0;
    for (let i = 0; i < 1000; i++) {
      memory.find(rid);
      rid = memory.keep(told, rid);
    }
    assert.notEqual(memory.find(still), null);
  });

  test('by another run is not known', () => {
    assert.notEqual(new SyncMemory(seededRandom(1)).nextRid(), new SyncMemory(seededRandom(2)).nextRid());
  });
});

describe('trackers', () => {
  test('that are gone are forgotten in the end, and then all is told', async () => {
    const stage = await Stage.open();
    const index = new TrackerIndex();
    const torrents = stage.client.torrents;
    const torrent = stage.torrent();
    index.update(torrents);
    const { revision } = torrents.changes(0);
    const urls = Array.from({ length: 1001 }, (_, i) => `http://${i}.example/`);
    await torrent.setTrackers([urls]);
    index.update(torrents);
    assert.deepEqual(index.since(revision)?.removed, [tracker]);
    await torrent.setTrackers([]);
    index.update(torrents);
    assert.equal(index.since(revision), null);
    assert.deepEqual(index.since(torrents.changes(0).revision), { changed: {}, removed: [] });
    assert.deepEqual(index.all(), {});
  });
});

describe('sync/torrentPeers', () => {
  test('tells all peers each time', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    torrent.peerList = [{ ...samplePeer('2001:db8::7', 51_413), flags: 'DI' }];
    const first = await stage.read('sync/torrentPeers', { hash: torrent.hash });
    assert.deepEqual(first, {
      rid: first.rid,
      full_update: true,
      show_flags: false,
      peers: {
        '[2001:db8::7]:51413': {
          client: 'qBittorrent 5.0.5',
          connection: 'BT',
          dl_speed: 1000,
          downloaded: 100_000,
          files: '',
          flags: 'D I',
          flags_desc: 'D = downloading from it\nI = incoming connection',
          ip: '2001:db8::7',
          peer_id_client: '-qB5050-',
          port: 51_413,
          progress: 0.5,
          relevance: 1,
          up_speed: 200,
          uploaded: 20_000,
        },
      },
    });
    torrent.peerList = [];
    const second = await stage.read('sync/torrentPeers', { hash: torrent.hash, rid: first.rid });
    assert.deepEqual(second, { rid: first.rid + 1, full_update: true, show_flags: false, peers: {} });
  });
});
