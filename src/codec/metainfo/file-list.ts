/**
 * Reads the files that an info dictionary lists: the v1 `files` or `length` (BEP 3, 47) and the v2 `file tree`
 * (BEP 52), each into the same plain form, with names as the torrent has them.
 */
import { toText } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { BencodeDict, type BencodeList } from '../bencode/index.ts';
import { metainfoError } from './errors.ts';
import type { MetainfoLimits } from './limits.ts';
import { HASH_LENGTH } from './merkle.ts';

/** A file as listed, before names are made safe and offsets are known. */
export interface ListedFile {
  /** Below the torrent's name; for a single file its name. */
  readonly path: readonly string[];
  readonly length: ByteCount;
  readonly isPad: boolean;
  readonly isExecutable: boolean;
  readonly isHidden: boolean;
  readonly symlink: readonly string[] | null;
  readonly piecesRoot: Uint8Array | null;
}

export interface FileList {
  readonly files: readonly ListedFile[];
  /** True when the torrent is one file without a folder. */
  readonly isSingleFile: boolean;
}

/** One character a byte: offsets of bytes are offsets of characters, and ASCII is itself. */
const bytewise = new TextDecoder('latin1');
const ascii = /^\p{ASCII}*$/u;
/** How a file begins that has these keys only; a length of more digits is for the general way to judge. */
const plainHead = /d6:lengthi\d{1,15}e4:pathl/y;
const beforeLength = 'd6:lengthi'.length;
const afterLength = 'e4:pathl'.length;

/** How BitComet names the files with which it pads, without any attribute. */
const bitCometPad = '_____padding_file_';

/** The v1 files, or null when the dictionary has none. `name` is the torrent's. */
export function readV1Files(info: BencodeDict, name: string, limits: MetainfoLimits): FileList | null {
  const hasFiles = info.has('files');
  const hasLength = info.has('length');
  if (!hasFiles && !hasLength) return null;
  if (hasFiles && hasLength)
    throw metainfoError('METAINFO_LENGTH_OR_FILES', 'The torrent has both a length and a list of files');
  if (hasLength) return { files: [readAttributes(info, [name], limits)], isSingleFile: true };
  const list = info.list('files');
  if (list === null) throw metainfoError('METAINFO_FILE_INVALID', 'The files are not a list');
  const plain = readPlainFiles(list, limits);
  if (plain !== null) return { files: plain, isSingleFile: false };
  const files: ListedFile[] = [];
  for (const item of list) {
    if (!(item instanceof BencodeDict))
      throw metainfoError('METAINFO_FILE_INVALID', `File ${files.length} is not a dictionary`);
    files.push(readV1File(item, limits));
  }
  return { files, isSingleFile: false };
}

/**
 * The files of a list in which each says nothing but its length and path, as in most lists; null for any other. Cut
 * from the text of the list they take a third of the time that thousands of dictionaries take.
 */
function readPlainFiles({ raw }: BencodeList, limits: MetainfoLimits): ListedFile[] | null {
  const text = bytewise.decode(raw);
  const isAscii = ascii.test(text);
  const hasPads = text.includes(bitCometPad);
  const files: ListedFile[] = [];
  const elements: string[] = [];
  for (let at = 1; text[at] !== 'e'; at += 2) {
    plainHead.lastIndex = at;
    if (!plainHead.test(text)) return null;
    const length = Number(text.slice(at + beforeLength, plainHead.lastIndex - afterLength));
    let depth = 0;
    for (at = plainHead.lastIndex; text[at] !== 'e'; ) {
      const colon = text.indexOf(':', at);
      const end = colon + 1 + Number(text.slice(at, colon)); // NaN where no string begins
      const element = text.slice(colon + 1, end);
      if (Number.isNaN(end) || depth === limits.pathDepth) return null;
      elements[depth++] = isAscii || ascii.test(element) ? ownText(element) : toText(raw.subarray(colon + 1, end));
      at = end;
    }
    if (depth === 0 || text[at + 1] !== 'e') return null;
    const path = elements.slice(0, depth);
    files.push(plainFile(path, length, hasPads && isBitCometPad(path)));
  }
  return files;
}

/** V8 lets a text of 13 characters or more that was cut from another keep that one in memory. */
const ownText = (text: string): string => (text.length < 13 ? text : ` ${text}`.slice(1));

const plainFile = (path: readonly string[], length: ByteCount, isPad: boolean): ListedFile => ({
  path,
  length,
  isPad,
  isExecutable: false,
  isHidden: false,
  symlink: null,
  piecesRoot: null,
});

function readV1File(dict: BencodeDict, limits: MetainfoLimits): ListedFile {
  const list = dict.list('path.utf-8') ?? dict.list('path');
  const path = list === null ? [] : readPath(list, limits);
  const file = readAttributes(dict, path, limits);
  if (path.length > 0) return isBitCometPad(path) ? { ...file, isPad: true } : file;
  // BEP 47 lets a pad file go without a path.
  if (file.isPad) return { ...file, path: ['.pad', String(file.length)] };
  throw metainfoError('METAINFO_PATH_INVALID', 'A file has no path');
}

const isBitCometPad = (path: readonly string[]): boolean => path.some((element) => element.startsWith(bitCometPad));

function readPath(list: BencodeList, limits: MetainfoLimits): string[] {
  const path = list.texts(limits.pathDepth + 1);
  if (path === null) throw metainfoError('METAINFO_PATH_INVALID', 'An element of a path is not a string');
  if (path.length > limits.pathDepth) throw tooDeep(limits);
  return path;
}

const tooDeep = (limits: MetainfoLimits): Error =>
  metainfoError('METAINFO_PATH_TOO_DEEP', `A path has more than ${limits.pathDepth} elements`);

/** Reads length, attributes and symlink target (BEP 47) beside the path. */
function readAttributes(dict: BencodeDict, path: readonly string[], limits: MetainfoLimits): ListedFile {
  const attributes = dict.text('attr') ?? '';
  const symlink = attributes.includes('l') ? readSymlink(dict, limits) : null;
  const length = attributes.includes('l') ? 0 : dict.int('length');
  if (length === null || length < 0) {
    throw metainfoError('METAINFO_FILE_LENGTH', `The length of ${path.join('/')} is missing or not allowed`);
  }
  return {
    path,
    length,
    isPad: attributes.includes('p'),
    isExecutable: attributes.includes('x'),
    isHidden: attributes.includes('h'),
    symlink,
    piecesRoot: null,
  };
}

/**
 * The target of a symlink below the torrent's folder. Elements that would climb are dropped; null when nothing is
 * left, so that no link ever points at the folder itself or out of it.
 */
function readSymlink(dict: BencodeDict, limits: MetainfoLimits): string[] | null {
  if (!dict.has('symlink path')) return null;
  const list = dict.list('symlink path');
  if (list === null) throw metainfoError('METAINFO_FILE_INVALID', 'A symlink path is not a list');
  const target = readPath(list, limits).filter((element) => element !== '.' && element !== '..');
  return target.length === 0 ? null : target;
}

/** The files of the v2 tree in its order. */
export function readV2Files(info: BencodeDict, limits: MetainfoLimits): FileList {
  const tree = info.dict('file tree');
  if (tree === null) throw invalidTree('it is missing or not a dictionary');
  const files: ListedFile[] = [];
  let entries = 0;
  for (const [key, value] of tree.entries()) {
    entries++;
    readTreeEntry(files, key, value, [], limits);
  }
  return { files, isSingleFile: entries === 1 && files.length === 1 && files[0]?.path.length === 1 };
}

const invalidTree = (why: string): Error =>
  metainfoError('METAINFO_FILE_TREE_INVALID', `The file tree is invalid: ${why}`);

/** Recursion is bounded by the depth that the bencoded data may have. */
function readTreeEntry(
  files: ListedFile[],
  key: Uint8Array,
  value: unknown,
  folder: readonly string[],
  limits: MetainfoLimits,
): void {
  if (key.length === 0) throw invalidTree('a file stands where a folder must, or has siblings');
  if (!(value instanceof BencodeDict)) throw invalidTree('a name does not lead to a dictionary');
  if (folder.length === limits.pathDepth) throw tooDeep(limits);
  const path = [...folder, toText(key)];
  const leaf = value.get('');
  if (leaf === undefined) {
    for (const [childKey, child] of value.entries()) readTreeEntry(files, childKey, child, path, limits);
    return;
  }
  const isAlone = [...value.entries()].length === 1;
  if (!isAlone) throw invalidTree('a file has siblings');
  if (!(leaf instanceof BencodeDict)) throw invalidTree('a file is not a dictionary');
  files.push(readV2File(leaf, path, limits));
}

function readV2File(dict: BencodeDict, path: readonly string[], limits: MetainfoLimits): ListedFile {
  const file = readAttributes(dict, path, limits);
  if (file.isPad) throw metainfoError('METAINFO_FILE_TREE_PAD', `The v2 file tree has a pad file ${path.join('/')}`);
  if (file.length === 0) return file;
  const piecesRoot = dict.bytes('pieces root');
  if (piecesRoot?.length !== HASH_LENGTH || piecesRoot.every((byte) => byte === 0)) {
    throw metainfoError('METAINFO_PIECES_ROOT', `The merkle root of ${path.join('/')} is missing or invalid`);
  }
  return { ...file, piecesRoot };
}
