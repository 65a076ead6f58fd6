import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BytesPerSecond, ByteCount } from '../../src/base/units.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { onStage, type Stage } from './engine-stage.ts';
import { honestSeed, seed, spoiled } from './scripted-seed.ts';

const MINUTE = 60_000;

/** Nine honest peers and, as the fifth, one that spoils a share of its blocks. */
async function tenPeers(stage: Stage, share: number, up: BytesPerSecond, v2: boolean): Promise<FakePeer> {
  let x = 1;
  const peers: FakePeer[] = [];
  for (let i = 0; i < 10; i++) {
    const answer = (_: unknown, data: Uint8Array): Uint8Array => {
      x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
      return i === 4 && x / 2 ** 32 < share ? spoiled(data) : data;
    };
    peers.push(await honestSeed(stage, { up, v2, answer }));
  }
  return peers[4] as FakePeer;
}

const slow: BytesPerSecond = 20_000;
const quick: BytesPerSecond = 200_000;
const cases: Array<[pieceLength: ByteCount, up: BytesPerSecond, share: number]> = [
  [65_536, slow, 1],
  [65_536, quick, 0.1],
  [1_048_576, slow, 1],
  [1_048_576, slow, 0.3],
  [1_048_576, quick, 1],
];
for (const version of ['v1', 'v2', 'hybrid'] as const) {
  for (const [pieceLength, up, share] of cases) {
    const title = `${version}, pieces of ${pieceLength}, ${up} B/s, ${share * 100} % spoiled`;
    test(`one of ten peers sends bad data and is banned within two failed pieces, nobody else is (${title})`, () =>
      onStage({ content: { files: [3_000_000], pieceLength, version } }, async (stage) => {
        const bad = await tenPeers(stage, share, up, version === 'hybrid');
        await stage.untilState('seeding', 5 * MINUTE);
        assert.ok(stage.member.hashFailures <= 2, `${stage.member.hashFailures} pieces failed`);
        assert.notEqual(bad.ended, null);
        assert.deepEqual(stage.member.banned, ['10.9.0.5']);
        await stage.swarm.assertBitExact();
      }));
  }
}

test('a banned host is not let in again, and not dialed', () =>
  onStage({ content: { files: [200_000] } }, async (stage) => {
    const from = stage.host();
    const listener = await stage.listen(from);
    const bad = await stage.peer({ fast: true, from });
    seed(stage, bad, { answer: (_, data) => spoiled(data) });
    await bad.expectClose();
    stage.torrent.addPeers([listener.address, { ...listener.address, port: 7000 }]);
    await (await stage.greet({ from })).expectClose();
    assert.equal(stage.torrent.status().peersKnown, 0);
    await honestSeed(stage);
    await stage.untilState('seeding');
  }));

test('a sender of bad data that leaves before it is found out is banned all the same', () =>
  onStage({ content: { files: [1_000_000], pieceLength: 1_048_576 } }, async (stage) => {
    const from = stage.host();
    const bad = await stage.peer({ fast: true, from });
    const honest = await stage.peer({ fast: true });
    let spoils = 0;
    seed(stage, bad, {
      delay: 20,
      answer: (_, data) => {
        if (++spoils === 3) stage.clock.after(500, () => bad.close());
        return spoiled(data);
      },
    });
    seed(stage, honest, { delay: 20 });
    await stage.untilState('seeding');
    assert.deepEqual(stage.member.banned, [from.address]);
    await stage.swarm.assertBitExact();
  }));

test('a piece whose only honest sender is slow comes to its end all the same', () =>
  onStage({ content: { files: [1_000_000], pieceLength: 1_048_576 } }, async (stage) => {
    await honestSeed(stage, { up: 2000 }); // 500 s for the piece, longer than the patience with one sender
    await honestSeed(stage, { up: 20_000, answer: (_, data) => spoiled(data) });
    await stage.untilState('seeding', 60 * MINUTE);
    assert.equal(stage.member.banned.length, 1);
    await stage.swarm.assertBitExact();
  }));

test('a peer that goes silent with a piece that it was to bring alone does not hold it up', () =>
  onStage({ content: { files: [1_000_000], pieceLength: 1_048_576 } }, async (stage) => {
    let isFailed = false;
    stage.torrent.events.on('hashFailed', () => void (isFailed = true));
    for (let i = 0; i < 3; i++) {
      // Two that fall silent after the failure, one that spoiled it.
      const peer = await honestSeed(stage, {
        up: 100_000,
        answer: (_, data) => (isFailed && i < 2 ? null : i === 2 ? spoiled(data) : data),
      });
      stage.keepAlive(peer);
    }
    await stage.until(() => isFailed);
    stage.keepAlive(await honestSeed(stage, { up: 100_000 }));
    await stage.untilState('seeding', 20 * MINUTE);
    assert.deepEqual(stage.member.banned, ['10.9.0.3']);
    await stage.swarm.assertBitExact();
  }));

test('while the guilty is sought each new piece has one sender, and afterwards all help again', () =>
  onStage({ content: { files: [4_000_000], pieceLength: 524_288 } }, async (stage) => {
    const senders = new Map<number, Set<number>>();
    let isSought = false;
    stage.torrent.events.on('hashFailed', () => void (isSought = stage.member.banned.length === 0));
    stage.torrent.events.on('banned', () => void (isSought = false));
    const startedThen = new Map<number, boolean>();
    for (let i = 0; i < 4; i++) {
      await honestSeed(stage, {
        up: 40_000,
        answer: ({ piece }, data) => {
          if (!startedThen.has(piece)) startedThen.set(piece, isSought);
          if (isSought && startedThen.get(piece)) senders.set(piece, (senders.get(piece) ?? new Set()).add(i));
          return i === 2 && !isSought ? spoiled(data) : data;
        },
      });
    }
    await stage.untilState('seeding', 20 * MINUTE);
    assert.ok(senders.size > 0);
    for (const [piece, peers] of senders) assert.equal(peers.size, 1, `piece ${piece} came from ${[...peers].join()}`);
    await stage.swarm.assertBitExact();
  }));

test('when the guilty is found others help with a piece that had one sender until then', () =>
  onStage({ content: { files: [3 * 4_194_304], pieceLength: 4_194_304 } }, async (stage) => {
    const senders = new Map<number, Set<number>>();
    let isFound = false;
    stage.torrent.events.on('banned', () => void (isFound = true));
    for (let i = 0; i < 4; i++) {
      // The third spoils one block and is honest then: only the good piece convicts it.
      let isDone = false;
      const answer = ({ piece }: { piece: number }, data: Uint8Array): Uint8Array => {
        if (isFound) senders.set(piece, (senders.get(piece) ?? new Set()).add(i));
        if (i !== 2 || isDone) return data;
        isDone = true;
        return spoiled(data);
      };
      await honestSeed(stage, { up: 20_000, answer });
    }
    await stage.untilState('seeding', 20 * MINUTE);
    assert.deepEqual(stage.member.banned, ['10.9.0.3']);
    assert.ok(Math.max(...[...senders.values()].map(({ size }) => size)) > 1);
  }));

test('a failed piece that can convict comes before all others', () =>
  onStage({ content: { files: [20 * 1_048_576], pieceLength: 1_048_576 } }, async (stage) => {
    const order: Array<number | string> = [];
    stage.torrent.events.on('piece', (piece) => void order.push(piece));
    stage.torrent.events.on('hashFailed', ({ piece }) => void order.push(`failed ${piece}`));
    let isDone = false;
    for (let i = 0; i < 4; i++) {
      const answer = (_: unknown, data: Uint8Array): Uint8Array => {
        if (i !== 2 || isDone) return data;
        isDone = true;
        return spoiled(data);
      };
      await honestSeed(stage, { up: 30_000, answer });
    }
    await stage.until(() => stage.member.banned.length > 0, 20 * MINUTE);
    const failure = order.findIndex((entry) => typeof entry === 'string');
    const piece = Number((order[failure] as string).slice(7));
    const later = order.slice(failure + 1).indexOf(piece);
    assert.ok(later >= 0 && later < 5, order.join());
  }));

test('all bytes of failed pieces count as wasted', () =>
  onStage({ content: { files: [262_144], pieceLength: 65_536 } }, async (stage) => {
    const bad = await honestSeed(stage, { answer: (_, data) => spoiled(data) });
    await bad.expectClose();
    await honestSeed(stage);
    await stage.untilState('seeding');
    const { downloaded, wasted } = stage.torrent.status();
    const useful = downloaded - wasted;
    assert.ok(useful >= 262_144 && useful < 262_144 + 16_384, `${useful}: but for a block that broke off`);
    assert.ok(wasted >= 65_536);
  }));

test('a hybrid torrent whose two halves describe different data fails, and nobody is banned for it', () =>
  onStage({ content: { files: [300_000], version: 'hybrid', isContradictory: true } }, async (stage) => {
    const peer = await honestSeed(stage);
    await stage.untilState('failed');
    const { state } = stage.torrent;
    assert.ok(state.kind === 'failed');
    assert.equal(state.error.code, 'ENGINE_HYBRID_MISMATCH');
    assert.deepEqual(stage.member.banned, []);
    await peer.expectClose();
  }));
