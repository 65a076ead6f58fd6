/** The client over a fake engine: what it does on its own. */
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DstError } from '../../base/errors.ts';
import { type FakeTorrent, smallTorrent, Stage, until } from './fakes.test.ts';
import type { ManagedTorrent } from './torrents.ts';

const last = (stage: Stage): FakeTorrent => stage.torrents.at(-1) as FakeTorrent;

async function add(stage: Stage, seed = 1): Promise<ManagedTorrent> {
  const { torrent } = await stage.client.torrents.add({ source: smallTorrent(seed).bytes });
  await stage.clock.pass(0);
  return torrent;
}

describe('a seeding goal', () => {
  async function seed(stage: Stage): Promise<ManagedTorrent> {
    const torrent = await add(stage);
    last(stage).figures = { uploaded: 150_000 };
    last(stage).finish();
    await stage.clock.pass(2_000);
    return torrent;
  }

  test('that is reached stops the torrent; who starts it again lets it seed on', async () => {
    await using stage = await Stage.open();
    await stage.settings.set({ 'goals.ratio': 1.5 });
    const torrent = await seed(stage);
    assert.equal(torrent.view().state, 'stopped');
    const [event] = stage.events('torrent.goal');
    assert.deepEqual(event?.data, { hash: torrent.hash, name: 'test-1', goal: 'ratio', action: 'stop' });
    const [finding] = torrent.why().findings;
    assert.equal(finding?.code, 'goal-reached');
    assert.match(finding.advice ?? '', /^Start it, and it seeds on without a goal\./);
    await torrent.start();
    await stage.clock.pass(120_000);
    assert.equal(torrent.view().state, 'seeding');
    await stage.stop();
    stage.engine.prepare = (one) => {
      one.isComplete = true;
    };
    await stage.start();
    await stage.clock.pass(120_000);
    assert.equal(stage.client.torrents.all()[0]?.view().state, 'seeding');
    await stage.client.torrents.all()[0]?.change({ goals: { ratio: 1, minutes: 'none', idleMinutes: 'none' } });
    await stage.clock.pass(120_000);
    assert.equal(stage.client.torrents.all()[0]?.view().state, 'stopped');
  });

  test('that is changed does not start what has stopped, as its advice says, and counts once it is started', async () => {
    await using stage = await Stage.open();
    await stage.settings.set({ 'goals.ratio': 1.5 });
    const torrent = await seed(stage);
    assert.match(torrent.why().findings[0]?.advice ?? '', /set its goals and then start it: new goals alone do not\.$/);
    await torrent.change({ goals: { ratio: 'none', minutes: 60, idleMinutes: 'none' } });
    await stage.clock.pass(120_000);
    assert.equal(torrent.view().state, 'stopped');
    await torrent.start();
    last(stage).finish();
    await stage.clock.pass(120_000);
    assert.equal(torrent.view().state, 'seeding');
    await stage.clock.pass(3_600_000);
    assert.equal(torrent.view().state, 'stopped');
  });

  test('may remove the torrent, with its data', async () => {
    for (const action of ['remove', 'remove-with-data']) {
      await using stage = await Stage.open();
      await stage.settings.set({ 'goals.minutes': 0, 'goals.action': action });
      const { hash } = await seed(stage);
      await until(() => stage.client.torrents.size === 0);
      const isDataDeleted = action === 'remove-with-data';
      assert.deepEqual(stage.events('torrent.removed')[0]?.data, { hash, name: 'test-1', isDataDeleted });
      assert.equal(stage.eventNames('torrent.goal').length, 1);
    }
  });

  test('counts idle time since a byte was last sent', async () => {
    await using stage = await Stage.open();
    await stage.settings.set({ 'goals.idleMinutes': 5 });
    const torrent = await seed(stage);
    await stage.clock.pass(240_000);
    last(stage).figures = { uploaded: 150_001 };
    await stage.clock.pass(240_000);
    assert.equal(torrent.view().state, 'seeding');
    await stage.clock.pass(180_000);
    assert.equal(torrent.view().state, 'stopped');
  });
});

test('a blocklist that cannot be used is told by health at once, also at the start', async () => {
  await using stage = await Stage.open();
  const isTold = (): boolean => /cannot be used/.test(stage.client.health()['blocklist'] ?? '');
  assert.equal(isTold(), false);
  await stage.settings.set({ 'peers.blocklist': join(stage.settings.value.downloads, 'nowhere') });
  stage.client.events.emit('settings.changed', { keys: ['peers.blocklist'], needRestart: [] });
  await until(isTold);
  await assert.rejects(stage.client.refreshBlocklist(), { code: 'CLIENT_BLOCKLIST' });
  await stage.stop();
  await stage.start();
  assert.ok(isTold());
  await stage.settings.set({ 'peers.blocklist': null });
  stage.client.events.emit('settings.changed', { keys: ['peers.blocklist'], needRestart: [] });
  await until(() => stage.client.health()['blocklist'] === null);
});

describe('a network interface that cannot be used', () => {
  const away = new DstError('NET_INTERFACE_DOWN', { category: 'network', help: '' }, 'wg0 is not there, or is down');

  test('is told by health and by every torrent that runs, until it can be used again', async () => {
    await using stage = await Stage.open();
    const [running, stopped] = [await add(stage, 1), await add(stage, 2)];
    await stopped.stop();
    const { revision } = running;
    stage.engine.become(away);
    assert.equal(stage.client.health()['network'], 'wg0 is not there, or is down');
    assert.equal(running.view().warning, 'wg0 is not there, or is down');
    assert.ok(running.revision > revision, 'those who follow changes hear of it');
    assert.equal(stopped.view().warning, null);
    assert.deepEqual(running.why().findings[0]?.code, 'network-away');
    stage.engine.become(null);
    assert.equal(stage.client.health()['network'], null);
    assert.equal(running.view().warning, null);
    const changes = stage.events('health.changed').filter(({ data }) => 'check' in data && data.check === 'network');
    assert.equal(changes.length, 2);
  });

  test('at the start is told as well', async () => {
    await using stage = await Stage.open();
    await stage.stop();
    stage.engine.become(away);
    await stage.start();
    assert.equal(stage.client.health()['network'], 'wg0 is not there, or is down');
  });

  test('is not listened to after the end', async () => {
    await using stage = await Stage.open();
    await stage.stop();
    assert.equal(stage.engine.problemListeners.size, 0);
  });
});

describe('a fault of the disk', () => {
  const fault = (code: string): DstError => new DstError(code, { category: 'storage', help: '' }, 'trouble');

  test('stops its torrent alone, and is over when the cause is gone', async () => {
    await using stage = await Stage.open();
    const [ill, well] = [await add(stage, 1), await add(stage, 2)];
    stage.torrents[0]?.become({ kind: 'failed', error: fault('STORAGE_MISSING') });
    await stage.passUntil(() => /1 failed/.test(stage.client.health().torrents ?? ''));
    assert.deepEqual([ill.view().state, well.view().state], ['failed', 'downloading']);
    assert.equal(ill.why().findings[0]?.code, 'data-missing');
    await mkdir(stage.settings.value.downloads);
    await writeFile(join(stage.settings.value.downloads, 'test-1'), 'data');
    await stage.passUntil(() => ill.view().state === 'downloading');
    assert.equal(stage.eventNames('torrent.healed').length, 1);
    await stage.passUntil(() => stage.client.health().torrents === null);
  });

  test('is found out although nobody wants anything of what is gone, by one look a folder', async () => {
    await using stage = await Stage.open();
    const torrents: ManagedTorrent[] = [];
    // Real disks take real time, in which that of the client may pass.
    Object.assign(stage.disk, { device: async () => null, free: async () => null });
    const [gone, there] = ['gone', 'there'].map((name) => join(stage.folder, name)) as [string, string];
    const pieces = [0, 1, 1, 1];
    for (const [i, savePath] of [gone, gone, gone, there].entries()) {
      torrents.push((await stage.client.torrents.add({ source: smallTorrent(i).bytes, savePath })).torrent);
      await stage.clock.pass(0);
      last(stage).figures = { piecesHave: pieces[i] as number };
    }
    const looks = (): number[] =>
      stage.torrents.map(({ calls }) => calls.filter((call) => call === 'checkFolder').length);
    await stage.passUntil(() => looks()[3] === 1);
    assert.deepEqual(looks(), [0, 1, 0, 1]);
    stage.engine.lost.set(gone, fault('STORAGE_MISSING'));
    const states = (): string[] => torrents.map((torrent) => torrent.view().state);
    await stage.passUntil(() => states().includes('failed'));
    assert.deepEqual(states(), ['downloading', 'failed', 'failed', 'downloading']);
    await stage.passUntil(() => /2 failed/.test(stage.client.health().torrents ?? ''));
  });

  test('that lets a folder never answer does not keep the others from being looked at', async () => {
    await using stage = await Stage.open();
    const { disk, settings } = stage;
    const there = join(stage.folder, 'there');
    const torrent = (await stage.client.torrents.add({ source: smallTorrent(1).bytes, savePath: there })).torrent;
    await stage.clock.pass(0);
    last(stage).figures = { piecesHave: 1 };
    const silence = Promise.withResolvers<number>();
    let [asked, free] = [0, 1_000];
    disk.device = async () => null;
    disk.free = (path) => (path === settings.value.downloads ? (asked++, silence.promise) : Promise.resolve(free));
    const isTold = (): boolean => stage.client.health()['folders'] !== null;
    await stage.passUntil(isTold);
    assert.equal(stage.client.health()['folders'], `no answer comes from ${settings.value.downloads}`);
    const isLow = (): boolean => torrent.why().findings.some(({ code }) => code === 'disk-low');
    assert.equal(isLow(), true);
    free = 10 ** 9;
    const looks = (): number => last(stage).calls.filter((call) => call === 'checkFolder').length;
    const before = looks();
    await stage.passUntil(() => !isLow() && looks() > before);
    stage.engine.lost.set(there, fault('STORAGE_MISSING'));
    await stage.passUntil(() => torrent.view().state === 'failed');
    assert.equal(asked, 1);
    silence.resolve(free);
    await stage.passUntil(() => !isTold());
    await stage.passUntil(() => stage.client.stats().freeSpace === free);
    assert.equal(asked > 1, true);
  });

  test('that lets a folder never answer refuses a torrent that is to go there, and holds up no other', async () => {
    await using stage = await Stage.open();
    const { client, disk, folder } = stage;
    const silent = join(folder, 'silent');
    disk.device = (path) => (path === silent ? new Promise(() => {}) : Promise.resolve(1));
    const refusal = client.torrents.add({ source: smallTorrent(1).bytes, savePath: silent }).catch(String);
    const added = client.torrents.add({ source: smallTorrent(2).bytes, savePath: join(folder, 'there') });
    let told: unknown = null;
    void refusal.then((error) => (told = error));
    await stage.passUntil(() => told !== null);
    assert.match(String(told), /no answer comes from ".*silent"/);
    await added;
    await assert.rejects(client.space(silent), { code: 'CLIENT_FOLDER_SILENT' });
  });

  test('that lets a folder never answer refuses a setting that names it', async () => {
    await using stage = await Stage.open();
    const { client, clock, disk, folder } = stage;
    const silent = join(folder, 'silent');
    disk.device = (path) => (path === silent ? new Promise(() => {}) : Promise.resolve(1));
    const setting = client.changeSettings({ downloads: silent }, { isLocal: false });
    const refused = assert.rejects(setting, { code: 'CLIENT_FOLDER_SILENT' });
    await clock.pass(30_000);
    await refused;
  });

  test('is not tried to mend while the user has stopped the torrent', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    last(stage).become({ kind: 'failed', error: fault('STORAGE_WRITE_FAILED') });
    await torrent.stop();
    await stage.clock.pass(60_000);
    assert.deepEqual([torrent.view().state, last(stage).calls], ['stopped', ['resume', 'pause']]);
  });

  test('that comes again is no news, and is tried less and less often', async () => {
    await using stage = await Stage.open();
    await add(stage);
    const engine = last(stage);
    engine.resume = async () => {
      engine.calls.push('resume');
      engine.become({ kind: 'failed', error: fault('STORAGE_WRITE_FAILED') });
    };
    engine.become({ kind: 'failed', error: fault('STORAGE_WRITE_FAILED') });
    await stage.passUntil(() => engine.calls.length >= 5);
    assert.equal(stage.eventNames('torrent.failed').length, 1);
    assert.ok(stage.clock.now() > 140_000, String(stage.clock.now()));
  });
});

test('a slow disk is found out', async () => {
  await using stage = await Stage.open();
  const torrent = await add(stage);
  const isFound = (): boolean => torrent.why().findings.some(({ code }) => code === 'disk-slow');
  assert.equal(isFound(), false);
  stage.engine.commits = { jobs: 4, seconds: 8 };
  await stage.passUntil(isFound);
  stage.engine.commits = { jobs: 8, seconds: 9 };
  await stage.passUntil(() => !isFound());
});

describe('settings that change', () => {
  test('count at once', async () => {
    await using stage = await Stage.open();
    const [, second] = [await add(stage, 1), await add(stage, 2)];
    await stage.settings.set({ 'limits.download': 5000, 'queue.downloads': 1, 'peers.perTorrent': 9 });
    stage.client.events.emit('settings.changed', { keys: [], needRestart: [] });
    await stage.clock.pass(0);
    assert.deepEqual(stage.engine.limits.at(-1), { download: 5000, upload: 0 });
    assert.equal(stage.engine.changes.at(-1)?.maxConnectionsPerTorrent, 9);
    assert.equal(second.view().state, 'queued');
  });

  test('switch limits which the schedule has switched since', async () => {
    await using stage = await Stage.open({ limits: { followSchedule: true, schedule: ['00:00-00:00'] } });
    assert.equal(stage.client.stats().usesAltLimits, true);
    await stage.client.changeSettings({ 'limits.alternative': false }, { isLocal: true });
    assert.equal(stage.client.stats().usesAltLimits, false);
  });

  test('of one torrent reach the engine', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    await torrent.change({ downloadLimit: 10, uploadLimit: 20, obeysGlobalLimits: false, maxPeers: null });
    await torrent.change({ isSuperSeeding: true, bandwidthPriority: 'high' });
    await torrent.change({ isSequential: true, isFirstLast: true, category: 'x' });
    assert.deepEqual(last(stage).calls.slice(1), [
      'setLimits {"download":10}',
      'setLimits {"upload":20}',
      'setIgnoresSessionLimits true',
      'setMaxConnections null',
      'setSuperSeeding true',
      'setBandwidthPriority high',
      'setSequential true',
      'setFirstLast true',
    ]);
    const what = ['isSequential', 'isFirstLast', 'category'];
    assert.deepEqual(stage.events('torrent.changed').at(-1)?.data, { hash: torrent.hash, what });
    for (const bad of [
      { downloadLimit: -1 },
      { maxPeers: 1.5 },
      { goals: { ratio: -1, minutes: 1, idleMinutes: 1 } },
    ]) {
      await assert.rejects(torrent.change(bad), { code: 'CLIENT_BAD_SETTING' }, JSON.stringify(bad));
    }
    await assert.rejects(torrent.change({ labels: ['a,b'] }), { code: 'CLIENT_BAD_NAME' });
    await assert.rejects(torrent.setPriorities(new Map([[7, 1]])), { code: 'CLIENT_NO_SUCH_FILE' });
    await assert.rejects(torrent.setPriorities(new Map([[0, 8]])), { code: 'CLIENT_BAD_SETTING' });
  });
});

describe('figures of the client', () => {
  test('add up over runs, and events go on from higher numbers', async () => {
    await using stage = await Stage.open();
    await add(stage);
    stage.engine.figures = { ...stage.engine.figures, downloaded: 1000, uploaded: 10, hasIncoming: true };
    await stage.clock.pass(5_000);
    const first = stage.client.stats();
    assert.deepEqual(first.run, { downloaded: 1000, uploaded: 10, sessions: 1, seconds: 5, torrentsAdded: 1 });
    assert.deepEqual([first.ever, first.isReachable, first.listening], [first.run, true, ['127.0.0.1:7000']]);
    assert.deepEqual(first.torrents, { all: 1, active: 0, stopped: 0, failed: 0 });
    const { last: lastEvent } = stage.client.events;
    await stage.stop();
    await stage.start();
    const { ever, run } = stage.client.stats();
    assert.deepEqual(ever, { downloaded: 1000, uploaded: 10, sessions: 2, seconds: 5, torrentsAdded: 1 });
    assert.deepEqual([run.sessions, run.torrentsAdded], [1, 0]);
    assert.equal(stage.client.events.since(lastEvent).isGap, true);
    assert.ok(stage.client.events.last >= lastEvent);
  });

  test('are not lost by a kill, and no event number is given twice', async () => {
    await using stage = await Stage.open();
    await add(stage);
    stage.engine.figures = { ...stage.engine.figures, downloaded: 1000 };
    await stage.passUntil(() => stage.clock.now() > 70_000);
    const { last: lastEvent } = stage.client.events;
    stage.kill();
    await stage.start();
    assert.equal(stage.client.stats().ever.downloaded, 1000);
    assert.ok(stage.client.events.last > lastEvent);
  });
});

describe('folders', () => {
  test('are listed below the roots, folders first, and links that lead out are not there', async () => {
    await using stage = await Stage.open();
    const folder = join(stage.folder, 'media');
    await mkdir(join(folder, 'films'), { recursive: true });
    await writeFile(join(folder, 'a.txt'), 'four');
    await symlink('/etc', join(folder, 'etc'));
    await symlink(stage.folder, join(folder, 'home'));
    assert.deepEqual(await stage.client.browse(folder), [
      { name: 'films', isFolder: true, size: null },
      { name: 'home', isFolder: true, size: null },
      { name: 'a.txt', isFolder: false, size: 4 },
    ]);
    await assert.rejects(stage.client.browse(join(folder, 'etc')), { code: 'CLIENT_PATH_REFUSED' });
    await assert.rejects(stage.client.browse('/'), { code: 'CLIENT_PATH_REFUSED' });
    await assert.rejects(stage.client.browse(join(folder, 'nothing')), { code: 'CLIENT_NOT_FOUND' });
    await assert.rejects(stage.client.browse(join(folder, 'a.txt')), { code: 'CLIENT_NOT_FOUND' });
  });

  test('are those to which callers from afar may lead data, by the roots of before', async () => {
    await using stage = await Stage.open();
    const { client, settings, folder } = stage;
    const afar = { isLocal: false };
    for (const key of ['downloads', 'incomplete']) {
      await assert.rejects(client.changeSettings({ [key]: '/etc' }, afar), { code: 'CLIENT_PATH_REFUSED' });
    }
    const both = { 'api.roots': ['/'], downloads: '/etc' };
    await assert.rejects(client.changeSettings(both, afar), { code: 'CLIENT_PATH_REFUSED' });
    assert.equal(settings.value.downloads, join(folder, 'downloads'));
    await client.changeSettings({ downloads: join(folder, 'films'), incomplete: null }, afar);
    await client.changeSettings({ downloads: '/etc' }, { isLocal: true });
    assert.equal(settings.value.downloads, '/etc');
    await settings.set({ 'api.roots': [folder] });
    await client.changeSettings({ 'limits.upload': 1 }, afar);
  });

  test('have absolute paths, as a start from elsewhere would make others of them', async () => {
    await using stage = await Stage.open();
    const { client, settings, folder } = stage;
    for (const key of ['downloads', 'incomplete']) {
      await assert.rejects(client.changeSettings({ [key]: 'films' }, { isLocal: true }), {
        code: 'CLIENT_BAD_SETTING',
      });
    }
    assert.equal(settings.value.downloads, join(folder, 'downloads'));
    await client.changeSettings({ downloads: '~/films' }, { isLocal: true });
  });

  test('tell their space, whether or not they are there', async () => {
    await using stage = await Stage.open();
    const { free, total } = await stage.client.space(join(stage.folder, 'not', 'there'));
    assert.ok(free > 0 && total >= free);
    await assert.rejects(stage.client.space('/etc'), { code: 'CLIENT_PATH_REFUSED' });
    assert.ok((stage.client.stats().freeSpace ?? 0) > 0);
  });
});

describe('categories and labels', () => {
  test('are not without number', async () => {
    await using stage = await Stage.open();
    const { categories } = stage.client;
    const labels = Array.from({ length: 9_998 }, (_, i) => `label ${i}`);
    await categories.addLabels(labels);
    const torrent = await add(stage);
    await torrent.change({ labels: ['a', 'b'] });
    const isRefused = { code: 'CLIENT_BAD_SETTING' };
    await assert.rejects(torrent.change({ labels: ['a', 'b', 'c'] }), isRefused);
    await assert.rejects(categories.addLabels(['c']), isRefused);
    const source = smallTorrent(2).bytes;
    await assert.rejects(stage.client.torrents.add({ source, settings: { labels: ['c'] } }), isRefused);
    await torrent.change({ labels: ['label 1', 'b'] });
    await torrent.change({ labels: ['label 1', 'b', 'c'] });
    await assert.rejects(torrent.change({ labels: labels.slice(0, 101) }), isRefused);
    await torrent.change({ labels: labels.slice(0, 100) });
  });

  test('that are taken away at the same time all go', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    await torrent.change({ labels: ['a', 'b', 'c'] });
    const { categories } = stage.client;
    await Promise.all([
      categories.removeLabels(['a']),
      categories.removeLabels(['b']),
      torrent.change(({ labels }) => ({ labels: [...labels, 'd'] })),
      torrent.change(({ labels }) => ({ labels: [...labels, 'e'] })),
    ]);
    assert.deepEqual(torrent.view().settings.labels, ['c', 'd', 'e']);
  });

  test('that are categories are at most ten thousand', async () => {
    await using stage = await Stage.open();
    const { categories } = stage.client;
    for (let i = 0; i < 10_000; i++) await categories.put({ name: `${i}`, savePath: '' });
    await categories.put({ name: '7', savePath: stage.folder });
    await assert.rejects(categories.put({ name: 'more', savePath: '' }), { code: 'CLIENT_BAD_SETTING' });
  });

  test('are kept, and give new torrents their folder', async () => {
    await using stage = await Stage.open();
    const { categories } = stage.client;
    const savePath = join(stage.folder, 'films');
    await categories.put({ name: 'films', savePath });
    await categories.put({ name: 'music/live', savePath: '' });
    await categories.addLabels(['new', 'old']);
    const { torrent } = await stage.client.torrents.add({
      source: smallTorrent(1).bytes,
      settings: { category: 'films', labels: ['mine'] },
    });
    assert.equal(torrent.view().savePath, savePath);
    await stage.settings.set({ 'torrents.categoryFolders': true });
    const added = await stage.client.torrents.add({
      source: smallTorrent(2).bytes,
      settings: { category: 'music/live' },
    });
    assert.equal(added.torrent.view().savePath, join(stage.settings.value.downloads, 'music', 'live'));
    await stage.stop();
    await stage.start();
    assert.deepEqual(stage.client.categories.all(), [
      { name: 'films', savePath },
      { name: 'music/live', savePath: '' },
    ]);
    assert.deepEqual(stage.client.categories.labels(), ['mine', 'new', 'old']);
  });

  test('that a torrent gets are made, unless the torrent is refused or they cannot be', async () => {
    await using stage = await Stage.open();
    const { categories, torrents } = stage.client;
    const source = smallTorrent(1).bytes;
    const refused = torrents.add({ source, settings: { category: 'refused' }, name: '' });
    await assert.rejects(refused, { code: 'CLIENT_BAD_NAME' });
    await assert.rejects(torrents.add({ source, settings: { category: 'a//b' } }), { code: 'CLIENT_BAD_NAME' });
    assert.deepEqual([categories.all(), torrents.size], [[], 0]);
    const { torrent } = await torrents.add({ source, settings: { category: 'new' } });
    await torrent.change({ category: 'other' });
    await assert.rejects(torrent.change({ category: '../a' }), { code: 'CLIENT_BAD_NAME' });
    await categories.put({ name: 'other', savePath: stage.folder });
    await torrent.change({ category: 'new' });
    await torrent.change({ category: 'other' });
    await stage.stop();
    await stage.start();
    assert.deepEqual(stage.client.categories.all(), [
      { name: 'new', savePath: '' },
      { name: 'other', savePath: stage.folder },
    ]);
    assert.equal(stage.client.torrents.all()[0]?.view().settings.category, 'other');
  });

  test('that are removed are taken from torrents', async () => {
    await using stage = await Stage.open();
    await stage.client.categories.put({ name: 'films', savePath: '' });
    const settings = { category: 'films', labels: ['a', 'b'] };
    const { torrent } = await stage.client.torrents.add({ source: smallTorrent(1).bytes, settings });
    await stage.client.categories.remove(['films']);
    await stage.client.categories.removeLabels(['a']);
    const { category, labels } = torrent.view().settings;
    assert.deepEqual([category, labels, stage.client.categories.all()], ['', ['b'], []]);
    stage.kill();
    await stage.start();
    assert.deepEqual(stage.client.torrents.all()[0]?.view().settings.labels, ['b']);
  });

  test('that are removed stay when they cannot be taken from torrents', async (t) => {
    await using stage = await Stage.open();
    const { client, database } = stage;
    await client.torrents.add({ source: smallTorrent(1).bytes, settings: { category: 'films' } });
    t.mock.method(database.client.torrents, 'save', () => Promise.reject(new Error('away')));
    await assert.rejects(client.categories.remove(['films']), { message: 'away' });
    assert.deepEqual(client.categories.all(), [{ name: 'films', savePath: '' }]);
    assert.equal(client.torrents.all()[0]?.view().settings.category, 'films');
  });

  test('have names that can be folders, and folders below the roots', async () => {
    await using stage = await Stage.open();
    for (const name of ['', 'a//b', '../a', 'a/..', '/a', 'a\nb', 'x'.repeat(256)]) {
      const putting = stage.client.categories.put({ name, savePath: '' });
      await assert.rejects(putting, { code: 'CLIENT_BAD_NAME' }, name);
    }
    const outside = stage.client.categories.put({ name: 'a', savePath: '/etc' });
    await assert.rejects(outside, { code: 'CLIENT_PATH_REFUSED' });
  });
});

test('bans reach the engine', async () => {
  await using stage = await Stage.open();
  await stage.client.ban(['192.0.2.7']);
  assert.deepEqual([stage.engine.filter.has('192.0.2.7'), stage.client.banned], [true, ['192.0.2.7']]);
  await stage.client.unban(['192.0.2.7']);
  assert.equal(stage.engine.filter.has('192.0.2.7'), false);
});
