import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerAddress } from '../../src/base/address.ts';
import { testTorrent } from '../sim/test-torrent.ts';
import { onStage } from './engine-stage.ts';

const nobody = (count: number): PeerAddress[] =>
  Array.from({ length: count }, (_, n) => ({ host: `10.77.${n >> 8}.${n & 255}`, port: 6881 }));

test('torrents at whose addresses nobody answers do not keep those behind them from dialing', () =>
  onStage({ engine: { maxDialing: 2 } }, async (stage) => {
    const [second, third] = [2, 3].map((seed) => stage.add(testTorrent({ seed })));
    assert.ok(second !== undefined && third !== undefined);
    await third.untilState('downloading');
    stage.torrent.addPeers(nobody(100));
    second.torrent.addPeers(nobody(100));
    const listener = await third.listen(third.host());
    third.torrent.addPeers([listener.address]);
    const begun = stage.clock.now();
    await listener.next();
    assert.ok(stage.clock.now() - begun <= 30_000, `dialed after ${stage.clock.now() - begun} ms`);
  }));

test('a peer that the user has named is dialed again when it comes back after a long time', () =>
  onStage({}, async (stage) => {
    const host = stage.host();
    const address = { host: host.address, port: 6881 };
    stage.torrent.addPeers([address]);
    await stage.clock.sleep(3 * 3_600_000);
    const listener = await stage.listen(host);
    assert.deepEqual(listener.address, address);
    const begun = stage.clock.now();
    await listener.next();
    assert.ok(stage.clock.now() - begun <= 15 * 60_000);
  }));

test('a seed that has nothing else to do dials a peer again whose connection has ended', () =>
  onStage({ has: 'everything' }, async (stage) => {
    const listener = await stage.listen(stage.host());
    stage.torrent.addPeers([listener.address]);
    const peer = await listener.next();
    peer.handshake(stage.infoHash, {}, 'a');
    await peer.expectHandshake();
    await stage.clock.sleep(60_000);
    peer.close();
    let isBack = false;
    void listener.next().then(() => (isBack = true));
    await stage.clock.sleep(600_000);
    assert.ok(isBack);
  }));
