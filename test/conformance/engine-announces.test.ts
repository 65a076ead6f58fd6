import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../src/base/bytes.ts';
import type { AnnounceEvent, Discovery, PeerSink, Swarm, SwarmProgress } from '../../src/discovery/index.ts';
import { type FakeListener } from '../sim/fake-peer.ts';
import type { TestTorrent } from '../sim/test-torrent.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import { metadataPeer } from './extension-peer.ts';
import { honestSeed } from './scripted-seed.ts';

interface Announce extends SwarmProgress {
  readonly event: AnnounceEvent;
  readonly infoHash: string;
}

/** A source that notes what it is told. */
class Notebook implements Discovery {
  readonly name = 'notebook';
  readonly isAllowedForPrivate: boolean;
  readonly swarms: Swarm[] = [];
  readonly announces: Announce[] = [];
  sink: PeerSink = () => {};

  constructor(isAllowedForPrivate = true) {
    this.isAllowedForPrivate = isAllowedForPrivate;
  }

  start(swarm: Swarm, sink: PeerSink): ReturnType<Discovery['start']> {
    this.swarms.push(swarm);
    this.sink = sink;
    const announce = (event: AnnounceEvent): void =>
      void this.announces.push({ event, infoHash: toHex(swarm.infoHash), ...swarm.progress() });
    announce('started');
    return {
      announce,
      reannounce: () => {},
      setTrackers: () => {},
      status: () => [],
      settle: async () => {},
      stop: async () => announce('stopped'),
    };
  }

  get events(): AnnounceEvent[] {
    return this.announces.map(({ event }) => event);
  }
}

const size = 10 * 65_536 - 1000;
const content = { files: [size] };
const withNotes = (notes: Notebook, options: StageOptions = { content }): StageOptions => ({
  ...options,
  discovery: notes,
});

test('a download is announced when it begins, completes and ends, with what is left', async () => {
  const notes = new Notebook();
  await onStage(withNotes(notes), async (stage) => {
    assert.deepEqual([notes.events, notes.announces[0]?.left], [['started'], size]);
    await honestSeed(stage);
    await stage.untilState('seeding');
  });
  assert.deepEqual(notes.events, ['started', 'completed', 'stopped']);
  const [, completed, stopped] = notes.announces as [Announce, Announce, Announce];
  assert.deepEqual([completed.left, completed.downloaded, completed.uploaded], [0, size, 0]);
  assert.equal(stopped.left, 0);
});

test('the first announce asks for peers', async () => {
  const notes = new Notebook();
  await onStage(withNotes(notes), async () => assert.equal(notes.announces[0]?.wanted, 50));
});

test('a seed is announced with nothing left, and never as completed', async () => {
  const notes = new Notebook();
  await onStage(withNotes(notes, { content, has: 'everything' }), async () => {});
  assert.deepEqual(notes.events, ['started', 'stopped']);
  assert.equal(notes.announces[0]?.left, 0);
});

test('a pause says goodbye, a resume begins anew', async () => {
  const notes = new Notebook();
  await onStage(withNotes(notes), async (stage) => {
    await stage.torrent.life.pause();
    stage.torrent.life.start();
    await stage.untilState('downloading');
  });
  assert.deepEqual(notes.events, ['started', 'stopped', 'started', 'stopped']);
});

for (const version of ['v1', 'v2', 'hybrid'] as const) {
  test(`nothing is left of a complete ${version} torrent with gaps between its files`, async () => {
    const notes = new Notebook();
    const files = [70_000, 0, 5000, 200_000, 1];
    await onStage(withNotes(notes, { content: { files, version } }), async (stage) => {
      assert.ok((notes.announces[0]?.left ?? 0) >= 275_001);
      await honestSeed(stage, { v2: version === 'hybrid' });
      await stage.untilState('seeding');
      const [swarm] = notes.swarms as [Swarm];
      assert.deepEqual([swarm.progress().left, swarm.progress().isPartialSeed], [0, false]);
    });
    assert.ok(notes.events.includes('completed'));
  });
}

test('who has only what was selected is a partial seed, and has not completed (BEP 21)', async () => {
  const notes = new Notebook();
  const options: StageOptions = { content: { files: [65_536, 65_536] }, torrent: { select: [0] } };
  await onStage(withNotes(notes, options), async (stage) => {
    await honestSeed(stage);
    await stage.untilState('seeding');
  });
  assert.ok(!notes.events.includes('completed'));
  const last = notes.announces.at(-1) as Announce;
  assert.deepEqual([last.left, last.isPartialSeed, notes.announces[0]?.isPartialSeed], [65_536, true, false]);
});

test('a hybrid torrent is announced to both of its swarms', async () => {
  const notes = new Notebook();
  await onStage(withNotes(notes, { content: { files: [size], version: 'hybrid' } }), async (stage) => {
    const { v1, v2 } = stage.content.metainfo.infoHashes as { v1: Uint8Array; v2: Uint8Array };
    assert.deepEqual(
      notes.announces.map(({ infoHash }) => infoHash),
      [toHex(v1), toHex(v2.subarray(0, 20))],
    );
  });
});

test('a magnet link is announced with an unknown size, and anew once its metadata is known', async () => {
  const notes = new Notebook();
  await onStage(withNotes(notes, { content, isMagnet: true }), async (stage) => {
    assert.deepEqual([notes.events, notes.announces[0]?.left], [['started'], null]);
    await metadataPeer(stage, stage.content.metainfo.info.raw);
    await stage.untilState('downloading');
    assert.deepEqual(notes.events, ['started', 'stopped', 'started']);
    assert.equal(notes.announces.at(-1)?.left, size);
  });
});

test('a private torrent is announced only where that is allowed (BEP 27)', async () => {
  const options: StageOptions = { content: { files: [size], isPrivate: true } };
  const allowed = new Notebook();
  await onStage(withNotes(allowed, options), async () => {
    assert.deepEqual([allowed.events, allowed.swarms[0]?.isPrivate], [['started'], true]);
  });
  const forbidden = new Notebook(false);
  await onStage(withNotes(forbidden, options), async () => {});
  assert.deepEqual(forbidden.events, []);
});

test('sources are asked for peers every half minute while there is none', async () => {
  const notes = new Notebook();
  await onStage(withNotes(notes), async (stage) => {
    await stage.clock.sleep(95_000);
    assert.deepEqual(notes.events, ['started', 'update', 'update', 'update']);
    stage.keepAlive(await stage.peer());
    await stage.clock.sleep(95_000);
    assert.equal(notes.events.length, 4);
  });
});

test('a torrent that fails says goodbye', async () => {
  const notes = new Notebook();
  const options: StageOptions = { content: { files: [size], version: 'hybrid', isContradictory: true } };
  await onStage(withNotes(notes, options), async (stage) => {
    await honestSeed(stage);
    await stage.untilState('failed');
    await stage.clock.sleep(10);
    assert.ok(notes.events.includes('stopped'));
  });
});

test('peers that a source names are dialed, and wanted only while there is room', async () => {
  const notes = new Notebook();
  const options: StageOptions = { content, engine: { maxConnectionsPerTorrent: 2 } };
  await onStage(withNotes(notes, options), async (stage: Stage) => {
    const [swarm] = notes.swarms as [Swarm];
    assert.equal(swarm.progress().wanted, 2);
    const listeners: FakeListener[] = [];
    for (let i = 0; i < 4; i++) listeners.push(await stage.listen(stage.host()));
    notes.sink(
      listeners.map(({ address }) => address),
      'notebook',
    );
    for (const listener of listeners.slice(0, 2)) {
      const peer = await listener.next();
      peer.handshake(stage.infoHash, {}, listener.address.host);
    }
    await stage.clock.sleep(1000);
    assert.deepEqual([swarm.progress().wanted, stage.torrent.status().peersConnected], [0, 2]);
  });
});

test('a magnet link that turns out to be a torrent which is there already fails, and that one stays reachable', () =>
  onStage({ content: { files: [size], version: 'hybrid' }, has: 'everything' }, async (stage) => {
    const { v1, v2 } = stage.content.metainfo.infoHashes as { v1: Uint8Array; v2: Uint8Array };
    await stage.member.session.remove(stage.torrent);
    const only = (infoHashes: { v1: Uint8Array | null; v2: Uint8Array | null }): TestTorrent => ({
      ...stage.content,
      metainfo: { ...stage.content.metainfo, infoHashes },
    });
    const first = stage.add(only({ v1, v2: null }), {}, true);
    const second = stage.add(only({ v1: null, v2 }), {}, true);
    await metadataPeer(first, stage.content.metainfo.info.raw);
    await first.untilState('seeding');
    await metadataPeer(second, stage.content.metainfo.info.raw);
    await second.untilState('failed');
    const { state } = second.torrent;
    assert.ok(state.kind === 'failed');
    assert.equal(state.error.code, 'ENGINE_DUPLICATE');
    await (await first.peer({ fast: true })).expect('haveAll');
  }));

test('a magnet link with two info hashes that do not belong together fails when its metadata comes', () =>
  onStage({ content: { files: [size], version: 'hybrid' }, isMagnet: true }, async (stage) => {
    const { v1 } = stage.content.metainfo.infoHashes as { v1: Uint8Array };
    const infoHashes = { v1: v1.map((byte) => byte ^ 0), v2: new Uint8Array(32).fill(5) };
    await stage.member.session.remove(stage.torrent);
    const bad = stage.add({ ...stage.content, metainfo: { ...stage.content.metainfo, infoHashes } }, {}, true);
    await metadataPeer(bad, stage.content.metainfo.info.raw);
    await bad.untilState('failed');
    const { state } = bad.torrent;
    assert.ok(state.kind === 'failed');
    assert.equal(state.error.code, 'ENGINE_HYBRID_MISMATCH');
  }));
