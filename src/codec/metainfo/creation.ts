/**
 * Making torrents, the pure part: from a list of files to the piece space that must be hashed (`planTorrent`), and from
 * the hashes to the bytes of the torrent (`encodeTorrent`). The same input gives the same bytes: files are in the order
 * of the v2 file tree (raw bytes of each path element) in every format, and keys are canonical.
 */
import { compareBytes, toHex, utf8 } from '../../base/bytes.ts';
import type { ByteCount, FileIndex, UnixSeconds } from '../../base/units.ts';
import { encode, type Encodable } from '../bencode/index.ts';
import { metainfoError } from './errors.ts';
import { BLOCK_LENGTH } from './geometry.ts';
import { placeFiles } from './layout.ts';
import { MOST_PIECES } from './limits.ts';
import { HASH_LENGTH, piecesOf, type FileHashes } from './merkle.ts';
import type { FileEntry } from './metainfo.ts';

/** BEP 3, BEP 52, or both in one. */
export type TorrentFormat = 'v1' | 'v2' | 'hybrid';

/** A file to put into a torrent. */
export interface PlannedFile {
  /** Elements below the torrent's name; not used for a single file. */
  readonly path: readonly string[];
  readonly length: ByteCount;
  readonly isExecutable?: boolean;
  readonly isHidden?: boolean;
  /** BEP 47: elements of the target below the torrent's name; the length must be 0. */
  readonly symlink?: readonly string[] | null;
}

export interface PlanOptions {
  readonly format: TorrentFormat;
  /** Name of the folder or of the single file. */
  readonly name: string;
  /** True for one file without a folder. */
  readonly isSingleFile: boolean;
  /** Bytes, a power of two; chosen by the total size when undefined. */
  readonly pieceLength?: ByteCount | undefined;
}

/** What is to be hashed. It has all that a `Geometry` needs. */
export interface TorrentPlan {
  readonly format: TorrentFormat;
  readonly name: string;
  readonly isSingleFile: boolean;
  readonly hasV1: boolean;
  readonly pieceLength: ByteCount;
  readonly pieceCount: number;
  /** End of the piece space, bytes. */
  readonly length: ByteCount;
  /** Bytes without pads. */
  readonly totalSize: ByteCount;
  /** Files and pads in the order of the piece space; their merkle roots are null. */
  readonly files: readonly FileEntry[];
  /** For each of `files` the index of the file that was given, or -1 for a pad. */
  readonly sources: readonly FileIndex[];
}

/** Piece counts above this make the next longer piece be chosen: about 1,250 to 2,500 pieces. */
const piecesAimedAt = 2500;
const shortestPiece: ByteCount = BLOCK_LENGTH;
/** Longest piece that is chosen, and longest that is accepted, bytes. */
const longestChosenPiece: ByteCount = 16 * 1024 * 1024;
const longestPiece: ByteCount = 256 * 1024 * 1024;
/** Deepest path: deeper ones would nest a v2 file tree beyond what decoders read. */
const deepestPath = 90;

/** Orders and pads files. Throws METAINFO_CREATE_* for files or a piece length that no torrent can have. */
export function planTorrent(files: readonly PlannedFile[], options: PlanOptions): TorrentPlan {
  const { format, name, isSingleFile } = options;
  checkName(name);
  const totalSize = files.reduce((sum, file) => sum + file.length, 0);
  if (totalSize === 0) throw metainfoError('METAINFO_CREATE_NO_DATA', 'There is no file with content');
  const pieceLength = options.pieceLength ?? choosePieceLength(totalSize);
  const isPowerOfTwo = Number.isInteger(Math.log2(pieceLength));
  if (!isPowerOfTwo || pieceLength < shortestPiece || pieceLength > longestPiece) {
    throw metainfoError('METAINFO_CREATE_PIECE_LENGTH', `${pieceLength} is not a power of two from 16 KiB to 256 MiB`);
  }
  const order = isSingleFile ? [0] : orderFiles(files);
  const sources: FileIndex[] = [];
  const padded: PlannedFile[] = [];
  for (const source of order) {
    const file = files[source] as PlannedFile;
    sources.push(source);
    padded.push(isSingleFile ? { ...file, path: [name] } : file);
    const pad = (pieceLength - (file.length % pieceLength)) % pieceLength;
    if (format !== 'hybrid' || files.length === 1 || file.length === 0 || pad === 0) continue;
    sources.push(-1);
    padded.push({ path: ['.pad', String(pad)], length: pad });
  }
  const { offsets, length } = placeFiles(padded, pieceLength, format === 'v2');
  const pieceCount = Math.ceil(length / pieceLength);
  if (pieceCount > MOST_PIECES) {
    throw metainfoError(
      'METAINFO_CREATE_PIECE_LENGTH',
      `Pieces of ${pieceLength} bytes give ${pieceCount}, more than ${MOST_PIECES}`,
    );
  }
  const entries = padded.map((file, i) =>
    entryOf(file, isSingleFile ? [] : [name], offsets[i] as number, sources[i] === -1),
  );
  const plan = { format, name, isSingleFile, hasV1: format !== 'v2', pieceLength, pieceCount, length, totalSize };
  return { ...plan, files: entries, sources };
}

function entryOf(file: PlannedFile, folder: readonly string[], offset: ByteCount, isPad: boolean): FileEntry {
  return {
    path: [...folder, ...file.path],
    originalPath: file.path,
    length: file.length,
    offset,
    isPad,
    isExecutable: file.isExecutable ?? false,
    isHidden: file.isHidden ?? false,
    symlink: file.symlink ?? null,
    piecesRoot: null,
  };
}

function choosePieceLength(totalSize: ByteCount): ByteCount {
  let length = shortestPiece;
  while (length < longestChosenPiece && totalSize / length > piecesAimedAt) length *= 2;
  return length;
}

function checkName(element: string): void {
  if (element === '' || element === '.' || element === '..' || /[/\0]/.test(element)) {
    throw metainfoError('METAINFO_CREATE_PATH', `${JSON.stringify(element)} cannot be a name in a torrent`);
  }
}

/** Indices of files in the order of a v2 file tree. */
function orderFiles(files: readonly PlannedFile[]): FileIndex[] {
  const keys = files.map((file) => {
    if (file.path.length === 0 || file.path.length > deepestPath) {
      throw metainfoError('METAINFO_CREATE_PATH', `A path must have 1 to ${deepestPath} elements`);
    }
    for (const element of file.path) checkName(element);
    return file.path.map(utf8);
  });
  const order = files.map((_, i) => i).sort((a, b) => comparePaths(keys[a] as Uint8Array[], keys[b] as Uint8Array[]));
  for (const [at, source] of order.entries()) {
    const before = keys[order[at - 1] ?? -1];
    // A file sorts right before what would be below it.
    if (before === undefined || comparePaths(before, (keys[source] as Uint8Array[]).slice(0, before.length)) !== 0)
      continue;
    throw metainfoError(
      'METAINFO_CREATE_PATH',
      `Two files share the path ${(files[source] as PlannedFile).path.join('/')}`,
    );
  }
  return order;
}

function comparePaths(a: readonly Uint8Array[], b: readonly Uint8Array[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareBytes(a[i] as Uint8Array, b[i] as Uint8Array);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The results of hashing a plan. */
export interface TorrentHashes {
  /** SHA-1 of each piece, 20 bytes each; null for v2. */
  readonly pieces: Uint8Array | null;
  /** For each of the plan's files root and piece layer; null for v1 and for files that are empty or pads. */
  readonly files: readonly (FileHashes | null)[];
}

/** What a torrent says beside its files. Undefined members are left out. */
export interface TorrentDetails {
  /** BEP 12 tiers. */
  readonly trackers?: readonly (readonly string[])[] | undefined;
  readonly webSeeds?: readonly string[] | undefined;
  readonly nodes?: readonly (readonly [host: string, port: number])[] | undefined;
  readonly comment?: string | undefined;
  readonly createdBy?: string | undefined;
  readonly creationDate?: UnixSeconds | undefined;
  /** BEP 27; changes the info hash, as the next three do. */
  readonly isPrivate?: boolean | undefined;
  readonly source?: string | undefined;
  /** BEP 38. */
  readonly similar?: readonly Uint8Array[] | undefined;
  readonly collections?: readonly string[] | undefined;
}

/** The canonical bytes of a torrent file. Throws a RangeError when the hashes do not fit the plan. */
export function encodeTorrent(plan: TorrentPlan, hashes: TorrentHashes, details: TorrentDetails): Uint8Array {
  const info: Record<string, Encodable | undefined> = {
    name: plan.name,
    'piece length': plan.pieceLength,
    private: details.isPrivate === true ? 1 : undefined,
    source: details.source,
    similar: nonEmpty(details.similar),
    collections: nonEmpty(details.collections),
    ...(plan.hasV1 && v1Keys(plan, hashes)),
    ...(plan.format !== 'v1' && { 'meta version': 2, 'file tree': fileTree(plan, hashes) }),
  };
  return encode({
    ...sourceKeys(details),
    comment: details.comment,
    'created by': details.createdBy,
    'creation date': details.creationDate,
    info,
    'piece layers': plan.format === 'v1' ? undefined : pieceLayers(plan, hashes),
  });
}

/** The keys that tell where peers and data are (BEP 5, 12, 19). */
export function sourceKeys(
  details: Pick<TorrentDetails, 'trackers' | 'webSeeds' | 'nodes'>,
): Record<string, Encodable | undefined> {
  const tiers = (details.trackers ?? []).filter((tier) => tier.length > 0);
  const isOne = tiers.length === 1 && tiers[0]?.length === 1;
  return {
    announce: tiers[0]?.[0],
    'announce-list': isOne ? undefined : nonEmpty(tiers),
    'url-list': nonEmpty(details.webSeeds),
    nodes: nonEmpty(details.nodes),
  };
}

const nonEmpty = <T extends Encodable>(items: readonly T[] | undefined): readonly T[] | undefined =>
  items === undefined || items.length === 0 ? undefined : items;

function v1Keys(plan: TorrentPlan, hashes: TorrentHashes): Record<string, Encodable | undefined> {
  const { pieces } = hashes;
  if (pieces?.length !== 20 * plan.pieceCount) throw new RangeError(`${plan.pieceCount} piece hashes are needed`);
  if (!plan.isSingleFile)
    return { pieces, files: plan.files.map((file) => ({ ...attributesOf(file), path: file.originalPath })) };
  return { pieces, ...attributesOf(plan.files[0] as FileEntry) };
}

export function attributesOf(file: FileEntry): Record<string, Encodable | undefined> {
  const flags: readonly (readonly [boolean, string])[] = [
    [file.isHidden, 'h'],
    [file.symlink !== null, 'l'],
    [file.isPad, 'p'],
    [file.isExecutable, 'x'],
  ];
  const attr = flags.map(([isSet, letter]) => (isSet ? letter : '')).join('');
  return { attr: attr === '' ? undefined : attr, length: file.length, 'symlink path': file.symlink ?? undefined };
}

type Tree = Map<string, Tree | Encodable>;

function fileTree(plan: TorrentPlan, hashes: TorrentHashes): Encodable {
  const root: Tree = new Map();
  for (const [i, file] of plan.files.entries()) {
    if (file.isPad) continue;
    const fileHashes = hashes.files[i] ?? null;
    if (file.length > 0 && fileHashes?.root.length !== HASH_LENGTH)
      throw new RangeError(`file ${i} needs a merkle root`);
    let folder = root;
    for (const element of file.originalPath.slice(0, -1)) {
      const inner = folder.get(element) ?? new Map();
      folder.set(element, inner);
      folder = inner as Tree;
    }
    const leaf = { ...attributesOf(file), 'pieces root': file.length > 0 ? fileHashes?.root : undefined };
    folder.set(file.originalPath.at(-1) as string, { '': leaf });
  }
  return root;
}

/** BEP 52 demands the key even when no file is larger than a piece. Identical files share one layer. */
function pieceLayers(plan: TorrentPlan, hashes: TorrentHashes): Encodable {
  const layers = new Map<string, readonly [root: Uint8Array, layer: Uint8Array]>();
  for (const [i, file] of plan.files.entries()) {
    const fileHashes = hashes.files[i] ?? null;
    if (file.isPad || file.length <= plan.pieceLength || fileHashes === null) continue;
    if (fileHashes.pieceLayer.length !== HASH_LENGTH * piecesOf(file.length, plan.pieceLength)) {
      throw new RangeError(`file ${i} needs a hash for each of its pieces`);
    }
    layers.set(toHex(fileHashes.root), [fileHashes.root, fileHashes.pieceLayer]);
  }
  return new Map(layers.values());
}
