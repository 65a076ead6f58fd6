import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAKE_NOW } from '../../../../test/support/fake-client.ts';
import { Stage } from './stage.test.ts';

describe('traffic', () => {
  test('is told with the limits that count', async () => {
    const stage = await Stage.open({
      config: { limits: { download: 1000, altDownload: 500, altUpload: 250, followSchedule: true } },
    });
    stage.torrent();
    const info = await stage.read('transfer/info');
    assert.deepEqual(
      [info.dl_info_speed, info.up_info_speed, info.dl_rate_limit, info.up_rate_limit, info.connection_status],
      [500_000, 20_000, 1000, 0, 'connected'],
    );
    const told = async (): Promise<string[]> => [
      await stage.read('transfer/downloadLimit'),
      await stage.read('transfer/uploadLimit'),
      await stage.read('transfer/speedLimitsMode'),
    ];
    assert.deepEqual(await told(), ['1000', '0', '0']);
    await stage.does('transfer/toggleSpeedLimitsMode');
    assert.deepEqual(await told(), ['500', '250', '1']);
    await stage.does('transfer/setUploadLimit', { limit: 300 });
    await stage.does('transfer/setSpeedLimitsMode', { mode: 0 });
    assert.deepEqual(await told(), ['1000', '0', '0']);
    await stage.does('transfer/setDownloadLimit', { limit: 0 });
    await stage.does('transfer/setUploadLimit', { limit: 70 });
    assert.deepEqual(await told(), ['0', '70', '0']);
    const { altUpload, upload, download } = stage.client.settings.value.limits;
    assert.deepEqual([altUpload, upload, download], [300, 70, 0]);
    assert.equal(stage.client.settings.value.limits.followSchedule, true);
    await stage.refuses('transfer/setSpeedLimitsMode', { mode: 'x' }, 400);
    await stage.refuses('transfer/setUploadLimit', {}, 400);
  });

  test('is known not to be reachable when nobody has come in, and not to be there without a port', async () => {
    const stage = await Stage.open();
    const stats = stage.client.stats();
    const says = async (facts: object): Promise<string> => {
      stage.client.stats = () => ({ ...stats, ...facts });
      return (await stage.read('transfer/info')).connection_status;
    };
    assert.equal(await says({ isReachable: false }), 'firewalled');
    assert.equal(await says({ listening: [] }), 'disconnected');
  });

  test('with peers can be forbidden, with port or without', async () => {
    const stage = await Stage.open();
    await stage.does('transfer/banPeers', { peers: '192.0.2.1:6881|[2001:db8::1]:1|2001:db8:0::2|nonsense' });
    assert.deepEqual(stage.client.banned.toSorted(), ['192.0.2.1', '2001:db8::1', '2001:db8::2']);
  });
});

describe('the log', () => {
  async function eventful(): Promise<Stage> {
    const stage = await Stage.open();
    const hash = 'ab'.repeat(20);
    const { events } = stage.client;
    events.emit('torrent.added', { hash, name: 'film "x"' });
    events.emit('piece.verified', { hash, piece: 1 });
    events.emit('tracker.failed', { hash, url: 'http://t.example/', message: 'refused' });
    events.emit('tracker.recovered', { hash, url: 'http://t.example/' });
    events.emit('torrent.failed', { hash, name: 'film', code: 'STORAGE_NO_SPACE', message: 'the disk is full' });
    events.emit('peer.banned', { hash, addresses: ['192.0.2.1', '192.0.2.2'], reason: 'bad data' });
    return stage;
  }

  test('has the events that are not too many, each of its kind', async () => {
    const stage = await eventful();
    const lines = await stage.read('log/main');
    assert.deepEqual(
      lines.map(({ id, type }: { id: number; type: number }) => [id, type]),
      [
        [1, 1],
        [3, 4],
        [4, 2],
        [5, 8],
      ],
    );
    assert.deepEqual(lines[0], { id: 1, message: 'Added torrent "film \\"x\\""', timestamp: FAKE_NOW, type: 1 });
    assert.equal(lines[3].message, '"film" failed: the disk is full (STORAGE_NO_SPACE)');
  });

  test('is told from where the caller was, in the kinds that are wanted', async () => {
    const stage = await eventful();
    const ids = async (fields: Record<string, string | number>): Promise<number[]> =>
      (await stage.read('log/main', fields)).map(({ id }: { id: number }) => id);
    assert.deepEqual(await ids({ last_known_id: 3 }), [4, 5]);
    assert.deepEqual(await ids({ last_known_id: 6 }), []);
    // Of another log.
    assert.deepEqual(await ids({ last_known_id: 1000 }), [1, 3, 4, 5]);
    assert.deepEqual(await ids({ last_known_id: -1, normal: 'false', critical: 'false' }), [3, 4]);
    assert.deepEqual(await ids({ warning: 'false', info: 'false' }), [1, 5]);
  });

  test('of peers has those that were banned', async () => {
    const stage = await eventful();
    const peer = { id: 6, timestamp: FAKE_NOW, blocked: true, reason: 'bad data' };
    assert.deepEqual(await stage.read('log/peers'), [
      { ...peer, ip: '192.0.2.1' },
      { ...peer, ip: '192.0.2.2' },
    ]);
    assert.deepEqual(await stage.read('log/peers', { last_known_id: 6 }), []);
  });

  test('has words for what happens to torrents and to the client', async () => {
    const stage = await Stage.open();
    const { events } = stage.client;
    const torrent = { hash: 'ab'.repeat(20), name: 'film' };
    events.emit('torrent.removed', { ...torrent, isDataDeleted: true });
    events.emit('torrent.metadata', torrent);
    events.emit('torrent.completed', { ...torrent, savePath: '/downloads' });
    events.emit('torrent.healed', { ...torrent, code: 'STORAGE_MISSING' });
    events.emit('torrent.moved', { ...torrent, from: '/a', to: '/b' });
    events.emit('torrent.goal-reached', { ...torrent, goal: 'ratio', action: 'stop' });
    events.emit('piece.failed', { ...torrent, piece: 7 });
    events.emit('settings.changed', { keys: ['limits.upload'], needRestart: [] });
    events.emit('limits.switched', { isAlternative: true, by: 'schedule' });
    events.emit('health.changed', { check: 'disk', problem: 'it is full' });
    events.emit('health.changed', { check: 'disk', problem: null });
    const lines: { message: string }[] = await stage.read('log/main');
    assert.deepEqual(
      lines.map(({ message }) => message),
      [
        'Removed torrent "film" and its files',
        'Metadata of "film" has arrived',
        'Download of "film" is complete',
        '"film" works again (STORAGE_MISSING)',
        `Torrent ${torrent.hash} was moved from "/a" to "/b"`,
        '"film" has reached its goal (ratio): stop',
        `Piece 7 of torrent ${torrent.hash} failed its hash`,
        'Settings were changed: limits.upload',
        'Alternative limits count from now on (schedule)',
        'disk: it is full',
        'disk is well again',
      ],
    );
  });
});

test('the usual limits and the alternative ones are read and set at once', async () => {
  const stage = await Stage.open();
  await stage.does('transfer/setSpeedLimits', { up_limit: 1000, alt_dl_limit: 3000.4 });
  await stage.does('transfer/setSpeedLimits', { dl_limit: 2000, up_limit: -1 });
  const { alt_up_limit: unchanged, ...rest } = await stage.read('transfer/getSpeedLimits');
  assert.deepEqual(rest, { up_limit: 0, dl_limit: 2000, alt_dl_limit: 3000 });
  assert.equal(unchanged, stage.client.settings.value.limits.altUpload);
});

test('the start of the program and the space of a folder are told', async () => {
  const stage = await Stage.open();
  const { launch_time: launched } = await stage.read('app/processInfo');
  assert.equal(launched, stage.api.clock.wall() - stage.client.stats().run.seconds);
  const { free } = await stage.client.space('/downloads');
  assert.equal(await stage.read('app/getFreeSpaceAtPath', { path: '/downloads' }), String(free));
  assert.equal((await stage.get('app/getFreeSpaceAtPath', { path: '/etc' })).status, 409);
});
