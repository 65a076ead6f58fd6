import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concat, toBinary, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { HYBRID_PUBLIC_KEY, HYBRID_SIGNATURE } from '../../crypto/hybrid-signature.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { nodeRsa } from '../../crypto/native/rsa.ts';
import type { Rsa } from '../../crypto/primitives.ts';
import {
  encodeStanzas,
  finishHeader,
  type Identity,
  MOST_STANZAS,
  parseHeader,
  type Recipient,
  type Stanza,
} from '../sealed/index.ts';
import { CHUNK, CHUNKS_HEAD, ChunkKey, SEALED_CHUNK } from './chunks.ts';
import { makeSigner, random, someone } from './fakes.test.ts';
import { DstOpener, openDst } from './open.ts';
import { paddedLength } from './padding.ts';
import {
  passphraseIdentity,
  passphraseRecipient,
  rsaHybridIdentity,
  rsaHybridRecipient,
  rsaIdentity,
  rsaRecipient,
} from './recipients.ts';
import { chunkContext, DST_VERSION, DstSealer, sealDst, type DstSealing } from './seal.ts';
import type { Signer } from './signature.ts';

const { recipient, identity } = someone();
const stranger = someone();
const author = makeSigner();
const quick = { memory: 64, passes: 1, lanes: 1 };

const seal = (content: Uint8Array, changes: Partial<DstSealing> = {}): Promise<Uint8Array> =>
  sealDst(
    nodePrimitives,
    random,
    { kind: 'file', name: 'plan.txt', created: 1_764_000_000, recipients: [recipient], signer: null, ...changes },
    content,
  );

const rejects = (file: Uint8Array, code: string, identities = [identity]): Promise<void> =>
  assert.rejects(openDst(nodePrimitives, file, identities), (error) => codeOf(error) === code);

const withBitAt = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1);

/** The length of the header, and where a chunk begins. */
const headerLength = (file: Uint8Array): number => parseHeader(file, DST_VERSION).length;
const chunkAt = (file: Uint8Array, index: number): number => headerLength(file) + CHUNKS_HEAD + index * SEALED_CHUNK;

/** A recipient that gives the file key away. */
function leaking(): Recipient & { fileKey: Uint8Array } {
  const leak = {
    type: recipient.type,
    family: 'post-quantum' as const,
    fileKey: new Uint8Array(0),
    wrap(fileKey: Uint8Array): Promise<Stanza> {
      leak.fileKey = fileKey.slice();
      return recipient.wrap(fileKey);
    },
  };
  return leak;
}

/** The file with other plaintext behind its head, as one who has its key could make it. */
async function reseal(change: (plaintext: Uint8Array) => Uint8Array, signer: Signer | null): Promise<Uint8Array> {
  const leak = leaking();
  const file = await seal(utf8('content'), { recipients: [leak], signer });
  const header = file.subarray(0, headerLength(file));
  const context = chunkContext(nodePrimitives.hash('sha512', header));
  const head = file.subarray(header.length, header.length + CHUNKS_HEAD);
  const key = ChunkKey.forOpening(nodePrimitives, leak.fileKey, head, context);
  const plaintext = key?.open(0, file.subarray(header.length + CHUNKS_HEAD)) ?? null;
  assert.ok(key !== null && plaintext !== null);
  return concat([header, head, key.seal(0, change(plaintext.slice()))]);
}

describe('a .dst file', () => {
  for (const length of [0, 1, CHUNK - 200, CHUNK - 60, CHUNK, CHUNK + 1, 100_000]) {
    it(`gives back ${length} bytes and what was said of them, signed and not`, async () => {
      const content = random.bytes(length);
      for (const signer of [null, author]) {
        const opened = await openDst(nodePrimitives, await seal(content, { signer }), [stranger.identity, identity]);
        assert.deepEqual(opened.content, content);
        assert.deepEqual(opened.signer, signer?.publicKey ?? null);
        const head = { kind: 'file', length, isSigned: signer !== null, created: 1_764_000_000, name: 'plan.txt' };
        assert.deepEqual(opened.head, head);
      }
    });
  }

  it('is the same whatever the pieces in which its content comes', async () => {
    const content = random.bytes(50_000);
    for (const step of [1, 1000, CHUNK, 49_999]) {
      const sealing = { kind: 'file', name: null, created: null, recipients: [recipient], signer: author } as const;
      const sealer = await DstSealer.begin(nodePrimitives, random, { ...sealing, length: content.length });
      const parts = [sealer.start];
      for (let at = 0; at < content.length; at += step) parts.push(sealer.push(content.subarray(at, at + step)));
      const file = concat([...parts, ...sealer.finish()]);
      const opener = await DstOpener.begin(nodePrimitives, file, [identity]);
      const opened: Uint8Array[] = [];
      for (let at = opener.payloadAt; at < file.length; at += step) {
        opened.push(opener.push(file.subarray(at, Math.min(at + step, file.length))));
      }
      const { content: last, signer } = opener.finish();
      assert.deepEqual(concat([...opened, last]), content);
      assert.deepEqual(signer, author.publicKey);
    }
  });

  it('can be opened whatever the length of its name: one that is too long is left out', async () => {
    for (const [name, expected] of [
      ['n'.repeat(255), 'n'.repeat(255)],
      ['ä'.repeat(128), null],
    ] as const) {
      const { head } = await openDst(nodePrimitives, await seal(utf8('x'), { name }), [identity]);
      assert.equal(head.name, expected);
    }
  });

  it('tells nothing of its content: neither name nor author nor exact length', async () => {
    const files = await Promise.all(
      [100_000, 100_100, 101_000].map((length) => seal(new Uint8Array(length), { signer: author })),
    );
    assert.equal(new Set(files.map((file) => file.length)).size, 1);
    const [file] = files as [Uint8Array];
    assert.equal(toBinary(file).includes('plan'), false);
    assert.equal(toBinary(file).includes(toBinary(author.publicKey.subarray(0, 8))), false);
  });

  it('opens for each of its recipients, and for nobody else', async () => {
    const keys = await nodeRsa.generate();
    const kem = random.bytes(64);
    const publicKey = { rsa: keys.publicKey, kem: nodePrimitives.mlKem768.publicKeyOf(kem) };
    const other = someone();
    const rsaRecipients = [rsaHybridRecipient(nodePrimitives, nodeRsa, random, publicKey)];
    const file = await seal(utf8('for three'), { recipients: [recipient, other.recipient, ...rsaRecipients] });
    const rsa = rsaHybridIdentity(nodePrimitives, nodeRsa, { rsa: keys.privateKey, kem }, publicKey);
    for (const one of [identity, other.identity, rsa]) {
      assert.deepEqual((await openDst(nodePrimitives, file, [one])).content, utf8('for three'));
    }
    await rejects(file, 'SEALED_NO_KEY', [stranger.identity]);
    await rejects(file, 'SEALED_NO_KEY', []);
    const wrongKem = rsaHybridIdentity(
      nodePrimitives,
      nodeRsa,
      { rsa: keys.privateKey, kem: random.bytes(64) },
      publicKey,
    );
    await rejects(file, 'SEALED_NO_KEY', [wrongKem]);
    const classical = await seal(utf8('old'), { recipients: [rsaRecipient(nodeRsa, keys.publicKey)] });
    const opened = await openDst(nodePrimitives, classical, [rsaIdentity(nodeRsa, keys.privateKey)]);
    assert.deepEqual(opened.content, utf8('old'));
  });

  it('opens with its passphrase, in whichever Unicode form that is typed', async () => {
    const file = await seal(utf8('secret'), {
      recipients: [passphraseRecipient(nodePrimitives, random, 'pass\u00e9', quick)],
    });
    const opened = await openDst(nodePrimitives, file, [passphraseIdentity(nodePrimitives, 'passe\u0301')]);
    assert.deepEqual(opened.content, utf8('secret'));
    const [wrong, right] = ['passe', 'pass\u00e9'].map((text) => passphraseIdentity(nodePrimitives, text)) as [
      Identity,
      Identity,
    ];
    await rejects(file, 'SEALED_PASSPHRASE', [wrong]);
    await openDst(nodePrimitives, file, [wrong, right]);
    await rejects(file, 'SEALED_NO_KEY');
  });

  it('is not made for recipients that may not be mixed, nor for none', async () => {
    const passphrase = passphraseRecipient(nodePrimitives, random, 'x', quick);
    const classical = { ...recipient, family: 'classical' as const };
    const many = Array.from({ length: MOST_STANZAS + 1 }, () => recipient);
    for (const recipients of [[], [recipient, passphrase], [passphrase, passphrase], [recipient, classical], many]) {
      await assert.rejects(seal(utf8('x'), { recipients }), { code: 'SEALED_RECIPIENT' });
    }
  });
});

describe('a damaged .dst file', () => {
  const length = 3 * CHUNK + 100;

  it('that was cut off anywhere is told', async () => {
    const file = await seal(random.bytes(length));
    for (let chunk = 0; chunk <= 4; chunk++) {
      for (const past of [0, 1, 15, 16, 17]) {
        const cut = Math.min(chunkAt(file, chunk) + past, file.length - 1);
        await assert.rejects(
          openDst(nodePrimitives, file.subarray(0, cut), [identity]),
          { name: 'DstError' },
          String(cut),
        );
      }
    }
    await rejects(file.subarray(0, chunkAt(file, 2)), 'SEALED_TRUNCATED');
    await rejects(file.subarray(0, headerLength(file) + 20), 'SEALED_TRUNCATED');
    await rejects(file.subarray(0, 100), 'SEALED_TRUNCATED');
  });

  it('gives out nothing of a chunk that was swapped, doubled, removed or added, nor of one after it', async () => {
    const content = random.bytes(length);
    const file = await seal(content);
    const chunk = (index: number): Uint8Array => file.subarray(chunkAt(file, index), chunkAt(file, index + 1));
    const start = file.subarray(0, chunkAt(file, 0));
    const orders = [
      [1, 0, 2, 3],
      [0, 2, 1, 3],
      [0, 0, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2, 3, 3],
    ];
    for (const order of orders) {
      const changed = concat([start, ...order.map(chunk)]);
      const opener = await DstOpener.begin(nodePrimitives, changed, [identity]);
      const released: Uint8Array[] = [];
      assert.throws(
        () => {
          for (let at = opener.payloadAt; at < changed.length; at += 1000) {
            released.push(opener.push(changed.subarray(at, Math.min(at + 1000, changed.length))));
          }
          opener.finish();
        },
        { code: 'SEALED_DAMAGED' },
      );
      const good = concat(released);
      assert.deepEqual(good, content.subarray(0, good.length));
      const intact = order.findIndex((from, to) => from !== to);
      assert.ok(good.length <= CHUNK * (intact < 0 ? 4 : intact));
    }
  });

  it('gives nothing any more after an error, whatever comes, and says the same again; nor after its end', async () => {
    const file = await seal(random.bytes(length));
    const chunk = (index: number): Uint8Array => file.subarray(chunkAt(file, index), chunkAt(file, index + 1));
    const altered = chunk(1).with(0, (chunk(1)[0] as number) ^ 1);
    const opener = await DstOpener.begin(nodePrimitives, file, [identity]);
    opener.push(chunk(0));
    const refusal = { code: 'SEALED_DAMAGED', details: { chunk: 1 } };
    assert.throws(() => opener.push(altered), refusal);
    for (const next of [chunk(1), chunk(2), file.subarray(0, 1), new Uint8Array(0)]) {
      assert.throws(() => opener.push(next), refusal);
    }
    assert.throws(() => opener.finish(), refusal);
    const whole = await DstOpener.begin(nodePrimitives, file, [identity]);
    whole.push(file.subarray(whole.payloadAt));
    whole.finish();
    assert.throws(() => whole.push(chunk(0)), /closed/);
    assert.throws(() => whole.finish(), /closed/);
  });

  it('with the header of another file for the same reader is refused', async () => {
    const [one, other] = [await seal(utf8('one')), await seal(utf8('other'))];
    const mixed = concat([one.subarray(0, headerLength(one)), other.subarray(headerLength(other))]);
    await rejects(mixed, 'SEALED_DAMAGED');
  });

  it('with a recipient taken out or added is told to its readers', async () => {
    const file = await seal(utf8('two'), { recipients: [recipient, stranger.recipient] });
    const { stanzas, mac, length: end } = parseHeader(file, DST_VERSION);
    for (const changed of [stanzas.slice(0, 1), [...stanzas, ...stanzas.slice(0, 1)]]) {
      const header = finishHeader(encodeStanzas(DST_VERSION, changed), mac);
      await rejects(concat([header, file.subarray(end)]), 'SEALED_FORGED');
    }
  });
});

describe('a forged .dst file', () => {
  it('whose signature was taken off is refused, also when its head still says that it is signed', async () => {
    const withoutBlock = await reseal((plaintext) => plaintext.subarray(0, 80), author);
    await rejects(withoutBlock, 'SEALED_HEADER');
  });

  it('with one half of its signature wrong is refused, whichever half', async () => {
    for (const at of [HYBRID_PUBLIC_KEY + 5, HYBRID_PUBLIC_KEY + HYBRID_SIGNATURE - 5]) {
      const changed = await reseal((plaintext) => {
        const block = plaintext.indexOf(author.publicKey[0] as number, 60);
        assert.deepEqual(plaintext.subarray(block, block + 64), author.publicKey.subarray(0, 64));
        plaintext[block + at] = (plaintext[block + at] as number) ^ 1;
        return plaintext;
      }, author);
      await rejects(changed, 'SEALED_SIGNATURE');
    }
  });

  it('with the public key of another author is refused', async () => {
    const other = makeSigner();
    const file = await seal(utf8('x'), { signer: { publicKey: other.publicKey, sign: author.sign } });
    await rejects(file, 'SEALED_SIGNATURE');
  });

  it('with a signature that was made for another file is refused', async () => {
    let kept: Uint8Array | null = null;
    const replaying: Signer = {
      publicKey: author.publicKey,
      sign: (purpose, digest) => (kept ??= author.sign(purpose, digest)),
    };
    await openDst(nodePrimitives, await seal(utf8('same'), { signer: replaying }), [identity]);
    await rejects(await seal(utf8('same'), { signer: replaying }), 'SEALED_SIGNATURE');
  });

  it('with something behind its content, or another length, is refused', async () => {
    await rejects(await reseal((plaintext) => concat([plaintext, Uint8Array.of(0)]), null), 'SEALED_HEADER');
    await rejects(
      await reseal((plaintext) => concat([plaintext.subarray(0, -1), Uint8Array.of(1)]), null),
      'SEALED_HEADER',
    );
    await rejects(await reseal((plaintext) => plaintext.subarray(0, -1), null), 'SEALED_HEADER');
  });

  it('leaves nothing of its content in memory, wherever it is wrong', async (t) => {
    const { openInto } = nodePrimitives.aes256Gcm;
    const opened: Uint8Array[] = [];
    t.mock.method(nodePrimitives.aes256Gcm, 'openInto', (...args: Parameters<typeof openInto>) => {
      opened.push(args[0]);
      return openInto(...args);
    });
    const long = await seal(utf8('content'.repeat(6000)));
    const files = [
      ['SEALED_DAMAGED', withBitAt(long, chunkAt(long, 1))],
      ['SEALED_DAMAGED', withBitAt(long, chunkAt(long, 2))],
      ['SEALED_HEADER', await reseal((plaintext) => withBitAt(plaintext, plaintext.length - 1), null)],
      ['SEALED_SIGNATURE', await reseal((plaintext) => withBitAt(plaintext, 80 + HYBRID_PUBLIC_KEY), author)],
    ] as const;
    for (const [i, [code, file]] of files.entries()) {
      opened.length = 0;
      await rejects(file, code);
      assert.ok(opened.length > 0);
      for (const { buffer } of opened) assert.equal(Buffer.from(buffer).includes('content'), false, `${i}, ${code}`);
    }
  });

  it('that demands much work for its passphrase is refused before any of it is done', async () => {
    const primitives = { ...nodePrimitives, argon2id: () => assert.fail('the key was derived') };
    const costs = ['1048577 3 1', '65536 11 1', '65536 3 5', '4294967296 3 1', `${'9'.repeat(300)} 3 1`];
    for (const cost of costs) {
      const stanza = { type: 'argon2id', args: ['A'.repeat(22), ...cost.split(' ')], body: new Uint8Array(48) };
      const file = finishHeader(encodeStanzas(DST_VERSION, [stanza]), new Uint8Array(32));
      await assert.rejects(openDst(primitives, file, [passphraseIdentity(primitives, 'x')]), { code: 'SEALED_COST' });
    }
  });

  it('with costs that are no numbers, or too small for Argon2, is refused', async () => {
    for (const cost of ['0 3 1', '-1 3 1', '1e3 3 1', '64 3', '64 3 1 1', '7 1 1', '064 1 1']) {
      const stanza = { type: 'argon2id', args: ['A'.repeat(22), ...cost.split(' ')], body: new Uint8Array(48) };
      const file = finishHeader(encodeStanzas(DST_VERSION, [stanza]), new Uint8Array(32));
      await rejects(file, 'SEALED_HEADER', [passphraseIdentity(nodePrimitives, 'x')]);
    }
  });

  it('with 100,000 recipients is refused', async () => {
    const stanza = { type: 'x', args: [], body: new Uint8Array(1) };
    const stanzas = Array.from({ length: 100_000 }, () => stanza);
    await rejects(finishHeader(encodeStanzas(DST_VERSION, stanzas), new Uint8Array(32)), 'SEALED_TOO_LARGE');
  });

  it('with more than 64 recipients with RSA is refused before any private key is used, and not made', async () => {
    const rsa = { ...nodeRsa, decrypt: () => assert.fail('the private key was used') };
    const empty = new Uint8Array(0);
    const readers = [
      rsaIdentity(rsa, empty),
      rsaHybridIdentity(nodePrimitives, rsa, { rsa: empty, kem: empty }, { rsa: empty, kem: empty }),
    ];
    for (const type of ['rsa4096', 'mlkem768rsa4096']) {
      const fileOf = (count: number): Uint8Array => {
        const stanzas = Array.from({ length: count }, () => ({ type, args: [], body: empty }));
        return finishHeader(encodeStanzas(DST_VERSION, stanzas), new Uint8Array(32));
      };
      for (const reader of [...readers, identity]) await rejects(fileOf(65), 'SEALED_TOO_LARGE', [reader]);
      await rejects(fileOf(64), 'SEALED_NO_KEY', [identity]);
    }
    const { publicKey, privateKey } = await nodeRsa.generate();
    const many = (count: number): Recipient[] => Array.from({ length: count }, () => rsaRecipient(nodeRsa, publicKey));
    await openDst(nodePrimitives, await seal(utf8('x'), { recipients: many(64) }), [rsaIdentity(nodeRsa, privateKey)]);
    await assert.rejects(seal(utf8('x'), { recipients: many(65) }), { code: 'SEALED_RECIPIENT' });
  });

  it('with a passphrase beside other recipients is refused', async () => {
    const fileKey = random.bytes(32);
    const passphrase = passphraseRecipient(nodePrimitives, random, 'x', quick);
    const stanzas = [await recipient.wrap(fileKey), await passphrase.wrap(fileKey)];
    const file = finishHeader(encodeStanzas(DST_VERSION, stanzas), new Uint8Array(32));
    await rejects(file, 'SEALED_HEADER');
  });

  it('with recipients of RSA alone beside stronger ones is refused, by whoever opens it', async () => {
    const { publicKey, privateKey } = await nodeRsa.generate();
    const fileKey = random.bytes(32);
    const stanzas = [await recipient.wrap(fileKey), await rsaRecipient(nodeRsa, publicKey).wrap(fileKey)];
    const file = finishHeader(encodeStanzas(DST_VERSION, stanzas), new Uint8Array(32));
    for (const one of [identity, rsaIdentity(nodeRsa, privateKey)]) await rejects(file, 'SEALED_HEADER', [one]);
  });

  it('whose RSA carries a secret of another length than 32 bytes opens for nobody', async () => {
    const keys = await nodeRsa.generate();
    const kem = random.bytes(64);
    const publicKey = { rsa: keys.publicKey, kem: nodePrimitives.mlKem768.publicKeyOf(kem) };
    const own = rsaHybridIdentity(nodePrimitives, nodeRsa, { rsa: keys.privateKey, kem }, publicKey);
    for (const length of [31, 32, 33]) {
      const odd: Rsa = { ...nodeRsa, encrypt: (key, _, label) => nodeRsa.encrypt(key, new Uint8Array(length), label) };
      // The author agrees with what RSA carries: only its length speaks against it.
      const zeros: Random = { ...random, bytes: (count) => new Uint8Array(count === 32 ? length : count) };
      const stanza = await rsaHybridRecipient(nodePrimitives, odd, zeros, publicKey).wrap(new Uint8Array(32).fill(7));
      assert.deepEqual(await own.unwrap([stanza]), length === 32 ? new Uint8Array(32).fill(7) : null);
    }
  });

  it('of a newer version is told from one that is no such file', async () => {
    await rejects(utf8('dst-torrent.org/v2\n'), 'SEALED_VERSION');
    await rejects(utf8('age-encryption.org/v1\n'), 'SEALED_FORMAT');
    await rejects(new Uint8Array(0), 'SEALED_FORMAT');
  });
});

describe('padding', () => {
  it('adds an eighth at the most, never shortens, and gives few lengths', () => {
    const lengths = new Set<number>();
    for (let length = 1; length < 300_000; length += 7) {
      const padded = paddedLength(length);
      assert.ok(padded >= length && padded <= length * 1.12 + 1, `${length}: ${padded}`);
      lengths.add(padded);
    }
    assert.ok(lengths.size < 250);
    assert.equal(paddedLength(0), 0);
    assert.equal(paddedLength(2 ** 40), 2 ** 40);
  });
});
