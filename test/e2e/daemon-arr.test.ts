/** Sonarr and Radarr, as their sources have it, with the daemon as their download client: over either of its APIs. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type ArrDownloadClient, type ArrItem, type ArrSettings, AuthenticationFailure } from './arr.ts';
import { scratchFolder } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';
import { diskTorrent, showAndFilm } from './disk-torrent.ts';
import { QbittorrentArr } from './qbittorrent-arr.ts';
import { TransmissionArr } from './transmission-arr.ts';

interface Api {
  readonly name: string;
  readonly arr: new (daemon: DaemonProcess, settings: ArrSettings) => ArrDownloadClient;
  /** Where new torrents go, below the folder for downloads. */
  readonly folder: (category: string) => string;
  /** What a link is taken for before its metadata is there. */
  readonly link: ArrItem['status'];
}

const apis: readonly Api[] = [
  { name: 'Transmission', arr: TransmissionArr, folder: (category) => category, link: 'Queued' },
  // Without a DHT it warns of what may have nobody to ask.
  { name: 'qBittorrent', arr: QbittorrentArr, folder: () => '', link: 'Warning' },
];

async function add(daemon: DaemonProcess, file: string): Promise<void> {
  const torrent = (await readFile(file)).toString('base64');
  await daemon.api('/torrents', { method: 'POST', body: { torrent } });
}

/** Tells a daemon of a peer, as a tracker would. */
async function introduce(daemon: DaemonProcess, hash: string, peer: DaemonProcess): Promise<void> {
  await daemon.api(`/torrents/${hash}/peers`, { method: 'POST', body: { peers: [await peer.peerAddress()] } });
}

for (const { name, arr: Arr, folder, link } of apis) {
  for (const [program, category] of [['Sonarr', 'tv-sonarr'] as const, ['Radarr', 'radarr'] as const]) {
    describe(`${program} takes the daemon for ${name}`, { timeout: 480_000 }, () => {
      test('from its settings to what is imported and removed', async (t) => {
        await using scratch = await scratchFolder();
        const peerFolder = join(scratch.path, 'peer');
        const source = join(peerFolder, 'downloads');
        const { show, film } = await showAndFilm(source);
        await using peer = await DaemonProcess.start(peerFolder);
        for (const { file } of [show, film]) await add(peer, file);
        await using daemon = await DaemonProcess.start(scratch.path);
        const { name: username, password } = daemon.login;
        const settings = { username, password, category, importedCategory: 'imported', isFirst: true };
        const arr = new Arr(daemon, settings);
        const hash = show.infoHash.toUpperCase();
        const expected = join(daemon.downloads, folder(category));
        const untilItem = async (what: string, isWanted: (item: ArrItem | undefined) => boolean): Promise<ArrItem> => {
          const items = await daemon.until(
            what,
            () => arr.items(),
            (all) => isWanted(all[0]),
          );
          return items[0] as ArrItem;
        };

        await t.test('it is not let in with another password', async () => {
          await assert.rejects(new Arr(daemon, { ...settings, password: 'wrong' }).test(), AuthenticationFailure);
        });

        await t.test('it finds its settings right', async () => {
          await arr.test();
          assert.equal(await arr.outputFolder(), expected);
          assert.deepEqual(await arr.items(), []);
        });

        await t.test('it sends a torrent file, with goals', async () => {
          await arr.download(await readFile(show.file), hash, { ratio: 0.5, minutes: 600 });
          // Until the daemon has looked for its data it is checking.
          const item = await untilItem('downloading', (one) => one?.status === 'Downloading');
          assert.deepEqual(
            { ...item, outputPath: null },
            {
              downloadId: hash,
              title: 'test-1',
              category,
              status: 'Downloading',
              outputPath: null,
              remainingSize: 500_000,
              remainingTime: null,
              canBeRemoved: false,
            },
          );
          type Settings = { readonly goals: Readonly<Record<string, unknown>> };
          const { settings: set } = await daemon.api<{ settings: Settings }>(`/torrents/${show.infoHash}`);
          const { goals } = set;
          assert.equal(goals['ratio'], 0.5);
          assert.equal(goals[name === 'Transmission' ? 'idleMinutes' : 'minutes'], 600);
        });

        await t.test('it follows the download, and finds the files where it is told', async () => {
          await introduce(daemon, show.infoHash, peer);
          const item = await untilItem('complete', (one) => one?.status === 'Completed');
          assert.deepEqual([item.outputPath, item.remainingSize], [join(expected, 'test-1'), 0]);
          for (const file of ['file-0000', 'file-0001']) {
            assert.deepEqual(
              await readFile(join(item.outputPath ?? '', file)),
              await readFile(join(source, 'test-1', file)),
            );
          }
          assert.equal(item.canBeRemoved, false);
        });

        await t.test('it marks as imported what it took', async () => {
          await arr.markAsImported(hash);
          assert.deepEqual(await arr.items(), []);
          const imported = new Arr(daemon, { ...settings, category: 'imported' });
          assert.deepEqual(
            (await imported.items()).map(({ downloadId }) => downloadId),
            [hash],
          );
        });

        await t.test('it removes with the data what has seeded enough', async () => {
          const imported = new Arr(daemon, { ...settings, category: 'imported' });
          await peer.api(`/torrents/${show.infoHash}?data=true`, { method: 'DELETE' });
          await add(peer, show.file);
          await introduce(peer, show.infoHash, daemon);
          await daemon.until(
            'over',
            () => imported.items(),
            ([item]) => item?.canBeRemoved === true,
          );
          assert.equal((await imported.items())[0]?.status, 'Completed');
          await imported.remove(hash, true);
          assert.deepEqual(await imported.items(), []);
          await daemon.until(
            'gone from the disk',
            () => readdir(expected),
            (names) => names.length === 0,
          );
        });

        await t.test('it sends a link to the head of the queue, whose metadata comes later', async () => {
          await add(daemon, show.file);
          const tracker = encodeURIComponent('http://127.0.0.1:1/announce');
          const filmHash = film.infoHash.toUpperCase();
          await arr.download(`magnet:?xt=urn:btih:${filmHash}&dn=film&tr=${tracker}`, filmHash);
          // Whose turn it is is decided in a moment.
          await untilItem('a link that waits for its metadata', (one) => one?.title === 'film' && one.status === link);
          const queue = (await daemon.torrents()).toSorted(
            (a, b) => Number(a['queuePosition']) - Number(b['queuePosition']),
          );
          assert.deepEqual(
            queue.map((torrent) => torrent.hash),
            [film.infoHash, show.infoHash],
          );
          await introduce(daemon, film.infoHash, peer);
          // The tracker cannot be reached: that must not keep what is complete from being imported.
          const item = await untilItem('complete', (one) => one?.status === 'Completed');
          assert.equal(item.outputPath, join(expected, 'test-2'));
          assert.equal((await stat(item.outputPath)).size, 100_000);
        });

        await t.test('it sees what waits for its turn', async () => {
          await daemon.api('/settings', { method: 'PATCH', body: { 'queue.downloads': 1 } });
          const other = await diskTorrent(source, { files: [100_000], pieceLength: 16_384, seed: 3 });
          const later = new Arr(daemon, { ...settings, isFirst: false });
          await later.download(await readFile(other.file), other.infoHash.toUpperCase());
          const isOther = ({ downloadId }: ArrItem): boolean => downloadId === other.infoHash.toUpperCase();
          await daemon.until(
            'waiting',
            () => arr.items(),
            (items) => items.find(isOther)?.status === 'Queued',
          );
        });
      });
    });
  }
}

test('Sonarr and Radarr find what they have put into a folder of Transmission, by the folder', {
  timeout: 480_000,
}, async () => {
  await using scratch = await scratchFolder();
  const show = await diskTorrent(scratch.path, { files: [100_000] });
  await using daemon = await DaemonProcess.start(scratch.path);
  const { name: username, password } = daemon.login;
  const directory = join(daemon.downloads, 'shows');
  const arr = new TransmissionArr(daemon, { username, password, category: '', directory, addsPaused: true });
  await arr.test();
  assert.equal(await arr.outputFolder(), directory);
  await arr.download(await readFile(show.file), show.infoHash.toUpperCase());
  // It is looked for data first.
  const torrent = await daemon.untilState(show.infoHash, 'stopped');
  assert.deepEqual([torrent.state, torrent['savePath']], ['stopped', directory]);
  // They take what is stopped for a download all the same.
  assert.deepEqual(
    (await arr.items()).map(({ outputPath, status }) => [outputPath, status]),
    [[join(directory, 'test-1'), 'Downloading']],
  );
  const other = new TransmissionArr(daemon, { username, password, category: '', directory: `${directory}-other` });
  assert.deepEqual(await other.items(), []);
  await arr.remove(show.infoHash.toUpperCase(), false);
  assert.deepEqual(await daemon.torrents(), []);
});
