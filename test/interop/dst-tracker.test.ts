/** Real clients that know of each other only through our tracker. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Client } from './client.ts';
import { Aria2 } from './clients/aria2.ts';
import { Dst, dst } from './clients/dst.ts';
import { libtorrent, libtorrentReads } from './clients/libtorrent.ts';
import { Qbittorrent } from './clients/qbittorrent.ts';
import { Rtorrent } from './clients/rtorrent.ts';
import { Transmission } from './clients/transmission.ts';
import { webtorrent } from './clients/webtorrent.ts';
import { differences, writeSample } from './content.ts';
import { DstTracker } from './dst-tracker.ts';
import { SAMPLE } from './exchange.ts';
import { ADDRESSES, enterNamespace } from './namespace.ts';
import { Swarm } from './swarm.ts';

const skip = await enterNamespace(import.meta.filename, [
  'aria2',
  'libtorrent',
  'qbittorrent',
  'rtorrent',
  'transmission',
  'webtorrent',
]);
const PORT = 6971;
const TIMEOUT_MS = 60_000;
/** Transmission 3 never creates files of length zero. */
const LEFT_OUT = ['missing: empty file.txt'];

/** So many clients tell over HTTP and UDP when they have finished; rtorrent 0.9 does not, webtorrent not over HTTP. */
const ANNOUNCING = 5;

const clients: readonly (() => Client)[] = [
  () => new Dst(),
  libtorrent,
  () => new Aria2(),
  () => new Qbittorrent(),
  () => new Rtorrent(),
  () => new Transmission(),
  webtorrent,
];

interface Fetching {
  readonly leecher: Client;
  readonly folder: string;
}

describe('dst tracker', { skip }, () => {
  for (const protocol of ['http', 'udp'] as const) {
    test(`seven clients find a seeder through it over ${protocol.toUpperCase()} and complete`, async () => {
      await using swarm = await Swarm.open();
      const served = swarm.folder('served');
      const torrentFile = join(swarm.folder('torrent'), 'sample.torrent');
      writeSample(served, SAMPLE);
      const url = `${protocol}://${ADDRESSES[0]}:${PORT}/announce`;
      dst('create', join(served, SAMPLE), '-o', torrentFile, '--v1', '--tracker', url);
      const infoHash = libtorrentReads(torrentFile).v1 as string;
      await using tracker = await DstTracker.start(swarm.folder('tracker'), [ADDRESSES[0] as string], PORT);
      const seeder = new Dst();
      await swarm.start(seeder);
      await seeder.seed(torrentFile, served);
      await tracker.waitFor(infoHash, ({ complete }) => complete === 1, TIMEOUT_MS);
      const fetching = await Promise.all(clients.map((create) => fetchWith(create(), swarm, torrentFile)));
      for (const { leecher, folder } of fetching) {
        await leecher.waitComplete(TIMEOUT_MS);
        const left = differences(join(served, SAMPLE), join(folder, SAMPLE));
        assert.deepEqual(left, leecher instanceof Transmission ? LEFT_OUT : [], leecher.name);
      }
      await tracker.waitFor(infoHash, ({ downloaded }) => downloaded >= ANNOUNCING, TIMEOUT_MS);
    });
  }
});

async function fetchWith(leecher: Client, swarm: Swarm, torrentFile: string): Promise<Fetching> {
  const folder = swarm.folder(`fetched by ${leecher.name}`);
  await swarm.start(leecher);
  await leecher.download(torrentFile, folder, []);
  return { leecher, folder };
}
