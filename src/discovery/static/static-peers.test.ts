import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PeerAddress } from '../../base/address.ts';
import type { Swarm } from '../discovery.ts';
import { staticPeers } from './static-peers.ts';

const swarm: Swarm = {
  infoHash: new Uint8Array(20),
  peerId: new Uint8Array(20),
  port: 6881,
  isPrivate: true,
  trackers: [],
  progress: () => ({ uploaded: 0, downloaded: 0, left: 1, isPartialSeed: false, wanted: 10 }),
};
const peers: PeerAddress[] = [
  { host: '192.0.2.1', port: 1 },
  { host: '2001:db8::1', port: 2 },
];

describe('staticPeers', () => {
  it('hands out its peers at the start and when asked for more', () => {
    const received: (readonly PeerAddress[])[] = [];
    const session = staticPeers(peers).start(swarm, (list, source) => {
      assert.equal(source, 'static');
      received.push(list);
    });
    session.announce('completed');
    session.announce('update');
    assert.deepEqual(received, [peers, peers]);
  });

  it('is silent after its end', async () => {
    let calls = 0;
    const session = staticPeers(peers).start(swarm, () => calls++);
    await session.stop();
    session.announce('update');
    assert.equal(calls, 1);
  });

  it('calls nobody without peers', () => {
    let calls = 0;
    staticPeers([]).start(swarm, () => calls++);
    assert.equal(calls, 0);
  });
});
