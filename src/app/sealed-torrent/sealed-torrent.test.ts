import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import {
  carrierNameOf,
  decodeTorrentContent,
  encodeTorrentContent,
  hybridIdentity,
  hybridRecipient,
  isDst,
} from '../../codec/dst/index.ts';
import { planSealedTorrent } from '../../codec/metainfo/index.ts';
import type { Identity, Recipient } from '../../codec/sealed/index.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { xWingPublicKeyOf } from '../../crypto/x-wing.ts';
import { createSession, type Session, type SessionTorrent } from '../index.ts';
import { createTorrent } from '../torrent-creation/index.ts';
import { decodeTorrent, encodeMagnet, magnetOf, verifyTorrent } from '../torrent-file/index.ts';
import { type CreatedSealedTorrent, createSealedTorrent } from './create-sealed-torrent.ts';
import { openSealedTorrent } from './open-sealed-torrent.ts';

const random = seededRandom(11);
const WORDS = 'attack at dawn, bring coffee; ';

function someone(): { readonly recipient: Recipient; readonly identity: Identity } {
  const seed = random.bytes(32);
  const recipient = hybridRecipient(nodePrimitives, random, xWingPublicKeyOf(nodePrimitives, seed));
  return { recipient, identity: hybridIdentity(nodePrimitives, seed) };
}

describe('a sealed torrent', () => {
  let folder = '';
  let created: CreatedSealedTorrent;
  const reader = someone();
  const sessions: Session[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dst-sealed-'));
    await mkdir(join(folder, 'plans', 'annex'), { recursive: true });
    await writeFile(join(folder, 'plans', 'plan.txt'), WORDS.repeat(20_000));
    await writeFile(join(folder, 'plans', 'annex', 'map.bin'), random.bytes(1_234_567));
    await writeFile(join(folder, 'plans', 'empty'), '');
    const options = { recipients: [reader.recipient], trackers: [['http://tracker.secret.example/announce']] };
    created = await createSealedTorrent(join(folder, 'plans'), options);
  });
  after(async () => {
    for (const session of sessions) await session.close();
    await rm(folder, { recursive: true });
  });

  const joinSwarm = async (
    name: string,
    source: Parameters<Session['add']>[0],
    options: Parameters<Session['add']>[1] = {},
  ): Promise<{ session: Session; torrent: SessionTorrent; directory: string }> => {
    const directory = join(folder, name);
    const session = await createSession({ port: 0, bind: ['127.0.0.1'], useTrackers: false });
    sessions.push(session);
    return { session, torrent: await session.add(source, { directory, ...options }), directory };
  };

  it('shows nothing of its content to those who cannot open it', async () => {
    assert.equal(isDst(created.bytes), true);
    const carrier = decodeTorrent(created.carrier);
    assert.match(carrier.info.name, /^[0-9a-f]{64}$/);
    assert.equal(carrier.info.files.length, 1);
    assert.deepEqual(
      [carrier.trackers, carrier.createdBy, carrier.creationDate, carrier.comment],
      [[], null, null, null],
    );
    for (const bytes of [created.bytes, created.carrier]) {
      for (const secret of ['plan', 'annex', 'map.bin', 'tracker.secret']) {
        assert.equal(Buffer.from(bytes).includes(secret), false, secret);
      }
    }
    await assert.rejects(openSealedTorrent(created.bytes, [someone().identity]), { code: 'SEALED_NO_KEY' });
  });

  it('has a magnet link that tells of it what its carrier does, and no tracker', () => {
    const link = encodeMagnet(magnetOf(created.metainfo));
    assert.equal(link, encodeMagnet(magnetOf(decodeTorrent(created.carrier))));
    assert.match(link, /&dn=[0-9a-f]{64}(&|$)/);
  });

  it('is made and opened without its key staying in what was read or written', async (t) => {
    const { openInto, seal, sealInto } = nodePrimitives.aes256Gcm;
    const plaintexts: Uint8Array[] = [];
    t.mock.method(nodePrimitives.aes256Gcm, 'openInto', (...args: Parameters<typeof openInto>) => {
      plaintexts.push(args[0]);
      return openInto(...args);
    });
    t.mock.method(nodePrimitives.aes256Gcm, 'seal', (...args: Parameters<typeof seal>) => {
      plaintexts.push(args[2]);
      return seal(...args);
    });
    t.mock.method(nodePrimitives.aes256Gcm, 'sealInto', (...args: Parameters<typeof sealInto>) => {
      plaintexts.push(args[3]);
      sealInto(...args);
    });
    // So long that a chunk is sealed right out of the dictionary that has the key.
    const options = { recipients: [reader.recipient], comment: 'x'.repeat(40_000) };
    const again = await createSealedTorrent(join(folder, 'plans'), options);
    // What is read of it is copied out of the dictionary.
    const typedArrays = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
    const { slice } = typedArrays;
    t.mock.method(typedArrays, 'slice', function (this: Uint8Array, ...range: number[]) {
      plaintexts.push(this);
      return slice.apply(this, range as []);
    });
    const { metainfo, content } = await openSealedTorrent(again.bytes, [reader.identity]);
    content.fill(0); // it is the caller's
    const key = Buffer.from(metainfo.info.seal?.contentKey as Uint8Array);
    assert.ok(plaintexts.length > 4 && key.some((byte) => byte !== 0));
    for (const plaintext of plaintexts) assert.equal(Buffer.from(plaintext.buffer).includes(key), false);
  });

  it('opens to the torrent of its content, which verifies against the plain files', async () => {
    const { metainfo, signer } = await openSealedTorrent(created.bytes, [reader.identity]);
    assert.deepEqual([metainfo.info.name, metainfo.info.seal?.transport, signer], ['plans', 'prefer', null]);
    assert.deepEqual(metainfo.trackers, [['http://tracker.secret.example/announce']]);
    const report = await verifyTorrent(metainfo, { path: folder });
    assert.deepEqual([report.isGood, report.goodPieces], [true, report.pieceCount]);
    assert.deepEqual(report.files.map(({ path }) => path.join('/')).sort(), [
      'plans/annex/map.bin',
      'plans/empty',
      'plans/plan.txt',
    ]);
  });

  it('reaches its readers through peers that cannot read it', async () => {
    const { metainfo } = await openSealedTorrent(created.bytes, [reader.identity]);
    const seeder = await joinSwarm('.', metainfo, { isSeedOnly: true });
    await seeder.torrent.completed();
    const peersOf = (session: Session): { peers: Session['listening'] } => ({ peers: session.listening });
    const helper = await joinSwarm('helper', created.carrier, peersOf(seeder.session));
    await helper.torrent.completed();
    await seeder.session.close();
    const download = await joinSwarm('download', metainfo, peersOf(helper.session));
    await download.torrent.completed();
    for (const path of ['plan.txt', 'annex/map.bin', 'empty']) {
      const [from, to] = [join(folder, 'plans', path), join(download.directory, 'plans', path)];
      assert.deepEqual(await readFile(to), await readFile(from), path);
    }
    const helped = await readdir(helper.directory, { recursive: true, withFileTypes: true });
    const names = helped.filter((entry) => entry.isFile()).map(({ name }) => name);
    assert.deepEqual(names, [decodeTorrent(created.carrier).info.name]);
    const noise = await readFile(join(helper.directory, names[0] as string));
    for (let at = 0; at < WORDS.length; at++) {
      assert.equal(noise.includes(WORDS.repeat(2).slice(at, at + 8)), false);
    }
  });

  it('ends with an error of its own when its author has padded it with something else than zeros; nobody is banned', async () => {
    const contentKey = random.bytes(32);
    const [files, name] = [[{ path: [], length: 100_000 }], carrierNameOf(contentKey, nodeDigests)];
    const options = { format: 'v1', name: 'odd', isSingleFile: true, pieceLength: 16_384 } as const;
    const { content } = planSealedTorrent(files, { ...options, carrierName: name, carrierLength: () => 110_000 });
    const carrier = random.bytes(110_000);
    await mkdir(join(folder, 'odd'));
    await writeFile(join(folder, 'odd', name), carrier);
    const { bytes: torrent } = await createTorrent(join(folder, 'odd', name), { pieceLength: 16_384 });
    const dictionary = encodeTorrentContent({ torrent, plan: content, contentKey, transport: 'off' });
    const metainfo = decodeTorrentContent(dictionary, nodeDigests);
    const helper = await joinSwarm('odd', torrent, { isSeedOnly: true });
    await helper.torrent.completed();
    const reading = await joinSwarm('odd-reader', metainfo, { peers: helper.session.listening });
    const banned: unknown[] = [];
    for (const event of ['banned', 'hashFailed'] as const) reading.torrent.on(event, (one) => banned.push(one));
    await assert.rejects(reading.torrent.completed(), { code: 'STORAGE_SEALED_PADDING' });
    assert.deepEqual(banned, []);
    const noise = await joinSwarm('odd-helper', torrent, { peers: helper.session.listening });
    await noise.torrent.completed();
  });

  it('can be fetched in part: files that are not wanted take no space', async () => {
    const { metainfo } = await openSealedTorrent(created.bytes, [reader.identity]);
    const seeder = await joinSwarm('.', metainfo, { isSeedOnly: true });
    await seeder.torrent.completed();
    const wanted = metainfo.info.files.findIndex(({ path }) => path.at(-1) === 'plan.txt');
    const options = { select: [wanted], peers: seeder.session.listening };
    const { torrent, directory } = await joinSwarm('part', metainfo, options);
    await torrent.completed();
    assert.deepEqual(await readdir(join(directory, 'plans')), ['plan.txt']);
    assert.equal((await readFile(join(directory, 'plans', 'plan.txt'), 'utf8')).slice(0, WORDS.length), WORDS);
  });
});
