import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Dst, dst } from './clients/dst.ts';
import { type InfoHashes, libtorrent, libtorrentCreates, libtorrentReads } from './clients/libtorrent.ts';
import { PIECE_LENGTH, writeSample } from './content.ts';
import { describeExchange, dstCreates, exchange, type Format, SAMPLE } from './exchange.ts';
import { enterNamespace } from './namespace.ts';
import { TRACKER_URL } from './swarm.ts';

const skip = await enterNamespace(import.meta.filename, ['libtorrent']);
const noIpv6 = existsSync('/proc/net/if_inet6') ? false : 'this machine has no IPv6';

/** The files of the partial download, by their index in the torrent. */
const SELECTED = [1, 4, 7];

describeExchange('libtorrent', skip, libtorrent);

describe('libtorrent, dst and BEP 52 torrents', { skip }, () => {
  for (const format of ['v2', 'hybrid'] as const) {
    const create = dstCreates(format);

    test(`dst downloads a ${format} torrent from libtorrent bit-exact`, async () => {
      assert.deepEqual(await exchange({ seeder: libtorrent(), leecher: new Dst(), create }), []);
    });

    test(`libtorrent downloads a ${format} torrent from dst bit-exact`, async () => {
      assert.deepEqual(await exchange({ seeder: new Dst(), leecher: libtorrent(), create }), []);
    });
  }
});

describe('libtorrent, dst and magnet links whose metadata comes from the peer', { skip }, () => {
  const cases: { format: Format; link: (torrentFile: string) => string; text: string }[] = [
    { format: 'v1', link: (file) => magnet(file, ['v1']), text: 'a v1 torrent' },
    { format: 'v2', link: (file) => magnet(file, ['v2']), text: 'a v2 torrent' },
    { format: 'hybrid', link: (file) => magnet(file, ['v1', 'v2']), text: 'a hybrid torrent' },
    {
      format: 'hybrid',
      link: (file) => magnet(file, ['v1']),
      text: 'a hybrid torrent, named by its v1 info hash only',
    },
    {
      format: 'hybrid',
      link: (file) => magnet(file, ['v2']),
      text: 'a hybrid torrent, named by its v2 info hash only',
    },
  ];
  for (const { format, link, text } of cases) {
    const create = dstCreates(format);

    test(`dst downloads ${text}, from libtorrent`, async () => {
      assert.deepEqual(await exchange({ seeder: libtorrent(), leecher: new Dst(), create, target: link }), []);
    });

    test(`libtorrent downloads ${text}, from dst`, async () => {
      assert.deepEqual(await exchange({ seeder: new Dst(), leecher: libtorrent(), create, target: link }), []);
    });
  }
});

describe('torrent files of libtorrent and dst', { skip }, () => {
  for (const format of ['v1', 'v2', 'hybrid'] as const) {
    test(`dst downloads with a ${format} torrent file that libtorrent made`, async () => {
      const create = (content: string, torrentFile: string): void => {
        libtorrentCreates(content, torrentFile, { pieceLength: PIECE_LENGTH, format, tracker: TRACKER_URL });
        assert.deepEqual(dstReads(torrentFile), libtorrentReads(torrentFile));
      };
      assert.deepEqual(await exchange({ seeder: libtorrent(), leecher: new Dst(), create }), []);
    });

    test(`libtorrent reads the info hashes of a ${format} torrent file that dst made as dst does`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'dst-interop-'));
      const torrentFile = join(folder, 'sample.torrent');
      writeSample(folder, SAMPLE);
      dstCreates(format)(join(folder, SAMPLE), torrentFile);
      assert.deepEqual(libtorrentReads(torrentFile), dstReads(torrentFile));
      rmSync(folder, { recursive: true });
    });
  }
});

describe('libtorrent and a partial download by dst', { skip }, () => {
  test('dst downloads the selected files bit-exact, and no others', async () => {
    const others: string[] = [];
    const create = (content: string, torrentFile: string): void => {
      dstCreates('v1')(content, torrentFile);
      const { files } = JSON.parse(dst('info', '--json', torrentFile)) as { files: { path: string }[] };
      const left = files.filter((_, index) => !SELECTED.includes(index)).map(({ path }) => `missing: ${path}`);
      others.push(...left.sort());
    };
    const leecher = new Dst('--select', SELECTED.join());
    assert.deepEqual(await exchange({ seeder: libtorrent(), leecher, create, leftOut: others }), others);
  });
});

describe('libtorrent and dst over IPv6', { skip: skip || noIpv6 }, () => {
  test('dst downloads from libtorrent at ::1', async () => {
    assert.deepEqual(await exchange({ seeder: libtorrent(), leecher: new Dst(), ip: '::1' }), []);
  });

  test('libtorrent downloads from dst at ::1', async () => {
    assert.deepEqual(await exchange({ seeder: new Dst(), leecher: libtorrent(), ip: '::1' }), []);
  });
});

function dstReads(torrentFile: string): InfoHashes {
  const { infoHashV1, infoHashV2 } = JSON.parse(dst('info', '--json', torrentFile)) as Record<string, string | null>;
  return { v1: infoHashV1 ?? null, v2: infoHashV2 ?? null };
}

/** A magnet link with nothing in it but the info hashes, as libtorrent reads them. */
function magnet(torrentFile: string, versions: readonly ('v1' | 'v2')[]): string {
  const hashes = libtorrentReads(torrentFile);
  const topics = versions.map((version) =>
    version === 'v1' ? `xt=urn:btih:${hashes.v1}` : `xt=urn:btmh:1220${hashes.v2}`,
  );
  return `magnet:?${topics.join('&')}`;
}
