/**
 * Changes a torrent file without remaking it. What stands outside of the info dictionary can change freely: the info
 * keeps its bytes, hence its hash. A change inside gives the torrent another identity, and the caller is told.
 */
import { equalBytes, toBinary, toText } from '../../base/bytes.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { BencodeDict, decodePrefix, Encoded, encode, type Encodable } from '../bencode/index.ts';
import { sourceKeys } from './creation.ts';
import { metainfoError } from './errors.ts';
import { defaultMetainfoLimits } from './limits.ts';

/** What is to change. A member that is undefined stays as it is; null, or an empty list, removes. */
export interface MetainfoChanges {
  /** BEP 12 tiers. */
  readonly trackers?: readonly (readonly string[])[] | undefined;
  /** BEP 19. */
  readonly webSeeds?: readonly string[] | undefined;
  readonly nodes?: readonly (readonly [host: string, port: number])[] | undefined;
  readonly comment?: string | null | undefined;
  readonly createdBy?: string | null | undefined;
  readonly creationDate?: UnixSeconds | null | undefined;
  /** These three change the info hash. */
  readonly isPrivate?: boolean | undefined;
  readonly source?: string | null | undefined;
  readonly name?: string | undefined;
}

export interface EditedMetainfo {
  readonly bytes: Uint8Array;
  /** True when the info dictionary, and so the info hash, is another. */
  readonly infoChanged: boolean;
}

/** Encoded values by key. Keys are latin-1 text, which holds any bytes. */
type Members = Map<string, Uint8Array>;

/**
 * The torrent with changes made; keys that it has besides stay as they are. The torrent should have been decoded
 * before. Throws METAINFO_NOT_A_DICTIONARY, METAINFO_INFO_MISSING and BENCODE_*.
 */
export function editMetainfo(bytes: Uint8Array, changes: MetainfoChanges): EditedMetainfo {
  const { value } = decodePrefix(bytes, { ...defaultMetainfoLimits, strict: false });
  if (!(value instanceof BencodeDict))
    throw metainfoError('METAINFO_NOT_A_DICTIONARY', 'The file is not a torrent: it is no dictionary');
  const info = value.dict('info');
  if (info === null) throw metainfoError('METAINFO_INFO_MISSING', 'The torrent has no info dictionary');
  const members = membersOf(value);
  if (changes.trackers !== undefined) replace(members, sourceKeys(changes), 'announce', 'announce-list');
  if (changes.webSeeds !== undefined) replace(members, sourceKeys(changes), 'url-list');
  if (changes.nodes !== undefined) replace(members, sourceKeys(changes), 'nodes');
  if (changes.comment !== undefined)
    replace(members, { comment: changes.comment ?? undefined }, 'comment', 'comment.utf-8');
  if (changes.createdBy !== undefined) {
    replace(members, { 'created by': changes.createdBy ?? undefined }, 'created by', 'created by.utf-8');
  }
  if (changes.creationDate !== undefined)
    replace(members, { 'creation date': changes.creationDate ?? undefined }, 'creation date');
  const newInfo = editInfo(info, changes);
  members.set('info', newInfo);
  return { bytes: encodeMembers(members), infoChanged: !equalBytes(newInfo, info.raw) };
}

function editInfo(info: BencodeDict, changes: MetainfoChanges): Uint8Array {
  const members = membersOf(info);
  const before = new Map(members);
  if (changes.isPrivate !== undefined) {
    // Whatever value already means the same stays: rewriting it would change the hash for nothing.
    const isPrivate = (info.get('private') ?? 0) !== 0;
    if (isPrivate !== changes.isPrivate) replace(members, { private: changes.isPrivate ? 1 : undefined }, 'private');
  }
  if (changes.source !== undefined) replace(members, { source: changes.source ?? undefined }, 'source');
  if (changes.name !== undefined) rename(members, info, changes.name);
  const isSame = before.size === members.size && [...members].every(([key, value]) => isEqual(before.get(key), value));
  return isSame ? info.raw : encodeMembers(members);
}

const isEqual = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && equalBytes(a, b);

/** A single file of a v2 torrent has its name in the file tree too. */
function rename(members: Members, info: BencodeDict, name: string): void {
  const oldName = info.text('name.utf-8') ?? info.text('name');
  if (oldName === name) return;
  replace(members, { name }, 'name', 'name.utf-8');
  const tree = info.dict('file tree');
  if (tree === null || info.has('files')) return;
  const [entry, other] = tree.rawEntries();
  if (entry === undefined || other !== undefined || toText(entry[0]) !== oldName) return;
  const isFile = tree.dict(toBinary(entry[0]))?.has('') === true;
  if (isFile) members.set('file tree', encode(new Map([[name, new Encoded(entry[1])]])));
}

const membersOf = (dict: BencodeDict): Members =>
  new Map(Array.from(dict.rawEntries(), ([key, value]) => [toBinary(key), value]));

/** Removes keys and sets those that have a value. */
function replace(members: Members, values: Record<string, Encodable | undefined>, ...keys: string[]): void {
  for (const key of keys) {
    const value = values[key];
    if (value === undefined) members.delete(key);
    else members.set(key, encode(value));
  }
}

const encodeMembers = (members: Members): Uint8Array =>
  encode(new Map([...members].map(([key, value]) => [fromBinary(key), new Encoded(value)])));

const fromBinary = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
