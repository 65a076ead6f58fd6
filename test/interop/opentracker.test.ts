import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { Dst, dst } from './clients/dst.ts';
import { libtorrent, libtorrentReads } from './clients/libtorrent.ts';
import { lastDifferences, writeSample } from './content.ts';
import { SAMPLE } from './exchange.ts';
import { ADDRESSES, enterNamespace } from './namespace.ts';
import { Opentracker } from './opentracker.ts';
import { Swarm } from './swarm.ts';

const skip = await enterNamespace(import.meta.filename, ['opentracker', 'libtorrent']);
const PORT = 6970;

describe('opentracker', { skip }, () => {
  for (const protocol of ['http', 'udp'] as const) {
    test(`two dst and one libtorrent meet through it over ${protocol.toUpperCase()} and complete`, async () => {
      await using swarm = await Swarm.open();
      const served = swarm.folder('served');
      const torrentFile = join(swarm.folder('torrent'), 'sample.torrent');
      writeSample(served, SAMPLE);
      dst(
        'create',
        join(served, SAMPLE),
        '-o',
        torrentFile,
        '--v1',
        '--tracker',
        `${protocol}://${ADDRESSES[0]}:${PORT}/announce`,
      );
      const infoHash = libtorrentReads(torrentFile).v1 as string;
      await using tracker = await Opentracker.start(swarm.folder('tracker'), ADDRESSES[0] as string, PORT, infoHash);
      const seeder = new Dst();
      await swarm.start(seeder);
      await seeder.seed(torrentFile, served);
      await tracker.waitForSeeder(180_000);
      const downloads: { leecher: Client; dir: string }[] = [];
      for (const leecher of [new Dst(), libtorrent()]) {
        const dir = swarm.folder(`fetched by ${leecher.name}`);
        await swarm.start(leecher);
        await leecher.download(torrentFile, dir, []);
        downloads.push({ leecher, dir });
      }
      for (const { leecher, dir } of downloads) {
        await leecher.waitComplete(180_000);
        assert.deepEqual(await lastDifferences(served, dir), []);
      }
    });
  }
});
