/** Torrents with seeded random content, made without the product's own creation, so that each tests the other. */
import { createCipheriv } from 'node:crypto';
import { concat, utf8 } from '../../src/base/bytes.ts';
import type { ByteCount } from '../../src/base/units.ts';
import { type BencodeDict, decodeDict, type Encodable, encode } from '../../src/codec/bencode/index.ts';
import {
  BLOCK_LENGTH,
  decodeMetainfo,
  Geometry,
  type Metainfo,
  sealedMetainfo,
  type TransportPolicy,
} from '../../src/codec/metainfo/index.ts';
import { hashesOfLeaves } from '../../src/codec/metainfo/merkle.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';

export interface TestTorrentOptions {
  /** Sizes of the files; one file without a folder when there is only one. */
  readonly files?: readonly ByteCount[];
  readonly pieceLength?: ByteCount;
  readonly version?: 'v1' | 'v2' | 'hybrid';
  /** Seed of the content. */
  readonly seed?: number;
  /** A file that has other bytes than the seed says. */
  readonly changed?: number;
  /** Default: made of the seed. */
  readonly name?: string;
  /** v1: pads let each file begin at a multiple of this; none when left out. */
  readonly alignment?: ByteCount;
  /** Leaves the piece layers out of the torrent file: they must come from peers. */
  readonly hasPieceLayers?: boolean;
  readonly isPrivate?: boolean;
  /** The v1 half of a hybrid torrent describes other data than the v2 half. */
  readonly isContradictory?: boolean;
  /** Makes a torrent of one file a sealed one, with this demand. */
  readonly sealed?: TransportPolicy;
}

export interface TestTorrent {
  /** The torrent file. */
  readonly bytes: Uint8Array;
  readonly metainfo: Metainfo;
  /** Of a sealed torrent: what those know who cannot read it; of others the same as `metainfo`. */
  readonly carrier: Metainfo;
  readonly geometry: Geometry;
  /** The whole piece space as the swarm shares it, pads and gaps as zeros. */
  readonly data: Uint8Array;
}

interface TestFile {
  readonly name: string;
  readonly data: Uint8Array;
}

export function testTorrent(options: TestTorrentOptions = {}): TestTorrent {
  const { files: sizes = [1_000_000], pieceLength = 4 * BLOCK_LENGTH, version = 'v1', seed = 1, sealed } = options;
  const { name = `test-${seed}` } = options;
  const files = sizes.map((size, i) => ({
    name: sizes.length === 1 ? name : `file-${String(i).padStart(4, '0')}`,
    data:
      sealed === undefined
        ? content(size, seed * 1000 + i + (i === options.changed ? 500 : 0))
        : encrypted(keyOf(seed), content(size, seed)),
  }));
  const alignment = version === 'v1' ? (options.alignment ?? 1) : pieceLength;
  const data = pieceSpace(files, alignment);
  const layers = new Map<Uint8Array, Uint8Array>();
  const info: Record<string, Encodable> = { name, 'piece length': pieceLength };
  if (options.isPrivate === true) info['private'] = 1;
  const dataV1 = options.isContradictory === true ? data.map((byte) => byte ^ 1) : data;
  if (version !== 'v2') Object.assign(info, v1Keys(files, dataV1, pieceLength, alignment));
  if (version !== 'v1') Object.assign(info, { 'meta version': 2, 'file tree': fileTree(files, pieceLength, layers) });
  const hasLayers = version !== 'v1' && options.hasPieceLayers !== false;
  const bytes = encode({ info, ...(hasLayers ? { 'piece layers': layers } : {}) });
  const carrier = decodeMetainfo(bytes, nodeDigests);
  const metainfo = sealed === undefined ? carrier : unsealed(carrier, keyOf(seed), sealed);
  return { bytes, metainfo, carrier, geometry: new Geometry(metainfo.info), data };
}

const keyOf = (seed: number): Uint8Array => nodeDigests.sha256(utf8(`content key ${seed}`));

const encrypted = (key: Uint8Array, plaintext: Uint8Array): Uint8Array =>
  new Uint8Array(createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(plaintext));

/** A sealed torrent as its readers have it. */
function unsealed(carrier: Metainfo, contentKey: Uint8Array, transport: TransportPolicy): Metainfo {
  const plain = decodeDict(encode({ length: carrier.info.totalSize, name: 'plain' })) as BencodeDict;
  const peerSecret = nodeDigests.sha256(concat([utf8('dst-torrent.org/v1/peers'), contentKey]));
  return sealedMetainfo(carrier, plain, { contentKey, peerSecret, transport });
}

/** Pseudo-random bytes (xorshift), quickly. */
function content(size: ByteCount, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let x = (seed * 2_654_435_761) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** The files one behind the other, each beginning at a multiple of `alignment`. */
function pieceSpace(files: readonly TestFile[], alignment: ByteCount): Uint8Array {
  return concat(
    files.flatMap(({ data }, i) => {
      const isLast = i === files.length - 1;
      return [data, new Uint8Array(isLast ? 0 : padOf(data.length, alignment))];
    }),
  );
}

const padOf = (size: ByteCount, alignment: ByteCount): ByteCount => (alignment - (size % alignment)) % alignment;

function v1Keys(
  files: readonly TestFile[],
  data: Uint8Array,
  pieceLength: ByteCount,
  alignment: ByteCount,
): Record<string, Encodable> {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += pieceLength) {
    hashes.push(nodeDigests.sha1(data.subarray(at, at + pieceLength)));
  }
  const pieces = concat(hashes);
  const [first] = files as readonly [TestFile];
  if (files.length === 1) return { pieces, length: first.data.length };
  const list = files.flatMap((file, i): Encodable[] => {
    const entry = { length: file.data.length, path: [file.name] };
    const pad = i < files.length - 1 ? padOf(file.data.length, alignment) : 0;
    return pad === 0 ? [entry] : [entry, { attr: 'p', length: pad, path: ['.pad', `${pad}`] }];
  });
  return { pieces, files: list };
}

/** The v2 file tree; fills `layers` with the piece layers of files larger than a piece. */
function fileTree(
  files: readonly TestFile[],
  pieceLength: ByteCount,
  layers: Map<Uint8Array, Uint8Array>,
): Record<string, Encodable> {
  const tree: Record<string, Encodable> = {};
  for (const { name, data } of files) {
    const leaves: Uint8Array[] = [];
    for (let at = 0; at < data.length; at += BLOCK_LENGTH) {
      leaves.push(nodeDigests.sha256(data.subarray(at, at + BLOCK_LENGTH)));
    }
    if (leaves.length === 0) {
      tree[name] = { '': { length: 0 } };
      continue;
    }
    const { root, pieceLayer } = hashesOfLeaves(concat(leaves), pieceLength, nodeDigests);
    tree[name] = { '': { length: data.length, 'pieces root': root } };
    if (pieceLayer.length > 0) layers.set(root, pieceLayer);
  }
  return tree;
}
