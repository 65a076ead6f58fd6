/** The vectors of container.json: files of each kind, and of each way in which one can be wrong (docs/spec/dst.md). */
import { concat, toBinary, toHex, utf8 } from '../../../src/base/bytes.ts';
import { CHUNK, CHUNKS_HEAD, SEALED_CHUNK } from '../../../src/codec/dst/chunks.ts';
import { type DstHead, encodeHead } from '../../../src/codec/dst/head.ts';
import type { Signer } from '../../../src/codec/dst/signature.ts';
import { DST_VERSION } from '../../../src/codec/dst/seal.ts';
import { encodeStanzas, finishHeader, parseHeader, type Stanza, toBase64 } from '../../../src/codec/sealed/index.ts';
import { HYBRID_PUBLIC_KEY, HYBRID_SIGNATURE } from '../../../src/crypto/hybrid-signature.ts';
import { nodePrimitives } from '../../../src/crypto/native/node-primitives.ts';
import {
  flip,
  headerLength,
  type Made,
  make,
  PASSPHRASE,
  payloadAt,
  resealed,
  retyped,
  rewrapped,
  withHead,
} from './container-files.ts';
import { contentOf } from './deterministic.ts';
import type { Reader } from './people.ts';

/** `file` is base64, other bytes are hexadecimal. */
export interface ContainerVector {
  readonly name: string;
  /** `opened`, or the code of the error. */
  readonly result: string;
  /** Whose keys and which passphrases are tried, in this order. */
  readonly readers: readonly Reader[];
  readonly passphrases: readonly string[];
  /** What an opened file says of itself. */
  readonly head: DstHead | null;
  /** Bytes of content that a reader may give out: all, or those of the chunks before the bad one. */
  readonly released: number;
  /** SHA-256 of these. */
  readonly sha256: string;
  /** Null for files that were never whole. */
  readonly fileKey: string | null;
  readonly file: string | Edit;
}

/** A file made of another vector's: its bytes in these ranges, in this order, with one bit changed. */
export interface Edit {
  /** Name of the other vector. */
  readonly of: string;
  readonly ranges: readonly (readonly [from: number, to: number])[];
  /** The lowest bit of this byte of the result is another. */
  readonly flip: number | null;
}

const THREE_CHUNKS = 'three chunks';

interface Reading {
  readonly by?: readonly Reader[];
  readonly passphrases?: readonly string[];
}

function vectorOf(
  name: string,
  result: string,
  {
    file,
    fileKey,
    released,
    head,
  }: Pick<Made, 'file'> & { fileKey?: Uint8Array; released: Uint8Array; head?: DstHead },
  { by = [], passphrases = by.length === 0 ? [PASSPHRASE] : [] }: Reading,
): ContainerVector {
  return {
    name,
    result,
    readers: by,
    passphrases,
    head: head ?? null,
    released: released.length,
    sha256: toHex(nodePrimitives.hash('sha256', released)),
    fileKey: fileKey === undefined ? null : toHex(fileKey),
    file: Buffer.from(file).toString('base64'),
  };
}

const opened = (name: string, made: Made, reading: Reading = {}, head = made.head): ContainerVector =>
  vectorOf(name, 'opened', { ...made, head, released: made.content }, reading);

const refused = (
  code: string,
  name: string,
  file: Uint8Array,
  reading: Reading & { released?: Uint8Array } = {},
): ContainerVector => vectorOf(name, code, { file, released: reading.released ?? new Uint8Array(0) }, reading);

const stanza = (type: string, args: readonly string[], body: Uint8Array): Stanza => ({ type, args, body });
const GREASE = stanza('example.org/grease', ['a', 'b!'], utf8('who does not know it passes by'.repeat(3)));

export async function containerVectors(): Promise<ContainerVector[]> {
  const example = await make('example');
  const alice = await make('for Alice', { for: ['alice'] });
  const two = await make('for two', { for: ['alice', 'bob'] });
  const carol = await make('for Carol', { for: ['carol'] });
  const classical = await make('for Carol, classical', { for: ['classicalCarol'] });
  const signed = await make('signed', { for: ['alice'], isSigned: true });
  const long = await make('long', { content: contentOf('three chunks', 2 * CHUNK + 5000) });
  return [
    ...(await openedOnes({ example, alice, two, carol, classical, signed, long })),
    ...headerOnes(example, alice, classical),
    ...passphraseOnes(example),
    ...(await keyOnes({ alice, two, carol })),
    ...payloadOnes(long),
    ...plaintextOnes(example),
    ...(await signatureOnes(signed)),
  ];
}

async function openedOnes(made: Record<'example' | 'alice' | 'two' | 'carol' | 'classical' | 'signed' | 'long', Made>) {
  const { example, alice, two, carol, classical, signed, long } = made;
  const three = await make('for three', { for: ['alice', 'carol'], extra: [GREASE] });
  const accent = await make('accent', { passphrase: 'pass\u00e9' });
  const lanes = await make('lanes', { costs: { memory: 1024, passes: 2, lanes: 4 } });
  const usual = await make('usual costs', { costs: { memory: 65_536, passes: 3, lanes: 1 } });
  const full = await make('full', { content: contentOf('a full chunk', CHUNK - 4 - 70) });
  const split = await make('split signature', { isSigned: true, content: contentOf('signed', CHUNK - 1000) });
  const unknown = { ...example.head, created: null, name: null };
  const dictionary = { kind: 'file', length: example.content.length, signed: 0, unknown: ['x'] };
  return [
    opened('a passphrase (the example of the specification)', example),
    opened('a hybrid recipient', alice, { by: ['alice'] }),
    opened('the second of two recipients', two, { by: ['bob'] }),
    opened('RSA-4096 beside ML-KEM-768', carol, { by: ['carol'] }),
    opened('RSA-4096 alone', classical, { by: ['carol'] }),
    opened('three recipients, of whom one is of an unknown type', three, { by: ['carol'] }),
    opened('the second of two readers', alice, { by: ['bob', 'alice'] }),
    opened('a passphrase in another Unicode form', accent, { passphrases: ['passe\u0301'] }),
    opened('the second of two passphrases', example, { passphrases: ['wrong', PASSPHRASE] }),
    opened('a passphrase with four lanes', lanes),
    opened('a passphrase with the usual costs', usual),
    opened('signed', signed, { by: ['alice'] }),
    opened('a signature that begins in one chunk and ends in the next', split),
    opened(THREE_CHUNKS, long),
    opened('an empty last chunk', full),
    opened('no content', await make('no content', { content: new Uint8Array(0) })),
    opened('neither name nor date', await make('bare', { isBare: true })),
    opened('of kind torrent', await make('torrent', { kind: 'torrent' })),
    opened('of kind identity', await make('identity', { kind: 'identity' })),
    opened(
      'a key of the head that is not known is passed over',
      { ...example, file: withHead(example, dictionary) },
      {},
      unknown,
    ),
  ];
}

/** What is wrong with the text of a header. */
function headerOnes({ file }: Made, alice: Made, classical: Made): ContainerVector[] {
  const text = (from: string | RegExp, to: string): Uint8Array => retyped(file, from, to);
  const header = (name: string, changed: Uint8Array): ContainerVector => refused('SEALED_HEADER', name, changed);
  const many = (count: number, type: string): Uint8Array => {
    const small = Array.from({ length: count }, () => stanza(type, [], new Uint8Array(0)));
    return finishHeader(encodeStanzas(DST_VERSION, small), new Uint8Array(32));
  };
  return [
    refused('SEALED_FORMAT', 'an empty file', new Uint8Array(0)),
    refused('SEALED_FORMAT', 'a file of age', utf8('age-encryption.org/v1\n')),
    refused('SEALED_FORMAT', 'capital letters in the version line', text('dst-', 'DST-')),
    refused('SEALED_VERSION', 'a newer version', text('/v1\n', '/v2\n')),
    header('lines that end with CRLF', text(/\n/g, '\r\n')),
    header('a version line with a blank', text('/v1\n', '/v1 \n')),
    header('no recipient', text(/->.*\n.*\n/, '')),
    header('a recipient without a type', text('-> argon2id', '-> ')),
    header('two blanks between arguments', text('-> argon2id ', '-> argon2id  ')),
    header('an argument that is not ASCII', text('-> argon2id', '-> \u00e4rgon2id')),
    header('a line that is no recipient', text('-> ', '>> ')),
    header('a body with padding', text(/\n--- /, '==\n--- ')),
    header('a body that is not canonical base64', retyped(classical.file, /.\n--- /, '+\n--- ')),
    header('a body with a line of 65 characters', retyped(alice.file, /(-> .*\n)/, `$1${'A'.repeat(65)}\n`)),
    header('an authentication code of 31 bytes', text(/--- (.*)..\n/, '--- $1\n')),
    header('an authentication code that is not canonical base64', text(/(--- .*).\n/, '$1+\n')),
    header('an authentication code without its blank', text('--- ', '---')),
    header('an authentication code with padding', text(/(--- .*)\n/, '$1=\n')),
    refused('SEALED_TRUNCATED', 'a file that ends in its header', file.subarray(0, 60)),
    refused(
      'SEALED_TRUNCATED',
      'a file that ends before the last LF of its header',
      file.subarray(0, headerLength(file) - 1),
    ),
    refused('SEALED_TOO_LARGE', '1,025 recipients', many(1025, 'x')),
    refused('SEALED_TOO_LARGE', '65 recipients with RSA alone', many(65, 'rsa4096'), { by: ['carol'] }),
    refused('SEALED_TOO_LARGE', '65 recipients with RSA, and a reader without', many(65, 'mlkem768rsa4096'), {
      by: ['alice'],
    }),
    refused('SEALED_HEADER', '64 recipients with RSA, who have no wrapped keys', many(64, 'mlkem768rsa4096'), {
      by: ['carol'],
    }),
  ];
}

function passphraseOnes(example: Made): ContainerVector[] {
  const { file } = example;
  const costs = (words: string): Uint8Array => retyped(file, ' 64 1 1\n', ` ${words}\n`);
  const [own] = parseHeader(file, DST_VERSION).stanzas as [Stanza];
  const withStanzas = (...changed: readonly Stanza[]): Uint8Array =>
    concat([finishHeader(encodeStanzas(DST_VERSION, changed), new Uint8Array(32)), file.subarray(headerLength(file))]);
  return [
    refused('SEALED_PASSPHRASE', 'a wrong passphrase', file, { passphrases: ['Correct horse'] }),
    refused('SEALED_NO_KEY', 'a passphrase and a reader who has only keys', file, { by: ['alice', 'carol'] }),
    refused('SEALED_HEADER', 'a passphrase beside another recipient', withStanzas(own, GREASE)),
    refused('SEALED_HEADER', 'two passphrases', withStanzas(own, own)),
    refused(
      'SEALED_HEADER',
      'a wrapped key of 47 bytes for a passphrase',
      withStanzas({ ...own, body: own.body.subarray(1) }),
    ),
    refused('SEALED_HEADER', 'a salt of 15 bytes', retyped(file, /(argon2id .{20}).. /, '$1 ')),
    ...['064 1 1', '+64 1 1', '64 1', '64 1 1 1', '64 0 1', '64 1 0', '0x40 1 1', '6.4e1 1 1', '7 1 1', '15 1 2'].map(
      (words) => refused('SEALED_HEADER', `costs that are none: ${words}`, costs(words)),
    ),
    ...['1048577 1 1', '64 11 1', '64 1 5', '9223372036854775808 1 1', `1${'0'.repeat(400)} 1 1`].map((words) =>
      refused('SEALED_COST', `costs that are too high: ${words.slice(0, 24)}`, costs(words)),
    ),
  ];
}

async function keyOnes({ alice, two, carol }: Record<'alice' | 'two' | 'carol', Made>): Promise<ContainerVector[]> {
  const payload = (made: Made): Uint8Array => made.file.subarray(headerLength(made.file));
  const parsed = (made: Made) => parseHeader(made.file, DST_VERSION);
  const withStanzas = (made: Made, stanzas: readonly Stanza[]): Uint8Array =>
    concat([finishHeader(encodeStanzas(DST_VERSION, stanzas), parsed(made).mac), payload(made)]);
  const [own] = parsed(alice).stanzas as [Stanza];
  const [first, second] = parsed(two).stanzas as [Stanza, Stanza];
  const [rsaOwn] = parsed(carol).stanzas as [Stanza];
  const encapsulated = Buffer.from(own.args[0] as string, 'base64');
  const smallOrder = toBase64(concat([encapsulated.subarray(0, 1088), new Uint8Array(32)]));
  const rsaCiphertext = Buffer.from(rsaOwn.args[1] as string, 'base64');
  const by: { by: readonly Reader[] } = { by: ['alice'] };
  const header = (name: string, stanzas: readonly Stanza[]): ContainerVector =>
    refused('SEALED_HEADER', name, withStanzas(alice, stanzas), by);
  const noKey = (name: string, stanzas: readonly Stanza[], reading: Reading = by): ContainerVector =>
    refused('SEALED_NO_KEY', name, withStanzas(alice, stanzas), reading);
  const altered = await rewrapped(alice, [{ ...own, body: flip(own.body, 0) }]);
  return [
    refused('SEALED_NO_KEY', 'a reader for whom it is not', alice.file, { by: ['bob'] }),
    refused('SEALED_NO_KEY', 'a reader who has only a passphrase', alice.file, { passphrases: [PASSPHRASE] }),
    refused('SEALED_NO_KEY', 'nobody', alice.file, { passphrases: [] }),
    refused('SEALED_NO_KEY', 'a wrapped key that was altered', altered, by),
    noKey('a share of X25519 of small order', [{ ...own, args: [smallOrder] }]),
    noKey('what RSA carries beside ML-KEM, passed off for a file key', [stanza('rsa4096', [], rsaCiphertext)], {
      by: ['carol'],
    }),
    header('a wrapped key of 32 bytes for a hybrid recipient', [{ ...own, body: own.body.subarray(0, 32) }]),
    header('an encapsulated key of 1,088 bytes', [{ ...own, args: [toBase64(encapsulated.subarray(0, 1088))] }]),
    header('an argument too many', [{ ...own, args: [...own.args, 'x'] }]),
    header('no argument', [{ ...own, args: [] }]),
    header('an encapsulated key with padding', [{ ...own, args: [`${own.args[0]}=`] }]),
    header('a recipient of RSA alone beside a stronger one', [own, stanza('rsa4096', [], rsaCiphertext)]),
    refused('SEALED_FORGED', 'a recipient who was taken out', withStanzas(two, [second]), { by: ['bob'] }),
    refused('SEALED_FORGED', 'recipients who changed places', withStanzas(two, [second, first]), { by: ['bob'] }),
    refused('SEALED_FORGED', 'a recipient who was added', withStanzas(alice, [own, GREASE]), by),
    refused('SEALED_FORGED', 'an altered authentication code', retyped(alice.file, /--- ./, '--- /'), by),
  ];
}

function payloadOnes(long: Made): ContainerVector[] {
  const { length } = long.file;
  const header = headerLength(long.file);
  const at = (chunk: number): number => Math.min(payloadAt(long.file) + chunk * SEALED_CHUNK, length);
  const changed = (code: string, name: string, edit: Omit<Edit, 'of'>, chunks = 0): ContainerVector => {
    const released = long.content.subarray(0, Math.max(0, chunks * CHUNK - encodeHead(long.head).length));
    return { ...refused(code, name, new Uint8Array(0), { released }), file: { of: THREE_CHUNKS, ...edit } };
  };
  const flipped = (name: string, byte: number, chunks = 0): ContainerVector =>
    changed('SEALED_DAMAGED', name, { ranges: [[0, length]], flip: byte }, chunks);
  const ordered = (name: string, order: readonly number[], chunks = 0): ContainerVector => {
    const ranges = [[0, at(0)] as const, ...order.map((chunk) => [at(chunk), at(chunk + 1)] as const)];
    return changed('SEALED_DAMAGED', name, { ranges, flip: null }, chunks);
  };
  const cut = (code: string, name: string, end: number, chunks = 0): ContainerVector =>
    changed(code, name, { ranges: [[0, end]], flip: null }, chunks);
  return [
    flipped('an altered salt', header),
    flipped('an altered commitment', header + 24),
    flipped('an altered first chunk', at(0)),
    flipped('an altered second chunk', at(1), 1),
    flipped('an altered tag of the last chunk', length - 1, 2),
    ordered('chunks that changed places', [1, 0, 2]),
    ordered('a chunk twice', [0, 0, 1, 2], 1),
    ordered('a chunk left out', [0, 2], 1),
    ordered('the last chunk twice', [0, 1, 2, 2], 2),
    cut('SEALED_DAMAGED', 'a file that ends in its second chunk', at(1) + 100, 1),
    cut('SEALED_TRUNCATED', 'a file that ends where its payload begins', header),
    cut('SEALED_TRUNCATED', 'a file that ends in its commitment', header + CHUNKS_HEAD - 1),
    cut('SEALED_TRUNCATED', 'a file that ends before its first chunk', at(0)),
    cut('SEALED_TRUNCATED', 'a file that ends behind its second chunk', at(2), 2),
    cut('SEALED_TRUNCATED', 'a file that ends in a tag', at(2) + 15, 2),
  ];
}

/** What is wrong with what a file says of itself, or with what stands behind that; only who has the key can do it. */
function plaintextOnes(example: Made): ContainerVector[] {
  const { length } = example.content;
  const right = { kind: 'file', length, signed: 0 };
  const head = (name: string, dictionary: Parameters<typeof withHead>[1]): ContainerVector =>
    refused('SEALED_HEADER', `a head ${name}`, withHead(example, dictionary));
  const plaintext = (name: string, change: (plaintext: Uint8Array) => Uint8Array, released = 0): ContainerVector =>
    refused('SEALED_HEADER', name, resealed(example, change), { released: example.content.subarray(0, released) });
  return [
    head('that is no dictionary', 'l4:filee'),
    head('that is not bencoded', '{"kind":"file"}'),
    head('with keys out of order', `d6:lengthi${length}e4:kind4:file6:signedi0ee`),
    head('with a key twice', `d4:kind4:file4:kind4:file6:lengthi${length}e6:signedi0ee`),
    head('of a kind that is not known', { ...right, kind: 'program' }),
    head('without a kind', { ...right, kind: undefined }),
    head('without a length', { ...right, length: undefined }),
    head('with a length below zero', { ...right, length: -1 }),
    head('with a length of 2^63', { ...right, length: 2n ** 63n }),
    head('that does not say whether it is signed', { ...right, signed: undefined }),
    head('that is signed twice', { ...right, signed: 2 }),
    head('with a name of 256 bytes', { ...right, name: 'n'.repeat(256) }),
    head('that is longer than 4,096 bytes', { ...right, unknown: 'x'.repeat(4096) }),
    head('that is signed, without a signature', { ...right, signed: 1 }),
    head('with a length that is too small', { ...right, length: length - 1 }),
    head('with a length that is too large', { ...right, length: length + 100 }),
    plaintext('an empty plaintext', () => new Uint8Array(0)),
    plaintext('a plaintext that ends in its head', (bytes) => bytes.subarray(0, 20)),
    plaintext('padding that is not zero', (bytes) => flip(bytes, bytes.length - 1)),
    plaintext('a byte of padding too many', (bytes) => concat([bytes, Uint8Array.of(0)])),
    plaintext('a byte of padding too few', (bytes) => bytes.subarray(0, -1)),
  ];
}

async function signatureOnes(signed: Made): Promise<ContainerVector[]> {
  const by: { by: readonly Reader[] } = { by: ['alice'] };
  const head = encodeHead(signed.head).length;
  const block = head + signed.content.length;
  const forged = (name: string, file: Uint8Array): ContainerVector => refused('SEALED_SIGNATURE', name, file, by);
  const altered = (name: string, at: number): ContainerVector =>
    forged(
      name,
      resealed(signed, (plaintext) => flip(plaintext, at)),
    );
  const signer = (name: string, change: (author: Signer) => Signer): Promise<Made> =>
    make(name, { for: ['alice'], isSigned: true, signer: change });
  const twice = new Map<string, Uint8Array>();
  const replaying = (author: Signer): Signer => ({
    publicKey: author.publicKey,
    sign: (purpose, digest) =>
      twice.get(purpose) ?? (twice.set(purpose, author.sign(purpose, digest)).get(purpose) as Uint8Array),
  });
  await signer('replayed from', replaying);
  const replayed = await signer('replayed', replaying);
  const detached = await signer('another purpose', (author) => ({
    publicKey: author.publicKey,
    sign: (_, digest) => author.sign('dst-torrent.org/v1/detached-signature', digest),
  }));
  const unsigned = { ...signed.head, isSigned: false, created: null, name: null };
  const dictionary = { kind: 'file', length: signed.content.length, signed: 0 };
  return [
    altered('an altered half of ML-DSA-65', block + HYBRID_PUBLIC_KEY + 5),
    altered('an altered half of Ed25519', block + HYBRID_PUBLIC_KEY + HYBRID_SIGNATURE - 5),
    altered('another public key of ML-DSA-65', block + 100),
    altered('another public key of Ed25519', block + HYBRID_PUBLIC_KEY - 10),
    altered('signed content that a recipient altered', head + 3),
    altered(
      'a signed date that a recipient altered',
      4 + toBinary(encodeHead(signed.head).subarray(4)).indexOf('1764') + 9,
    ),
    forged('a signature from another file for the same reader', replayed.file),
    forged('a signature for another purpose', detached.file),
    opened(
      'a signature that a recipient took off: it counts as not signed',
      { ...signed, file: withHead(signed, dictionary) },
      by,
      unsigned,
    ),
  ];
}
