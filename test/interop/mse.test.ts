/** Message Stream Encryption with real clients: where either side takes nothing else, and where the other knows none. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Client } from './client.ts';
import { Aria2 } from './clients/aria2.ts';
import { Dst } from './clients/dst.ts';
import { libtorrent } from './clients/libtorrent.ts';
import { Qbittorrent } from './clients/qbittorrent.ts';
import { Transmission } from './clients/transmission.ts';
import { lastDifferences, writeSample } from './content.ts';
import { dstCreates, exchange, type Format, SAMPLE } from './exchange.ts';
import { enterNamespace } from './namespace.ts';
import { Swarm } from './swarm.ts';

const skip = await enterNamespace(import.meta.filename, ['transmission', 'libtorrent', 'qbittorrent', 'aria2']);

/** Our client, encrypting only. By its default it dials so first, and takes both. */
const requiring = (): Client => new Dst('--encryption', 'required');

interface Subject {
  readonly make: (encryption?: 'required') => Client;
  /** What it leaves out when it downloads. */
  readonly leftOut?: readonly string[];
}

const subjects: Readonly<Record<string, Subject>> = {
  // Transmission 3 never creates files of length zero.
  Transmission: { make: (encryption) => new Transmission(encryption), leftOut: ['missing: empty file.txt'] },
  libtorrent: { make: libtorrent },
  qBittorrent: { make: (encryption) => new Qbittorrent(encryption) },
  aria2: { make: (encryption) => new Aria2(encryption) },
};

for (const [name, { make, leftOut = [] }] of Object.entries(subjects)) {
  describe(`${name}, dst and encryption`, { skip }, () => {
    test(`dst downloads from ${name}, which requires encryption`, async () => {
      assert.deepEqual(await exchange({ seeder: make('required'), leecher: new Dst() }), []);
    });

    test(`${name}, which requires encryption, downloads from dst`, async () => {
      assert.deepEqual(await exchange({ seeder: new Dst(), leecher: make('required'), leftOut }), leftOut);
    });

    test(`dst, which requires encryption, downloads from ${name}`, async () => {
      assert.deepEqual(await exchange({ seeder: make(), leecher: requiring() }), []);
    });

    test(`${name} downloads from dst, which requires encryption`, async () => {
      assert.deepEqual(await exchange({ seeder: requiring(), leecher: make(), leftOut }), leftOut);
    });
  });
}

describe('clients without encryption, and dst', { skip }, () => {
  const plain: Readonly<Record<string, () => Client>> = {
    libtorrent: () => libtorrent('plaintext'),
    qBittorrent: () => new Qbittorrent('plaintext'),
  };
  for (const [name, make] of Object.entries(plain)) {
    test(`dst downloads from ${name}, which refuses encryption`, async () => {
      assert.deepEqual(await exchange({ seeder: make(), leecher: new Dst() }), []);
    });

    test(`${name}, which refuses encryption, downloads from dst`, async () => {
      assert.deepEqual(await exchange({ seeder: new Dst(), leecher: make() }), []);
    });
  }

  test('dst that dials in plaintext downloads from libtorrent, which refuses encryption', async () => {
    const leecher = new Dst('--encryption', 'plaintext');
    assert.deepEqual(await exchange({ seeder: libtorrent('plaintext'), leecher }), []);
  });

  test('one port of dst serves a client that requires encryption and one that refuses it', async () => {
    await using swarm = await Swarm.open();
    const served = swarm.folder('served');
    const torrentFile = join(swarm.folder('torrent'), 'sample.torrent');
    writeSample(served, SAMPLE);
    dstCreates('v1')(join(served, SAMPLE), torrentFile);
    const seeder = new Dst();
    const peer = await swarm.start(seeder);
    await seeder.seed(torrentFile, served);
    const leechers = [libtorrent('required'), libtorrent('plaintext')];
    await Promise.all(
      leechers.map(async (leecher, i) => {
        const fetched = swarm.folder(`fetched-${i}`);
        await swarm.start(leecher);
        await leecher.download(torrentFile, fetched, [peer]);
        await leecher.waitComplete(180_000);
        assert.deepEqual(await lastDifferences(join(served, SAMPLE), join(fetched, SAMPLE)), []);
      }),
    );
  });
});

describe('libtorrent, dst, encryption and BEP 52 torrents', { skip }, () => {
  for (const format of ['v2', 'hybrid'] satisfies Format[]) {
    const create = dstCreates(format);

    test(`dst downloads a ${format} torrent from libtorrent, both requiring encryption`, async () => {
      const seeder = libtorrent('required');
      assert.deepEqual(await exchange({ seeder, leecher: requiring(), create }), []);
    });

    test(`libtorrent downloads a ${format} torrent from dst, both requiring encryption`, async () => {
      const leecher = libtorrent('required');
      assert.deepEqual(await exchange({ seeder: requiring(), leecher, create }), []);
    });
  }
});
