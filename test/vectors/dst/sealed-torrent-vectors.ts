/** The vectors of sealed-torrent.json: sealed torrents of each format, and such as are none (docs/spec/sealed-torrent.md). */
import { concat, toHex, utf8 } from '../../../src/base/bytes.ts';
import { type Encodable, encode } from '../../../src/codec/bencode/index.ts';
import { carrierNameOf, encodeTorrentContent, paddedLength, sealDst } from '../../../src/codec/dst/index.ts';
import {
  contentKeys,
  decodeMetainfo,
  encodeTorrent,
  type PlannedFile,
  planSealedTorrent,
  type SealedPlan,
  type TorrentDetails,
  type TorrentFormat,
  type TransportPolicy,
} from '../../../src/codec/metainfo/index.ts';
import { hashesOfLeaves } from '../../../src/codec/metainfo/merkle.ts';
import { nodeDigests } from '../../../src/crypto/digests.ts';
import { cipherContent } from '../../../src/storage/content-cipher.ts';
import { contentOf, fixedPrimitives, fixedRsa, streamOf } from './deterministic.ts';
import { authorWith, recipientsWith } from './people.ts';

/** Alice is the reader of all of them. Large bytes are base64, all else is hexadecimal. */
export interface SealedTorrentVector {
  readonly name: string;
  /** `opened`, or the code of the error. */
  readonly result: string;
  readonly dst: string;
  /** Null unless opened. */
  readonly expected: ExpectedTorrent | null;
}

export interface ExpectedTorrent {
  readonly transport: TransportPolicy;
  readonly isSigned: boolean;
  readonly trackers: readonly (readonly string[])[];
  readonly infoHashes: { readonly v1: string | null; readonly v2: string | null };
  readonly contentKey: string;
  readonly pieceLength: number;
  /** Of the content: its folder, or its one file. */
  readonly contentName: string;
  readonly files: readonly ExpectedFile[];
  /** The one file that the swarm shares. */
  readonly carrier: { readonly name: string; readonly bytes: string };
  /** A torrent for those who help. */
  readonly torrent: string;
}

export interface ExpectedFile {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly isExecutable: boolean;
  readonly sha256: string;
}

interface Source extends PlannedFile {
  readonly content: Uint8Array;
}

const file = (path: readonly string[], content: Uint8Array, isExecutable = false): Source => ({
  path,
  content,
  length: content.length,
  isExecutable,
});

const FOLDER = [
  file(['plans', 'b.txt'], utf8('attack at dawn\n')),
  file(['a.sh'], utf8('#!/bin/sh\necho dawn\n'), true),
  file(['plans', 'empty'], new Uint8Array(0)),
  file(['z'], contentOf('the last file', 1000)),
];

interface Made {
  readonly plan: SealedPlan;
  readonly carrier: Uint8Array;
  readonly contentKey: Uint8Array;
  /** A torrent of the carrier with what it says beside its info dictionary. */
  readonly torrent: (details: TorrentDetails) => Uint8Array;
}

function make(name: string, format: TorrentFormat, sources: readonly Source[], isSingleFile = false): Made {
  const contentKey = streamOf(`dst vectors: content key, ${name}`).bytes(32);
  const plan = planSealedTorrent(sources, {
    format,
    name: isSingleFile ? 'report.txt' : 'dawn',
    isSingleFile,
    pieceLength: 16_384,
    carrierName: carrierNameOf(contentKey, nodeDigests),
    carrierLength: paddedLength,
  });
  const carrier = new Uint8Array(plan.carrier.length);
  plan.content.files.forEach(({ offset }, i) => {
    carrier.set((sources[plan.content.sources[i] as number] as Source).content, offset);
  });
  cipherContent(contentKey, carrier, 0);
  const blocks = Array.from({ length: Math.ceil(carrier.length / 16_384) }, (_, i) =>
    carrier.subarray(i * 16_384, (i + 1) * 16_384),
  );
  const hashes = {
    pieces: format === 'v2' ? null : concat(blocks.map(nodeDigests.sha1)),
    files: [hashesOfLeaves(concat(blocks.map(nodeDigests.sha256)), 16_384, nodeDigests)],
  };
  return { plan, carrier, contentKey, torrent: (details) => encodeTorrent(plan.carrier, hashes, details) };
}

async function seal(
  name: string,
  content: Uint8Array,
  { isSigned = false, kind = 'torrent' }: { isSigned?: boolean; kind?: 'torrent' | 'file' } = {},
): Promise<string> {
  const random = streamOf(`dst vectors: sealed torrent, ${name}`);
  const primitives = fixedPrimitives(random);
  const recipients = [recipientsWith(primitives, fixedRsa(random), random).alice];
  const signer = isSigned ? authorWith(primitives) : null;
  const sealing = { kind, name: null, created: 1_764_000_000, recipients, signer };
  return Buffer.from(await sealDst(primitives, random, sealing, content)).toString('base64');
}

const SECRET: TorrentDetails = { trackers: [['http://tracker.example/announce']], comment: 'for your eyes only' };

async function opened(
  name: string,
  made: Made,
  sources: readonly Source[],
  { transport = 'prefer', isSigned = false }: { transport?: TransportPolicy; isSigned?: boolean } = {},
): Promise<SealedTorrentVector> {
  const { plan, contentKey, carrier } = made;
  const content = encodeTorrentContent({ torrent: made.torrent(SECRET), plan: plan.content, contentKey, transport });
  const { infoHashes } = decodeMetainfo(made.torrent({}), nodeDigests);
  const expected: ExpectedTorrent = {
    transport,
    isSigned,
    trackers: SECRET.trackers ?? [],
    infoHashes: { v1: infoHashes.v1 && toHex(infoHashes.v1), v2: infoHashes.v2 && toHex(infoHashes.v2) },
    contentKey: toHex(contentKey),
    pieceLength: plan.carrier.pieceLength,
    contentName: plan.content.name,
    files: plan.content.files.map(({ path, offset, length, isExecutable }, i) => ({
      path: path.join('/'),
      offset,
      length,
      isExecutable,
      sha256: toHex(nodeDigests.sha256((sources[plan.content.sources[i] as number] as Source).content)),
    })),
    carrier: { name: plan.carrier.name, bytes: Buffer.from(carrier).toString('base64') },
    torrent: Buffer.from(made.torrent({})).toString('base64'),
  };
  return { name, result: 'opened', dst: await seal(name, content, { isSigned }), expected };
}

export async function sealedTorrentVectors(): Promise<SealedTorrentVector[]> {
  const v1 = make('v1', 'v1', FOLDER);
  const v2 = make('v2', 'v2', FOLDER);
  const report = [file([], contentOf('a report', 17_000))];
  const hybrid = make('hybrid', 'hybrid', report, true);
  return [
    await opened('a folder, v1', v1, FOLDER),
    await opened('a folder, v2', v2, FOLDER, { transport: 'off' }),
    await opened('one file, hybrid, signed', hybrid, report, { transport: 'required', isSigned: true }),
    ...(await refusedOnes(v1)),
  ];
}

async function refusedOnes({ plan, contentKey, carrier, torrent }: Made): Promise<SealedTorrentVector[]> {
  const right = { content: contentKeys(plan.content), key: contentKey, torrent: torrent({}), transport: 'prefer' };
  const refused = async (
    name: string,
    change: Record<string, Encodable | undefined> | Uint8Array,
    result = 'SEALED_CONTENT',
  ): Promise<SealedTorrentVector> => {
    const content = change instanceof Uint8Array ? change : encode({ ...right, ...change });
    return { name, result, dst: await seal(name, content), expected: null };
  };
  const larger = { name: 'dawn', length: carrier.length + 1 };
  return [
    await refused('content that is not bencoded', utf8('plan')),
    await refused('content that is no dictionary', utf8('le')),
    await refused('no key', { key: undefined }),
    await refused('a key of 16 bytes', { key: contentKey.subarray(0, 16) }),
    await refused('the key of another carrier', { key: contentKey.with(0, 1) }),
    await refused('no description of the content', { content: undefined }),
    await refused('no torrent', { torrent: undefined }),
    await refused('no transport', { transport: undefined }),
    await refused('a transport that is not known', { transport: 'carrier pigeon' }),
    await refused('content that is larger than its carrier', { content: larger }, 'METAINFO_SEALED'),
    await refused('content without a name', { content: { length: 5 } }, 'METAINFO_NAME_MISSING'),
    await refused('content without files', { content: { name: 'dawn' } }, 'METAINFO_LENGTH_OR_FILES'),
    await refused('a torrent without info', { torrent: 'de' }, 'METAINFO_INFO_MISSING'),
    {
      name: 'a file of kind file',
      result: 'SEALED_CONTENT',
      dst: await seal('kind', encode(right), { kind: 'file' }),
      expected: null,
    },
  ];
}
