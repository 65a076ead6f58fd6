/**
 * Sealed torrents (docs/spec/sealed-torrent.md): what the swarm shares is one file of noise, the carrier. It is the
 * content encrypted: files end to end, then zeros up to the carrier's length. Who has the key sees a torrent of the
 * content's files in the carrier's piece space.
 */
import type { ByteCount } from '../../base/units.ts';
import type { BencodeDict, Encodable } from '../bencode/index.ts';
import { attributesOf, planTorrent, type PlannedFile, type PlanOptions, type TorrentPlan } from './creation.ts';
import { metainfoError } from './errors.ts';
import { readV1Files } from './file-list.ts';
import { layOut } from './layout.ts';
import { defaultMetainfoLimits } from './limits.ts';
import type { FileEntry, Metainfo, Seal } from './metainfo.ts';
import { safeName } from './safe-path.ts';

/** What is hashed for a sealed torrent. */
export interface SealedPlan {
  /** The files as they lie on the disk. */
  readonly content: TorrentPlan;
  /** The one file that the swarm shares. */
  readonly carrier: TorrentPlan;
}

export interface SealedPlanOptions extends PlanOptions {
  /** Name of the carrier: says nothing. */
  readonly carrierName: string;
  /** Length of the carrier for a length of the content; not less. */
  readonly carrierLength: (length: ByteCount) => ByteCount;
}

/** Throws METAINFO_CREATE_*, as `planTorrent`. */
export function planSealedTorrent(files: readonly PlannedFile[], options: SealedPlanOptions): SealedPlan {
  const { name, isSingleFile, carrierName, pieceLength, format } = options;
  const unsealed = planTorrent(files, { format: 'v1', name, isSingleFile, pieceLength });
  const length = options.carrierLength(unsealed.length);
  const carrier = planTorrent([{ path: [], length }], { format, name: carrierName, isSingleFile: true, pieceLength });
  const content = planTorrent(files, { format: 'v1', name, isSingleFile, pieceLength: carrier.pieceLength });
  return { content, carrier };
}

/** The keys that describe the content: those of a v1 info dictionary (BEP 3, 47). */
export function contentKeys({ name, isSingleFile, files }: TorrentPlan): Record<string, Encodable | undefined> {
  if (isSingleFile) return { name, ...attributesOf(files[0] as FileEntry) };
  return { name, files: files.map((file) => ({ ...attributesOf(file), path: file.originalPath })) };
}

/** The carrier's torrent with the files of its content. Throws METAINFO_* when they do not belong together. */
export function sealedMetainfo(carrier: Metainfo, content: BencodeDict, seal: Omit<Seal, 'carrier'>): Metainfo {
  const { info } = carrier;
  const originalName = content.text('name');
  if (originalName === null) throw metainfoError('METAINFO_NAME_MISSING', 'The content has no name');
  const list = readV1Files(content, originalName, defaultMetainfoLimits);
  if (list === null) throw metainfoError('METAINFO_LENGTH_OR_FILES', 'The content has neither a length nor files');
  const name = safeName(originalName, info.name);
  const options = { pieceLength: info.pieceLength, folder: name, isAligned: false };
  const { files, length, totalSize } = layOut(list, options, defaultMetainfoLimits);
  const [file] = info.files;
  if (!info.isSingleFile || file === undefined || length > file.length) {
    throw metainfoError('METAINFO_SEALED', 'The content does not fit the torrent that carries it');
  }
  return {
    ...carrier,
    info: {
      ...info,
      name,
      originalName,
      isSingleFile: list.isSingleFile,
      totalSize,
      files: length < file.length ? [...files, padAt(length, file.length - length)] : files,
      seal: { ...seal, carrier: file },
    },
  };
}

/** The zeros behind the content. */
const padAt = (offset: ByteCount, length: ByteCount): FileEntry => ({
  path: ['.pad', String(length)],
  originalPath: ['.pad', String(length)],
  length,
  offset,
  isPad: true,
  isExecutable: false,
  isHidden: false,
  symlink: null,
  piecesRoot: null,
});
