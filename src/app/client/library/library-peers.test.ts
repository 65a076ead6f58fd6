/** Peers that torrents get by hand and by magnet links: whom the engine is told of, now and in the next run. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressKey, parseAddress, type PeerAddress } from '../../../base/address.ts';
import { smallTorrent, Stage } from '../fakes.test.ts';
import type { NewTorrent, RefusedPeer } from '../torrents.ts';

const HASH = 'ab'.repeat(20);
const [OURS, THEIRS, OTHER, BANNED] = ['127.0.0.1:1', '192.0.2.1:1', '[2001:db8::1]:2', '192.0.2.9:1'] as const;
const peers = (...texts: readonly string[]): PeerAddress[] => texts.map((text) => parseAddress(text) as PeerAddress);
const linkTo = (...given: readonly string[]): string =>
  `magnet:?xt=urn:btih:${HASH}${given.map((text) => `&x.pe=${text}`).join('')}`;

const told = (refused: readonly RefusedPeer[]): string[] => refused.map(({ address }) => addressKey(address));

async function add(stage: Stage, torrent: NewTorrent): ReturnType<Stage['client']['torrents']['add']> {
  const added = await stage.client.torrents.add(torrent);
  await stage.clock.pass(0);
  return added;
}

/** With whom the engine begins in the next run. */
async function afterKill(stage: Stage): Promise<string[]> {
  stage.kill();
  await stage.start();
  return (stage.torrents[0]?.options.peers ?? []).map(addressKey);
}

describe('peers given by hand', () => {
  test('are told to the engine, but for those that are refused, and why', async () => {
    await using stage = await Stage.open();
    const { torrent } = await add(stage, { source: smallTorrent(1).bytes });
    await stage.client.ban(['192.0.2.9']);
    const refused = await torrent.addPeers(peers(OURS, THEIRS, BANNED));
    assert.deepEqual(told(refused), [OURS, BANNED]);
    assert.match(refused[0]?.reason ?? '', /`api\.privateRanges`/);
    assert.match(refused[1]?.reason ?? '', /banned/);
    assert.deepEqual(stage.torrents[0]?.calls.slice(1), ['addPeer 192.0.2.1:1']);
  });

  test('outlive a kill after the answer, the newest last', async () => {
    await using stage = await Stage.open();
    const { torrent } = await add(stage, { source: smallTorrent(1).bytes });
    await torrent.addPeers(peers(THEIRS, OURS));
    await torrent.addPeers(peers(OTHER, THEIRS));
    assert.deepEqual(await afterKill(stage), [OTHER, THEIRS]);
  });

  test('may all be refused: nothing is stored then', async () => {
    await using stage = await Stage.open();
    const { torrent } = await add(stage, { source: smallTorrent(1).bytes });
    const { revision } = torrent;
    assert.deepEqual(told(await torrent.addPeers(peers(OURS))), [OURS]);
    assert.equal(torrent.revision, revision);
    assert.deepEqual(await afterKill(stage), []);
  });

  test('are not taken by a torrent that was removed', async () => {
    await using stage = await Stage.open();
    const { torrent } = await add(stage, { source: smallTorrent(1).bytes });
    await stage.client.torrents.remove([torrent]);
    await assert.rejects(torrent.addPeers(peers(THEIRS)), { code: 'CLIENT_TORRENT_REMOVED' });
  });

  test('with a new torrent are told apart too, and outlive a kill', async () => {
    await using stage = await Stage.open();
    const { refused } = await add(stage, { source: smallTorrent(1).bytes, peers: peers(OURS, THEIRS) });
    assert.deepEqual(told(refused), [OURS]);
    assert.deepEqual(await afterKill(stage), [THEIRS]);
  });

  test('reach the engine with a new torrent, also those that are too many to be kept', async () => {
    await using stage = await Stage.open();
    const many = Array.from({ length: 100 }, (_, i) => ({ host: '192.0.2.1', port: i + 1 }));
    await add(stage, { source: smallTorrent(1).bytes, peers: many });
    assert.deepEqual(stage.torrents[0]?.options.peers, many);
    assert.deepEqual(await afterKill(stage), many.slice(36).map(addressKey));
  });

  test('with a torrent that is there already come to it, be it private or not', async () => {
    await using stage = await Stage.open();
    const source = smallTorrent(1, { isPrivate: true }).bytes;
    await add(stage, { source });
    const again = await add(stage, { source, peers: peers(OURS, THEIRS) });
    assert.deepEqual([again.isDuplicate, told(again.refused)], [true, [OURS]]);
    assert.deepEqual(await afterKill(stage), [THEIRS]);
  });
});

describe('peers of a magnet link', () => {
  test('outlive a kill; those that are refused are dropped without a word', async () => {
    await using stage = await Stage.open();
    const { refused } = await add(stage, { source: linkTo(OURS, THEIRS), peers: peers(OTHER) });
    assert.deepEqual(refused, []);
    assert.deepEqual(await afterKill(stage), [THEIRS, OTHER]);
  });

  test('come to a torrent that is there already', async () => {
    await using stage = await Stage.open();
    await add(stage, { source: linkTo(THEIRS) });
    const { refused } = await add(stage, { source: linkTo(OURS, OTHER) });
    assert.deepEqual(refused, []);
    assert.deepEqual(await afterKill(stage), [THEIRS, OTHER]);
  });
});
