/**
 * Real clients that know of each other only through our tracker, in IPv6: the tracker listens at one IPv6 address and
 * nowhere else, the seeder too, and no peer is ever connected to over IPv4.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Client } from './client.ts';
import { Aria2 } from './clients/aria2.ts';
import { Dst } from './clients/dst.ts';
import { libtorrent } from './clients/libtorrent.ts';
import { Qbittorrent } from './clients/qbittorrent.ts';
import { Rtorrent } from './clients/rtorrent.ts';
import { Transmission } from './clients/transmission.ts';
import { webtorrent } from './clients/webtorrent.ts';
import { countConnections } from './connections.ts';
import { ADDRESSES, enterNamespace, IPV6_ADDRESSES } from './namespace.ts';
import { PEER_PORTS } from './swarm.ts';
import { exchangeThroughTracker, type TrackerExchange } from './tracker-exchange.ts';

const skip = await enterNamespace(
  import.meta.filename,
  ['aria2', 'libtorrent', 'qbittorrent', 'rtorrent', 'transmission', 'webtorrent'],
  // aria2 and Transmission open their RPC port at 127.0.0.1 only where there is an IPv4 address besides it.
  [...IPV6_ADDRESSES, ADDRESSES[0] as string],
);

const clients: readonly (() => Client)[] = [
  () => new Dst(),
  libtorrent,
  () => new Aria2(),
  () => new Qbittorrent(),
  () => new Rtorrent(),
  () => new Transmission(),
  webtorrent,
];

/**
 * Those that find IPv6 peers through UDP trackers. The others cannot, by their source:
 * - aria2 1.36 speaks to UDP trackers from its IPv4 DHT socket and reads peers of six bytes ("Currently we only utilize
 *   IPv4 DHT for UDP tracker", NameResolveCommand.cc; UDPTrackerClient.cc).
 * - webtorrent 3 opens an IPv4 socket for them (`dgram.createSocket('udp4')`, lib/client/udp-tracker.js of
 *   bittorrent-tracker 11).
 * - Transmission 3.00 has an IPv6 socket for them only where it has an address in 2000::/3 (tr-udp.c, net.c), and
 *   reads peers of six bytes (`tr_peerMgrCompactToPex`, announcer-udp.c).
 * - rtorrent 0.9.8 announces, but reads peers of six bytes (`SocketAddressCompact`, tracker_udp.cc of libtorrent 0.13.8).
 */
const udpClients: readonly (() => Client)[] = [() => new Dst(), libtorrent, () => new Qbittorrent()];

/**
 * So many of them surely tell when they have finished: rtorrent 0.9 does not, webtorrent not over HTTP, and ours, which
 * is not to seed, may end before it does.
 */
const HTTP_ANNOUNCING = 4;
const UDP_ANNOUNCING = 2;

describe('dst tracker over IPv6', { skip }, () => {
  test('seven clients find a seeder through it over HTTP and complete', async () => {
    const leechers = clients.map((create) => create());
    await exchangeOverIPv6({ protocol: 'http', seeder: new Dst(), leechers, announcing: HTTP_ANNOUNCING });
  });

  test('three clients find a seeder through it over UDP and complete', async () => {
    const leechers = udpClients.map((create) => create());
    await exchangeOverIPv6({ protocol: 'udp', seeder: new Dst(), leechers, announcing: UDP_ANNOUNCING });
  });

  test('three clients find rtorrent, which has named itself to it over UDP, and complete', async () => {
    const leechers = udpClients.map((create) => create());
    await exchangeOverIPv6({ protocol: 'udp', seeder: new Rtorrent(), leechers, announcing: UDP_ANNOUNCING });
  });
});

async function exchangeOverIPv6(exchange: Omit<TrackerExchange, 'addresses'>): Promise<void> {
  await exchangeThroughTracker({ ...exchange, addresses: IPV6_ADDRESSES }, () => {
    const { ipv4, ipv6 } = countConnections(...PEER_PORTS);
    assert.equal(ipv4, 0);
    // How many are still known depends on which side closed them, and how. Some are: where there were others, they would be too.
    assert.ok(ipv6 > 0, 'connections are seen');
  });
}
