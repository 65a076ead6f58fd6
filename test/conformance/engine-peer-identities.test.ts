/** The engine with peers who prove who they are, and torrents that are exchanged with some of them only (docs/spec/peer-noise.md). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeIdentity, peerIdentities, type UnlockedIdentity } from '../../src/app/keys/index.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import type { TransportPolicy } from '../../src/codec/metainfo/index.ts';
import type { PeerIdentities } from '../../src/net/noise/index.ts';
import { Swarm } from '../sim/swarm.ts';
import { testTorrent } from '../sim/test-torrent.ts';
import { onStage, type StageOptions } from './engine-stage.ts';
import { comes, listens, sealed, secretOf } from './sealed-stage.ts';

const alice = await makeIdentity({ name: 'alice', withRsa: false });
const bob = await makeIdentity({ name: 'bob', withRsa: false });
const contacts = new Map([[alice.fingerprint, 'Alice']]);
const as = (identity: UnlockedIdentity | null): PeerIdentities => peerIdentities(identity, contacts);
const isAlice = { fingerprint: alice.fingerprint, name: 'Alice' };

/** A session that has a sealed torrent and exchanges it with Alice only. */
const onlyWithAlice = (transport: TransportPolicy, has: StageOptions['has'] = 'everything'): StageOptions => ({
  ...sealed(transport),
  has: has ?? [],
  identities: as(null),
  torrent: { onlyWith: [alice.fingerprint] },
});

test('a peer that has proved who it is is shown as such, and told when it connects', () =>
  onStage({ ...sealed('prefer'), identities: as(null) }, async (stage) => {
    const told: unknown[] = [];
    stage.torrent.events.on('peerConnected', ({ identity }) => told.push(identity));
    const options = { infoHash: stage.infoHash, secret: secretOf(stage) };
    for (const [name, identity] of [
      ['one', alice],
      ['two', bob],
      ['three', null],
    ] as const) {
      await (await comes(stage, 'prefer', { ...options, identities: as(identity) }, name)).expect('haveAll');
    }
    await (await comes(stage, 'plaintext', options, 'four')).expect('haveAll');
    const expected = [isAlice, { fingerprint: bob.fingerprint, name: null }, null, null];
    assert.deepEqual(told, expected);
    assert.deepEqual(
      stage.torrent.peers().map(({ identity }) => identity),
      expected,
    );
  }));

for (const transport of ['required', 'prefer'] as const) {
  test(`a torrent that is exchanged with some only takes these, and no other reader or helper (${transport})`, () =>
    onStage(onlyWithAlice(transport), async (stage) => {
      const { infoHash } = stage;
      const secret = secretOf(stage);
      const others = [
        await comes(stage, 'plaintext', { infoHash }),
        await comes(stage, 'required', { infoHash }),
        await comes(stage, 'prefer', { infoHash, secret }),
        await comes(stage, 'prefer', { infoHash, secret, identities: as(bob) }),
      ];
      for (const other of others) {
        await other.expectClose();
        assert.equal(other.received.length, 0);
      }
      await (await comes(stage, 'prefer', { infoHash, secret, identities: as(alice) })).expect('haveAll');
      assert.deepEqual(
        stage.torrent.peers().map(({ identity }) => identity),
        [isAlice],
      );
    }));

  test(`a torrent that is exchanged with some only stays with these when it dials (${transport})`, () =>
    onStage(onlyWithAlice(transport, []), async (stage) => {
      for (const identity of [null, bob]) {
        const other = await listens(stage, transport, stage.host(), as(identity));
        stage.torrent.addPeers([other.address]);
        const peer = await other.next();
        peer.handshake(stage.infoHash, { fast: true, extended: true });
        await peer.expectClose();
        assert.equal(peer.connection.protection, 'noise');
        assert.equal(peer.received.length, 0);
      }
      const friend = await listens(stage, transport, stage.host(), as(alice));
      stage.torrent.addPeers([friend.address]);
      const peer = await friend.next();
      peer.handshake(stage.infoHash, { fast: true, extended: true });
      await peer.expect('haveNone');
      assert.deepEqual(
        stage.torrent.peers().map(({ identity }) => identity),
        [isAlice],
      );
    }));
}

test('a torrent that is exchanged with some only is dialled for with Noise and nothing weaker, also where that is preferred', () =>
  onStage(onlyWithAlice('prefer', []), async (stage) => {
    const host = stage.host();
    let said = Buffer.alloc(0);
    let dials = 0;
    await host.transport.listen({ host: host.address, port: 6881 }, (connection) => {
      dials++;
      const data = (view: Uint8Array): void => {
        said = Buffer.concat([said, view]);
        connection.close();
      };
      connection.open({ data, drain: () => {}, close: () => {} });
    });
    stage.torrent.addPeers([{ host: host.address, port: 6881 }]);
    await stage.until(() => dials > 2);
    assert.equal(said.length, dials * (16 + 2 + 1248), 'something else than Noise was tried');
  }));

test('who has proved an identity in another swarm has not proved it in this one', () =>
  onStage(onlyWithAlice('prefer'), async (stage) => {
    const other = stage.add(testTorrent({ files: [100_000], seed: 2, sealed: 'prefer' }));
    const options = { infoHash: other.infoHash, secret: secretOf(other), identities: as(alice) };
    const crossed = await comes(stage, 'prefer', options);
    await crossed.expectClose();
    assert.equal(crossed.received.length, 0);
  }));

test('a refused peer is told in the log, with the code and who it is', async () => {
  const told: unknown[] = [];
  const info: Logger['info'] = (_, { code, reason } = {}) => void (code !== undefined && told.push([code, reason]));
  const swarm = new Swarm({
    seed: 1,
    encryption: 'prefer',
    torrent: { files: [100_000], sealed: 'required' },
    engine: { takesSecure: true, prefersEncryption: true },
    logger: { ...silentLogger, info },
  });
  await swarm.addSeed({ identities: as(null), torrent: { onlyWith: [alice.fingerprint] } });
  await swarm.addMember({ identities: as(bob) });
  await swarm.run(3000);
  assert.deepEqual(told[0], ['NET_IDENTITY_REFUSED', `the peer is ${bob.fingerprint}`]);
});

test('a torrent whose peers cannot prove who they are is not added where they must', () =>
  onStage({ ...sealed('prefer'), identities: as(null) }, async (stage) => {
    const onlyWith = [alice.fingerprint];
    const refused = { code: 'ENGINE_NO_PEER_IDENTITIES' };
    const off = testTorrent({ files: [100_000], seed: 2, sealed: 'off' });
    const plain = testTorrent({ files: [100_000], seed: 3 });
    for (const content of [off, plain]) assert.throws(() => stage.add(content, { onlyWith }), refused);
    assert.throws(() => stage.add(plain, { onlyWith }, true), refused);
    stage.add(plain);
  }));

test('a swarm whose author seeds to one reader only is complete for that one', async () => {
  const swarm = new Swarm({
    seed: 3,
    encryption: 'prefer',
    torrent: { files: [1_000_000], sealed: 'required' },
    engine: { takesSecure: true, prefersEncryption: true },
  });
  await swarm.addSeed({ identities: as(bob), torrent: { onlyWith: [alice.fingerprint] } });
  const reader = await swarm.addMember({ identities: as(alice), torrent: { onlyWith: [bob.fingerprint] } });
  const other = await swarm.addMember({ identities: as(null) });
  await swarm.untilComplete({ within: 60_000, members: [reader] });
  await swarm.run(60_000);
  assert.deepEqual([other.torrent.status().downloaded, other.torrent.peers().length], [0, 0]);
});
