/** The engine over connections under Message Stream Encryption, against scripted peers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes } from '../../src/base/bytes.ts';
import { seededRandom } from '../../src/base/random.ts';
import { encodeRequest, Frame } from '../../src/codec/wire/index.ts';
import type { Transport } from '../../src/net/index.ts';
import type { EncryptionPolicy } from '../../src/net/protection/index.ts';
import { serving } from '../net/serving.ts';
import { encryptedTransport } from '../sim/encrypted-transport.ts';
import { FakePeer } from '../sim/fake-peer.ts';
import type { SimHost } from '../sim/sim-network.ts';
import { onStage, type Stage } from './engine-stage.ts';
import { expectHandshake, extensionPeer, sendHandshake } from './extension-peer.ts';

const small = { files: [100_000] };
const hybrid = { files: [100_000], version: 'hybrid' } as const;
const nameV2 = (stage: Stage): Uint8Array => (stage.content.metainfo.infoHashes.v2 as Uint8Array).subarray(0, 20);

/** The transport of a scripted peer that knows one torrent by one name. */
function peerTransport(stage: Stage, from: SimHost, policy: EncryptionPolicy, infoHash: Uint8Array): Transport {
  const transport = encryptedTransport(from.transport, policy, { clock: stage.clock, random: seededRandom(4) });
  return {
    dial: (address, options) => transport.dial(address, { infoHash, ...options }),
    listen: (address, onConnection) => transport.listen(address, onConnection, serving(infoHash)),
  };
}

/** A scripted peer that has dialled the session with encryption and sent its handshake. */
async function encryptedPeer(stage: Stage, infoHash = stage.infoHash): Promise<FakePeer> {
  const transport = peerTransport(stage, stage.host(), 'required', infoHash);
  const peer = await FakePeer.connect(transport, stage.address, stage.clock);
  peer.handshake(infoHash, { fast: true, extended: true });
  return peer;
}

test('a peer may come encrypted, as one does in plaintext, and its status says which', () =>
  onStage({ content: small, has: 'everything', encryption: 'prefer' }, async (stage) => {
    const encrypted = await encryptedPeer(stage);
    await encrypted.expect('haveAll');
    const plain = await stage.peer({ fast: true, name: 'other' });
    await plain.expect('haveAll');
    const protections = stage.torrent.peers().map(({ protection }) => protection);
    assert.deepEqual(protections, ['mse', null]);
  }));

test('where encryption is required a plaintext peer is closed without an answer', () =>
  onStage({ content: small, has: 'everything', encryption: 'required' }, async (stage) => {
    const plain = await stage.greet();
    await plain.expectClose();
    assert.equal(plain.received.length, 0);
    await (await encryptedPeer(stage)).expect('haveAll');
  }));

test('where encryption is required a peer that knows plaintext only is dialled and told nothing', () =>
  onStage({ content: small, encryption: 'required' }, async (stage) => {
    const host = stage.host();
    let said: Uint8Array = new Uint8Array(0);
    let dials = 0;
    await host.transport.listen({ host: host.address, port: 6881 }, (connection) => {
      dials++;
      const close = (view: Uint8Array): void => {
        said = new Uint8Array([...said, ...view]);
        connection.close();
      };
      connection.open({ data: close, drain: () => {}, close: () => {} });
    });
    stage.torrent.addPeers([{ host: host.address, port: 6881 }]);
    await stage.until(() => dials > 2);
    assert.equal(Buffer.from(said).indexOf('BitTorrent'), -1);
    assert.equal(Buffer.from(said).indexOf(stage.infoHash), -1);
  }));

test('a peer that knows a hybrid torrent by its v2 name only is reached under encryption too', () =>
  onStage({ content: hybrid, encryption: 'required' }, async (stage) => {
    const host = stage.host();
    const transport = peerTransport(stage, host, 'required', nameV2(stage));
    const listener = await FakePeer.listen(transport, { host: host.address, port: 6881 }, stage.clock);
    stage.torrent.addPeers([listener.address]);
    const peer = await listener.next();
    assert.ok(equalBytes((await peer.expectHandshake()).infoHash, nameV2(stage)));
  }));

test('a hybrid torrent is served under both of its names', () =>
  onStage({ content: hybrid, has: 'everything', encryption: 'required' }, async (stage) => {
    for (const name of [stage.infoHash, nameV2(stage)]) {
      const peer = await encryptedPeer(stage, name);
      assert.deepEqual((await peer.expectHandshake()).infoHash, name);
      peer.close();
      await stage.clock.sleep(100);
    }
  }));

test('a torrent is found by its name as soon as it is there, and no more when it has gone', () =>
  onStage({ content: small, encryption: 'required' }, async (stage) => {
    const unknown = new Uint8Array(20).fill(9);
    await assert.rejects(encryptedPeer(stage, unknown), { code: 'NET_PROTECTION_FAILED' });
    const { infoHash, torrent } = stage;
    await (await encryptedPeer(stage)).expectHandshake();
    await stage.member.session.remove(torrent);
    await assert.rejects(encryptedPeer(stage, infoHash), { code: 'NET_PROTECTION_FAILED' });
  }));

test('our extension handshake tells whether we prefer encryption, and that of others is read', async () => {
  for (const prefersEncryption of [true, false]) {
    await onStage({ content: small, engine: { prefersEncryption } }, async (stage) => {
      const { peer, theirs } = await extensionPeer(stage, { prefersEncryption: true });
      assert.equal(theirs.prefersEncryption, prefersEncryption);
      await stage.clock.sleep(100);
      assert.equal(stage.session(peer).extensions?.prefersEncryption, true);
    });
  }
});

test('over an encrypted connection metadata, pieces and extensions go as over any other', () =>
  onStage({ content: small, has: 'everything', encryption: 'required' }, async (stage) => {
    const peer = await encryptedPeer(stage);
    await expectHandshake(peer);
    sendHandshake(peer, {});
    const block = stage.block(0, 0);
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    peer.send(encodeRequest(block));
    const { data } = await peer.expect('piece');
    assert.deepEqual(data, stage.bytes(block));
  }));
