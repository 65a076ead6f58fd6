/** The engine with sealed torrents: which connections it takes, which it makes (docs/spec/peer-noise.md). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transport } from '../../src/net/index.ts';
import { FakePeer } from '../sim/fake-peer.ts';
import { testTorrent } from '../sim/test-torrent.ts';
import { onStage } from './engine-stage.ts';
import { expectHandshake, sendHandshake } from './extension-peer.ts';
import { comes, listens, over, sealed, secretOf } from './sealed-stage.ts';

test('a torrent that requires secure connections takes one that has proved its secret, and no other', () =>
  onStage(sealed('required'), async (stage) => {
    const { infoHash } = stage;
    for (const policy of ['plaintext', 'required'] as const) {
      const weak = await comes(stage, policy, { infoHash });
      await weak.expectClose();
      assert.equal(weak.received.length, 0);
    }
    await assert.rejects(comes(stage, 'prefer', { infoHash, isKnownSecure: true }), { code: 'NET_PROTECTION_FAILED' });
    const proven = await comes(stage, 'prefer', { infoHash, secret: secretOf(stage) });
    await proven.expect('haveAll');
    assert.deepEqual(
      stage.torrent.peers().map(({ protection }) => protection),
      ['noise'],
    );
  }));

test('a secure connection that has proved another swarm does not lead into this one', () =>
  onStage(sealed('required'), async (stage) => {
    const other = stage.add(testTorrent({ files: [100_000], seed: 2, sealed: 'required' }));
    const open = stage.add(testTorrent({ files: [100_000], seed: 3 }));
    const options = [
      { infoHash: other.infoHash, secret: secretOf(other) },
      { infoHash: open.infoHash, isKnownSecure: true },
    ];
    for (const option of options) {
      const crossed = await comes(stage, 'prefer', option);
      await crossed.expectClose();
      assert.equal(crossed.received.length, 0);
    }
    assert.equal(stage.torrent.peers().length, 0);
    await (await comes(stage, 'prefer', { infoHash: stage.infoHash, secret: secretOf(stage) })).expect('haveAll');
  }));

test('a secure connection that has proved a sealed torrent does not lead into one that is open to all', () =>
  onStage({ ...sealed('required'), content: { files: [100_000] } }, async (stage) => {
    const { infoHash } = stage;
    const other = stage.add(testTorrent({ files: [100_000], seed: 2, sealed: 'required' }));
    const crossed = await comes(stage, 'prefer', { infoHash: other.infoHash, secret: secretOf(other) });
    await crossed.expectClose();
    assert.equal(crossed.received.length, 0);
    await (await comes(stage, 'prefer', { infoHash, isKnownSecure: true })).expect('haveAll');
  }));

for (const transport of ['prefer', 'off'] as const) {
  test(`a torrent whose policy is ${transport} takes all kinds of connections`, () =>
    onStage(sealed(transport), async (stage) => {
      const { infoHash } = stage;
      const secret = secretOf(stage);
      await (await comes(stage, 'plaintext', { infoHash })).expect('haveAll');
      await (await comes(stage, 'required', { infoHash }, 'two')).expect('haveAll');
      await (await comes(stage, 'prefer', { infoHash, isKnownSecure: true }, 'three')).expect('haveAll');
      await (await comes(stage, 'prefer', { infoHash, secret }, 'four')).expect('haveAll');
      const protections = stage.torrent.peers().map(({ protection }) => protection);
      assert.deepEqual(protections, [null, 'mse', 'noise', 'noise']);
    }));
}

test('a torrent that requires secure connections dials no others', () =>
  onStage({ ...sealed('required'), has: [] }, async (stage) => {
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
    assert.equal(said.indexOf('BitTorrent'), -1);
    const secret = await listens(stage, 'required');
    stage.torrent.addPeers([secret.address]);
    const peer = await secret.next();
    await peer.expectHandshake();
    assert.equal(peer.connection.protection, 'noise');
  }));

test('that we take secure connections is told, and remembered of those who tell it: they are dialled so from then on', () =>
  onStage({ ...sealed('prefer'), content: { files: [100_000] }, has: [] }, async (stage) => {
    const open = { revision: 0, infoHashes: () => [stage.infoHash], secretOf: () => null };
    const host = stage.host();
    const secured = over(stage, host, 'prefer');
    const listen: Transport['listen'] = (address, use) => secured.listen(address, use, open);
    const address = { host: host.address, port: 6881 };
    const listener = await FakePeer.listen({ ...secured, listen }, address, stage.clock);
    stage.torrent.addPeers([address]);
    const protections: (string | undefined)[] = [];
    for (let round = 0; round < 2; round++) {
      const peer = await listener.next();
      protections.push(peer.connection.protection);
      peer.handshake(stage.infoHash, { fast: true, extended: true });
      assert.equal((await expectHandshake(peer)).takesSecure, true);
      sendHandshake(peer, { takesSecure: true });
      await stage.clock.sleep(1000);
      peer.close();
    }
    assert.deepEqual(protections, ['mse', 'noise']);
  }));

test('who helps with a sealed torrent is dialled again although it takes secure connections, and lacks the secret', () =>
  onStage({ ...sealed('prefer'), has: [] }, async (stage) => {
    const open = { revision: 0, infoHashes: () => [stage.infoHash], secretOf: () => null };
    const host = stage.host();
    const secured = over(stage, host, 'prefer');
    const listen: Transport['listen'] = (address, use) => secured.listen(address, use, open);
    const address = { host: host.address, port: 6881 };
    const listener = await FakePeer.listen({ ...secured, listen }, address, stage.clock);
    stage.torrent.addPeers([address]);
    for (let round = 0; round < 2; round++) {
      const peer = await listener.next();
      assert.equal(peer.connection.protection, 'mse');
      peer.handshake(stage.infoHash, { fast: true, extended: true });
      sendHandshake(peer, { takesSecure: true });
      await stage.clock.sleep(1000);
      peer.close();
    }
  }));

// Also where other torrents are dialled in plaintext: the policy is the author's.
for (const encryption of ['prefer', 'plaintext'] as const) {
  const engine = { takesSecure: true, prefersEncryption: encryption === 'prefer' };
  test(`a peer that has once proved the secret is dialled over nothing weaker, under prefer too (${encryption})`, () =>
    onStage({ ...sealed('prefer'), has: [], encryption, engine }, async (stage) => {
      const host = stage.host();
      const secure = await listens(stage, 'prefer', host);
      stage.torrent.addPeers([secure.address]);
      const peer = await secure.next();
      assert.equal(peer.connection.protection, 'noise');
      peer.handshake(stage.infoHash, { fast: true, extended: true });
      sendHandshake(peer, { takesSecure: true });
      await stage.clock.sleep(1000);
      peer.close();
      await secure.close();
      // Somebody stands in its place now who says that he knows plaintext only.
      let said = Buffer.alloc(0);
      await host.transport.listen(secure.address, (connection) => {
        const data = (view: Uint8Array): void => {
          said = Buffer.concat([said, view]);
          connection.close();
        };
        connection.open({ data, drain: () => {}, close: () => {} });
      });
      await stage.until(() => said.length >= 2 * 1266);
      assert.equal(said.length % 1266, 0, 'something else than Noise was tried');
    }));
}
