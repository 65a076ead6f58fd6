/** Real clients that know of each other only through our tracker. */
import { describe, test } from 'node:test';
import type { Client } from './client.ts';
import { Aria2 } from './clients/aria2.ts';
import { Dst } from './clients/dst.ts';
import { libtorrent } from './clients/libtorrent.ts';
import { Qbittorrent } from './clients/qbittorrent.ts';
import { Rtorrent } from './clients/rtorrent.ts';
import { Transmission } from './clients/transmission.ts';
import { webtorrent } from './clients/webtorrent.ts';
import { ADDRESSES, enterNamespace } from './namespace.ts';
import { exchangeThroughTracker } from './tracker-exchange.ts';

const skip = await enterNamespace(import.meta.filename, [
  'aria2',
  'libtorrent',
  'qbittorrent',
  'rtorrent',
  'transmission',
  'webtorrent',
]);

/**
 * So many clients surely tell over HTTP and UDP when they have finished: rtorrent 0.9 does not, webtorrent not over HTTP,
 * and ours, which is not to seed, may end before it does.
 */
const ANNOUNCING = 4;

const clients: readonly (() => Client)[] = [
  () => new Dst(),
  libtorrent,
  () => new Aria2(),
  () => new Qbittorrent(),
  () => new Rtorrent(),
  () => new Transmission(),
  webtorrent,
];

describe('dst tracker', { skip }, () => {
  for (const protocol of ['http', 'udp'] as const) {
    test(`seven clients find a seeder through it over ${protocol.toUpperCase()} and complete`, async () => {
      const leechers = clients.map((create) => create());
      const seeder = new Dst();
      await exchangeThroughTracker({ protocol, addresses: ADDRESSES, seeder, leechers, announcing: ANNOUNCING });
    });
  }
});
