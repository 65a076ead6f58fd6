/**
 * A second implementation opens our files, and refuses what we refuse: `dst-reader/reader.py`, written after the
 * specifications over Debian's python3-cryptography and python3-argon2, with ML-KEM and ML-DSA of its own.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createSealedTorrent } from '../../src/app/sealed-torrent/index.ts';
import { concat, toHex } from '../../src/base/bytes.ts';
import { seededRandom, systemRandom } from '../../src/base/random.ts';
import { type DstHead, passphraseRecipient, sealDst } from '../../src/codec/dst/index.ts';
import type { Recipient } from '../../src/codec/sealed/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { nodeRsa } from '../../src/crypto/native/rsa.ts';
import { cipherContent } from '../../src/storage/content-cipher.ts';
import { authorKey, authorWith, keys, recipientsWith } from '../vectors/dst/people.ts';
import { fileOf, vectorsOf } from '../vectors/dst/stored.ts';
import { enterNamespace } from './namespace.ts';
import { PYTHON } from './setup.ts';

const skip = await enterNamespace(import.meta.filename, ['cryptography', 'argon2'], []);

interface Job {
  readonly file: string;
  readonly keys?: readonly object[];
  readonly passphrases?: readonly string[];
  readonly carrier?: string;
}

interface Outcome {
  readonly result: string;
  readonly head: DstHead | null;
  readonly signer: string | null;
  readonly fileKey: string | null;
  readonly released: number;
  readonly sha256: string;
  readonly torrent?: {
    readonly isGood: boolean;
    readonly files: readonly { readonly path: string; readonly sha256: string }[];
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const sha256 = (bytes: Uint8Array): string => toHex(nodePrimitives.hash('sha256', bytes));

function read(jobs: readonly Job[]): Outcome[] {
  const reader = join(import.meta.dirname, 'dst-reader', 'reader.py');
  const options = { input: JSON.stringify(jobs), encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  return JSON.parse(execFileSync(PYTHON, ['-B', reader], options)) as Outcome[];
}

describe('a reader in Python', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dst-reader-'));
  after(() => rmSync(folder, { recursive: true }));

  test('reads the vectors of .dst as they say', () => {
    const vectors = vectorsOf('container');
    const outcomes = read(
      vectors.map((vector) => ({
        file: base64(fileOf(vector, vectors)),
        keys: vector.readers.map((reader) => keys[reader]),
        passphrases: vector.passphrases,
      })),
    );
    for (const [i, { name, result, head, released, ...vector }] of vectors.entries()) {
      const outcome = outcomes[i] as Outcome;
      assert.equal(outcome.result, result, name);
      assert.deepEqual(outcome.head, head, name);
      assert.deepEqual([outcome.released, outcome.sha256], [released, vector.sha256], name);
      assert.equal(outcome.signer, head?.isSigned === true ? base64(authorKey) : null, name);
      if (vector.fileKey !== null) assert.equal(outcome.fileKey, vector.fileKey, name);
    }
  });

  test('reads what is sealed today, for recipients of all types, around each edge of a chunk', async () => {
    const seed = systemRandom.below(2 ** 32);
    const random = seededRandom(seed);
    const people = recipientsWith(nodePrimitives, nodeRsa, systemRandom);
    const word = passphraseRecipient(nodePrimitives, systemRandom, 'geheim', { memory: 64, passes: 1, lanes: 1 });
    const kinds: readonly (readonly Recipient[])[] = [
      [people.alice],
      [people.bob, people.alice, people.carol],
      [people.carol],
      [people.classicalCarol],
      [word],
    ];
    const jobs: Job[] = [];
    const contents: Uint8Array[] = [];
    const edges = [0, 1, 16_383, 16_384, 16_385, 32_768, 200_000];
    for (const [i, length] of [...edges, ...edges.map(() => random.below(100_000))].entries()) {
      const content = random.bytes(length);
      const recipients = kinds[i % kinds.length] as readonly Recipient[];
      const signer = i % 2 === 0 ? authorWith(nodePrimitives) : null;
      const sealing = { kind: 'file', name: 'ein Plan', created: i, recipients, signer } as const;
      const file = base64(await sealDst(nodePrimitives, systemRandom, sealing, content));
      jobs.push({ file, keys: [keys.alice, keys.carol], passphrases: ['geheim'] });
      contents.push(content);
    }
    for (const [i, outcome] of read(jobs).entries()) {
      const content = contents[i] as Uint8Array;
      const what = `${content.length} bytes, seed ${seed}`;
      assert.deepEqual([outcome.result, outcome.released], ['opened', content.length], what);
      assert.equal(outcome.sha256, sha256(content), what);
      const head = { kind: 'file', length: content.length, isSigned: i % 2 === 0, created: i, name: 'ein Plan' };
      assert.deepEqual(outcome.head, head);
      assert.equal(outcome.signer, i % 2 === 0 ? base64(authorKey) : null);
    }
  });

  test('reads the vectors of sealed torrents as they say', () => {
    const vectors = vectorsOf('sealed-torrent');
    const outcomes = read(
      vectors.map(({ dst, expected }) => ({ file: dst, keys: [keys.alice], carrier: expected?.carrier.bytes ?? '' })),
    );
    for (const [i, { name, result, expected }] of vectors.entries()) {
      const { torrent, ...outcome } = outcomes[i] as Outcome;
      assert.equal(outcome.result, result, name);
      if (expected === null) continue;
      const { transport, contentName, contentKey, infoHashes, files, isSigned } = expected;
      assert.deepEqual(torrent, { isGood: true, transport, contentName, contentKey, infoHashes, files }, name);
      assert.equal(outcome.signer, isSigned ? base64(authorKey) : null);
    }
  });

  for (const format of ['v1', 'v2', 'hybrid'] as const) {
    test(`decrypts the content of a sealed torrent that is made today (${format})`, async () => {
      const path = join(folder, format);
      mkdirSync(join(path, 'annex'), { recursive: true });
      const files = { 'annex/map': systemRandom.bytes(50_000), plan: systemRandom.bytes(40_001) };
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(path, name), bytes);
      const recipients = [recipientsWith(nodePrimitives, nodeRsa, systemRandom).alice];
      const { bytes, metainfo } = await createSealedTorrent(path, { format, recipients });
      const { seal, length } = metainfo.info;
      const plain = concat(Object.values(files));
      const carrier = concat([plain, new Uint8Array(length - plain.length)]);
      assert.ok(seal !== null);
      cipherContent(seal.contentKey, carrier, 0);
      const [outcome] = read([{ file: base64(bytes), keys: [keys.alice], carrier: base64(carrier) }]) as [Outcome];
      assert.deepEqual([outcome.result, outcome.torrent?.isGood], ['opened', true]);
      assert.deepEqual(
        outcome.torrent?.files.map((file) => [file.path, file.sha256]),
        Object.entries(files).map(([name, content]) => [`${format}/${name}`, sha256(content)]),
      );
    });
  }
});
