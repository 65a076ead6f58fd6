import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, equalBytes } from '../../src/base/bytes.ts';
import { encodeHashes, encodeHashRequest, Frame, type HashRequest } from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import type { MessageOf } from '../sim/peer-messages.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import { FileTree } from './file-tree.ts';
import { honestSeed, seed, spoiled, treeOf } from './scripted-seed.ts';

/** A file of 20 pieces of four blocks, whose last block is short, one of one piece, one of one block. */
const content = { files: [20 * 65_536 - 100, 40_000, 5000], version: 'v2' } as const;
const seeding: StageOptions = { content, has: 'everything' };
/** As from a magnet link: the piece layers must come from peers. */
const layerless: StageOptions = { content: { ...content, hasPieceLayers: false } };

const rootOf = (stage: Stage, file: number): Uint8Array => stage.geometry.files[file]?.piecesRoot as Uint8Array;
const countOf = (peer: FakePeer, type: string): number =>
  peer.received.filter((message) => message.type === type).length;
const hashRequests = (peer: FakePeer): HashRequest[] =>
  peer.received.flatMap((message) => (message.type === 'hashRequest' ? [message.request] : []));

async function ask(peer: FakePeer, request: HashRequest): Promise<MessageOf<'hashes'> | MessageOf<'hashReject'>> {
  const before = peer.received.length;
  peer.send(encodeHashRequest(request));
  const isMine = (message: { request: HashRequest }): boolean => peer.received.indexOf(message as never) >= before;
  return Promise.race([peer.expect('hashes', isMine), peer.expect('hashReject', isMine)]);
}

test('the tree of this test has the root of the torrent', () =>
  onStage(seeding, async (stage) => {
    for (const file of [0, 1, 2]) assert.deepEqual(treeOf(stage, rootOf(stage, file)).root, rootOf(stage, file));
  }));

test('every valid request for leaves or piece layers is answered with the right hashes and proofs', () =>
  onStage(seeding, async (stage) => {
    for (const file of [0, 1]) {
      const tree = treeOf(stage, rootOf(stage, file));
      const height = tree.levels.length - 1;
      for (const baseLayer of file === 0 ? [0, 2] : [0]) {
        const width = 2 ** (height - baseLayer);
        for (let length = 2; length <= width; length *= 2) {
          const peer = await stage.peer({ fast: true });
          for (const index of new Set([0, length, width - length])) {
            if (index + length > width) continue;
            for (let proofLayers = 0; proofLayers < height - baseLayer; proofLayers++) {
              const request = { piecesRoot: rootOf(stage, file), baseLayer, index, length, proofLayers };
              const answer = await ask(peer, request);
              assert.ok(answer.type === 'hashes', `rejected: ${baseLayer} ${index} ${length} ${proofLayers}`);
              assert.deepEqual(answer.request, request);
              assert.deepEqual(answer.hashes, tree.answer(request));
            }
          }
        }
      }
    }
  }));

test('invalid requests for hashes are rejected', () =>
  onStage(seeding, async (stage) => {
    const peer = await stage.peer({ fast: true });
    const good = { piecesRoot: rootOf(stage, 0), baseLayer: 2, index: 0, length: 4, proofLayers: 2 };
    const bad: Array<Partial<HashRequest>> = [
      { piecesRoot: new Uint8Array(32) },
      { baseLayer: 1 },
      { baseLayer: 5 },
      { baseLayer: 2 ** 32 - 1 },
      { length: 0 },
      { length: 1 },
      { length: 3 },
      { length: 64 },
      { length: 2 ** 31 },
      { length: 2 ** 32 - 1 },
      { index: 2 },
      { index: 32 },
      { index: 2 ** 32 - 4 },
      { proofLayers: 5 },
      { proofLayers: 2 ** 32 - 1 },
    ];
    for (const change of bad) {
      const answer = await ask(peer, { ...good, ...change });
      assert.equal(answer.type, 'hashReject', JSON.stringify(change));
      assert.deepEqual(answer.request, { ...good, ...change });
    }
    assert.equal((await ask(peer, good)).type, 'hashes');
  }));

test('hashes are given to choked peers as well', () =>
  onStage(seeding, async (stage) => {
    const peer = await stage.peer({ fast: true });
    await ask(peer, { piecesRoot: rootOf(stage, 0), baseLayer: 2, index: 0, length: 2, proofLayers: 0 });
    assert.equal(countOf(peer, 'unchoke'), 0);
  }));

test('leaves of a piece that we lack are rejected, the piece layer is given all the same', () =>
  onStage({ content, has: [0, 1] }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    const leaves = { piecesRoot: rootOf(stage, 0), baseLayer: 0, index: 8, length: 4, proofLayers: 1 };
    assert.equal((await ask(peer, leaves)).type, 'hashReject');
    assert.equal((await ask(peer, { ...leaves, index: 4 })).type, 'hashes');
    assert.equal((await ask(peer, { ...leaves, baseLayer: 2 })).type, 'hashes');
  }));

test('a v1 torrent has no hashes to give', () =>
  onStage({ content: { files: [100_000] }, has: 'everything' }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    const request = { piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 0 };
    assert.equal((await ask(peer, request)).type, 'hashReject');
  }));

test('who does not know the metadata rejects requests for hashes', () =>
  onStage({ content, isMagnet: true }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    const request = { piecesRoot: rootOf(stage, 0), baseLayer: 0, index: 0, length: 2, proofLayers: 0 };
    assert.equal((await ask(peer, request)).type, 'hashReject');
  }));

test('missing piece layers are fetched with proofs, then the data', () =>
  onStage(layerless, async (stage) => {
    const peer = await honestSeed(stage);
    await stage.untilState('seeding');
    await stage.swarm.assertBitExact();
    const requests = hashRequests(peer);
    assert.equal(requests.length, 1, 'only the first file has a piece layer');
    const [request] = requests as [HashRequest];
    assert.deepEqual(request, { piecesRoot: rootOf(stage, 0), baseLayer: 2, index: 0, length: 32, proofLayers: 4 });
  }));

test('piece layers that were fetched stay when the files are expected in another folder', () =>
  onStage(layerless, async (stage) => {
    await honestSeed(stage, { answer: () => null });
    await stage.until(() => stage.torrent.data.content?.layers.size === 1);
    await stage.torrent.relocation.setDirectory('/other');
    await stage.untilState('downloading');
    await honestSeed(stage);
    await stage.untilState('seeding');
  }));

test('a piece layer of more than 512 hashes is fetched in runs', () =>
  onStage(
    { content: { files: [700 * 16_384], pieceLength: 16_384, version: 'v2', hasPieceLayers: false } },
    async (stage) => {
      const peer = await honestSeed(stage);
      await stage.until(() => hashRequests(peer).length === 2);
      const tree = treeOf(stage, rootOf(stage, 0));
      for (const request of hashRequests(peer)) {
        assert.equal(request.length, 512);
        // The proof leads to the root: it is no shorter than it must be.
        assert.equal(tree.answer(request).length, 32 * (512 + 1));
      }
      await stage.untilState('seeding');
      await stage.swarm.assertBitExact();
    },
  ));

test('one peer is asked for few piece layers at the same time', () =>
  onStage(
    { content: { files: Array.from({ length: 12 }, () => 70_000), version: 'v2', hasPieceLayers: false } },
    async (stage) => {
      const silent = await stage.peer({ fast: true });
      silent.send(Frame.haveAll);
      await stage.clock.sleep(5000);
      assert.equal(hashRequests(silent).length, 4);
      await honestSeed(stage);
      await stage.untilState('seeding');
    },
  ));

test('what was fetched of the piece layers is served on', () =>
  onStage(layerless, async (stage) => {
    await honestSeed(stage);
    await stage.untilState('seeding');
    const peer = await stage.peer({ fast: true });
    const request = { piecesRoot: rootOf(stage, 0), baseLayer: 2, index: 16, length: 16, proofLayers: 4 };
    const answer = await ask(peer, request);
    assert.ok(answer.type === 'hashes');
    assert.deepEqual(answer.hashes, treeOf(stage, rootOf(stage, 0)).answer(request));
  }));

test('nothing is requested of pieces that cannot be verified yet', () =>
  onStage(layerless, async (stage) => {
    const peer = await honestSeed(stage, { hashes: () => null });
    stage.keepAlive(peer);
    await stage.until(() => stage.torrent.status().piecesHave === 2);
    await stage.clock.sleep(30_000);
    const asked = new Set(peer.received.flatMap((message) => (message.type === 'request' ? [message.piece] : [])));
    assert.deepEqual(asked, new Set([20, 21]), 'the files of one piece need no layer');
  }));

type Lie = (request: HashRequest, hashes: Uint8Array) => Uint8Array;
const lies: Array<[string, Lie]> = [
  ['a wrong hash', (_, hashes) => spoiled(hashes)],
  [
    'a wrong proof',
    ({ length }, hashes) => concat([hashes.subarray(0, 32 * length), spoiled(hashes.subarray(32 * length))]),
  ],
  ['a hash too few', (_, hashes) => hashes.subarray(0, -32)],
  ['a hash too many', (_, hashes) => concat([hashes, hashes.subarray(0, 32)])],
  ['no hashes', () => new Uint8Array(0)],
];
for (const [name, lie] of lies) {
  test(`an answer with ${name} closes the peer, and another is asked`, () =>
    // Of 40 pieces the first 32 hashes would need no proof: so large a layer needs one.
    onStage(
      { content: { files: [700 * 16_384], pieceLength: 16_384, version: 'v2', hasPieceLayers: false } },
      async (stage) => {
        const liar = await honestSeed(stage, { hashes: lie });
        await liar.expectClose();
        assert.match(stage.lastReason, /^WIRE_BAD_HASHES/);
        await honestSeed(stage);
        await stage.untilState('seeding');
        await stage.swarm.assertBitExact();
      },
    ));
}

test('a rejected request for hashes goes to another peer at once', () =>
  onStage(layerless, async (stage) => {
    const refusing = await honestSeed(stage, { hashes: () => null });
    await stage.until(() => countOf(refusing, 'hashRequest') > 0);
    await honestSeed(stage);
    await stage.untilState('seeding', 5000);
  }));

test('a request for hashes that is not answered goes to another peer after a while', () =>
  onStage(layerless, async (stage) => {
    const silent = await stage.peer({ fast: true });
    silent.send(Frame.haveAll);
    await silent.expect('hashRequest');
    stage.keepAlive(silent);
    await honestSeed(stage);
    await stage.untilState('seeding', 20_000);
  }));

test('the only peer is asked again after it rejected, for it may know by then', () =>
  onStage(layerless, async (stage) => {
    let isReady = false;
    const peer = await honestSeed(stage, { hashes: (_, hashes) => (isReady ? hashes : null) });
    stage.keepAlive(peer);
    await stage.until(() => countOf(peer, 'hashRequest') > 0);
    await stage.clock.sleep(5000);
    assert.ok(countOf(peer, 'hashRequest') < 5, 'not again and again');
    isReady = true;
    await stage.untilState('seeding', 120_000);
  }));

test('the only peer is asked again when an answer was lost', () =>
  onStage(layerless, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(Frame.haveAll);
    await peer.expect('hashRequest');
    stage.keepAlive(peer);
    await stage.clock.sleep(20_000);
    seed(stage, peer);
    peer.send(Frame.unchoke);
    await stage.untilState('seeding', 120_000);
  }));

test('hashes that were not asked for are ignored', () =>
  onStage(layerless, async (stage) => {
    const peer = await stage.peer({ fast: true });
    const tree = treeOf(stage, rootOf(stage, 0));
    const request = { piecesRoot: rootOf(stage, 0), baseLayer: 2, index: 0, length: 32, proofLayers: 4 };
    peer.send(encodeHashes(request, spoiled(tree.answer(request))));
    peer.send(encodeHashes({ ...request, piecesRoot: new Uint8Array(32) }, tree.answer(request)));
    await stage.clock.sleep(500);
    assert.equal(peer.ended, null);
    seed(stage, peer);
    await stage.untilState('seeding');
  }));

test('a peer that speaks v1 only is not asked for hashes', () =>
  onStage({ content: { ...content, version: 'hybrid', hasPieceLayers: false } }, async (stage) => {
    const old = await honestSeed(stage);
    await stage.untilState('seeding', 30_000).catch(() => {});
    assert.equal(countOf(old, 'hashRequest'), 0);
  }));

test('an upgraded connection of a hybrid torrent brings the missing layers', () =>
  onStage({ content: { ...content, version: 'hybrid', hasPieceLayers: false } }, async (stage) => {
    const modern = await honestSeed(stage, { v2: true });
    await stage.untilState('seeding');
    assert.ok(countOf(modern, 'hashRequest') > 0);
    await stage.swarm.assertBitExact();
  }));

test('of two senders of a bad piece the leaves name the guilty one', () =>
  onStage({ content: { files: [1_000_000], pieceLength: 1_048_576, version: 'v2' } }, async (stage) => {
    let leaves = 0;
    const answers = { delay: 20, hashes: (_: HashRequest, hashes: Uint8Array) => (leaves++, hashes) };
    const honest = await stage.peer({ fast: true });
    const bad = await stage.peer({ fast: true });
    seed(stage, honest, answers);
    seed(stage, bad, { ...answers, answer: (_, data) => spoiled(data) });
    await stage.untilState('seeding');
    assert.equal(stage.member.hashFailures, 1, 'the second time the piece is good');
    assert.equal(leaves, 1);
    assert.equal(stage.member.banned.length, 1);
    assert.notEqual(bad.ended, null);
    await stage.swarm.assertBitExact();
  }));

for (const honestFirst of [true, false]) {
  test(`an honest sender of a padded block of a hybrid torrent is not taken for guilty (came ${honestFirst ? 'first' : 'last'})`, () =>
    onStage({ content: { files: [700_000, 10_000], pieceLength: 1_048_576, version: 'hybrid' } }, async (stage) => {
      const bad = await stage.peer({ fast: true, v2: true });
      const honest = await stage.peer({ fast: true, v2: true });
      const makeBad = (): void =>
        seed(stage, bad, {
          delay: 20,
          answer: ({ piece, begin }, data) => (piece === 0 && begin < 690_000 ? spoiled(data) : data),
        });
      const makeHonest = (): void => seed(stage, honest, { delay: 20 });
      for (const begin of honestFirst ? [makeHonest, makeBad] : [makeBad, makeHonest]) begin();
      await stage.untilState('seeding');
      assert.equal(stage.member.banned.length, 1);
      assert.match(stage.endings.find(({ reason }) => reason.startsWith('banned'))?.address ?? '', /^10\.9\.0\.1:/);
      await stage.swarm.assertBitExact();
    }));
}

test('the last block of a v2 file is as short as the file', () =>
  onStage(seeding, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    const tree = new FileTree(stage.content.data.subarray(0, 20 * 65_536 - 100));
    assert.ok(equalBytes(tree.root, rootOf(stage, 0)));
    assert.equal(stage.geometry.pieceSize(19), 65_436);
    assert.equal(stage.geometry.pieceSize(20), 40_000);
  }));
