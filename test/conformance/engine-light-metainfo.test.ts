/** A torrent whose large parts lie in a file: what is read of it, and what becomes of it when the file is gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { decodeMetainfo, lightMetainfo } from '../../src/codec/metainfo/index.ts';
import { encodeExtended, encodeMetadataMessage, encodeRequest, Frame } from '../../src/codec/wire/index.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import { onStage, type Stage } from './engine-stage.ts';
import { extensionPeer, metadataMessages } from './extension-peer.ts';
import { honestSeed } from './scripted-seed.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The torrent file, which can go. */
class File {
  readonly #bytes: Uint8Array;
  isGone = false;
  reads = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read() {
    this.reads++;
    if (this.isGone) throw new Error('the torrent file is gone');
    return decodeMetainfo(this.#bytes, nodeDigests);
  }
}

/** Lets go of all that can be read again. */
async function forget({ clock }: Stage): Promise<void> {
  await clock.sleep(1); // what a weak reference has shown stays until the end of the turn
  collect();
}

/** A seed of the torrent in its light form. */
async function onLightStage(
  play: (stage: Stage, file: File) => Promise<void>,
  warn: Logger['warn'] = () => {},
): Promise<void> {
  const logger = { ...silentLogger, warn };
  await onStage({ content: { files: [400_000] }, has: 'everything', logger }, async (stage) => {
    await stage.member.session.remove(stage.torrent);
    const file = new File(stage.content.bytes);
    const metainfo = lightMetainfo(file.read(), () => file.read());
    const light = stage.add({ ...stage.content, metainfo });
    await light.untilState('seeding');
    await forget(light);
    file.reads = 0;
    await play(light, file);
  });
}

test('its metadata is read for those who ask', () =>
  onLightStage(async (stage, file) => {
    const { peer, theirs } = await extensionPeer(stage);
    const id = theirs.ids.get('ut_metadata') as number;
    peer.send(encodeExtended(id, encodeMetadataMessage({ type: 'request', piece: 0 })));
    await stage.clock.sleep(500);
    assert.equal(metadataMessages(peer)[0]?.type, 'data');
    assert.ok(file.reads >= 1);
  }));

test('without its file it offers no metadata, says so once, and goes on serving its pieces', async () => {
  const warnings: string[] = [];
  const play = async (stage: Stage, file: File): Promise<void> => {
    file.isGone = true;
    const { peer, theirs } = await extensionPeer(stage);
    assert.equal(theirs.metadataSize, null);
    const id = theirs.ids.get('ut_metadata') as number;
    for (let i = 0; i < 3; i++) peer.send(encodeExtended(id, encodeMetadataMessage({ type: 'request', piece: 0 })));
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    peer.send(encodeRequest(stage.block(0, 0)));
    await peer.expect('piece');
  };
  await onLightStage(play, (words) => void warnings.push(words));
  assert.deepEqual(warnings, ['metadata is not offered']);
});

for (const isGone of [false, true]) {
  test(`while peers are there it is not read for nothing, nor asked of them${isGone ? ', without its file' : ''}`, () =>
    onLightStage(async (stage, file) => {
      file.isGone = isGone;
      const { peer } = await extensionPeer(stage, { metadataSize: 1000 });
      stage.keepAlive(peer);
      await forget(stage);
      file.reads = 0;
      for (let i = 0; i < 5; i++) {
        await stage.clock.sleep(1000);
        await forget(stage);
      }
      assert.equal(file.reads, 0);
      assert.deepEqual(metadataMessages(peer), []);
    }));
}

test('without its file a recheck fails it, and it goes on when the file is back', () =>
  onLightStage(async (stage, file) => {
    file.isGone = true;
    await stage.torrent.life.recheck();
    await stage.untilState('failed');
    file.isGone = false;
    stage.torrent.life.start();
    await stage.untilState('seeding');
  }));

test('a download has all hashes at hand, whatever becomes of the file', () =>
  onLightStage(async (stage, file) => {
    for (const bytes of stage.member.files.files.values()) bytes.fill(0);
    await stage.torrent.life.recheck();
    await stage.untilState('downloading');
    file.isGone = true;
    await forget(stage);
    await honestSeed(stage);
    await stage.untilState('seeding');
    assert.equal(stage.torrent.status().done, 400_000);
  }));
