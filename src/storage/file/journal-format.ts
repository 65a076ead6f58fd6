/**
 * The bytes of a journal: a header that names the torrent and the boot, then checksummed records. Specified with a
 * test vector in docs/spec/journal.md; integers are big-endian, times are IEEE 754 doubles (ms since 1970).
 */
import { Bitfield } from '../../base/bitfield.ts';
import { equalBytes, toText } from '../../base/bytes.ts';
import type { FileIndex, PieceIndex } from '../../base/units.ts';
import type { Geometry, InfoHashes } from '../../codec/metainfo/index.ts';
import { crc32 } from './crc32.ts';
import {
  CHECKPOINT,
  DONE,
  encodeRecord,
  FORGET,
  INTENT,
  MOVE,
  ORIGIN,
  PATHS,
  RECORD_HEADER_LENGTH,
  SNAPSHOT,
} from './journal-records.ts';
import { JournalState } from './journal-state.ts';

/** "dst-jrn" and the version of the format. */
const MAGIC = Uint8Array.of(0x64, 0x73, 0x74, 0x2d, 0x6a, 0x72, 0x6e, 1);
const HEADER_LENGTH = 100;
/** Magic, info hashes and shape: the part of the header that must match the torrent. */
const IDENTITY_LENGTH = 80;
/** How a snapshot stores a bitfield. */
const NONE = 0;
const ALL = 1;
const BITS = 2;

/** The torrent that a journal is about. */
export interface JournalIdentity {
  readonly infoHashes: InfoHashes;
  readonly geometry: Geometry;
}

/** Header of a journal written during the boot `bootId` (16 bytes, zeros when unknown). */
export function encodeHeader({ infoHashes, geometry }: JournalIdentity, bootId: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEADER_LENGTH);
  const view = new DataView(out.buffer);
  out.set(MAGIC);
  if (infoHashes.v1 !== null) out.set(infoHashes.v1, 8);
  if (infoHashes.v2 !== null) out.set(infoHashes.v2, 28);
  view.setUint32(60, geometry.pieceLength);
  view.setUint32(64, geometry.pieceCount);
  view.setUint32(68, geometry.files.length);
  view.setBigUint64(72, BigInt(geometry.length));
  out.set(bootId, IDENTITY_LENGTH);
  view.setUint32(96, crc32(out.subarray(0, 96)));
  return out;
}

/** The whole state in one record, the first of every journal. */
export function encodeSnapshot(state: JournalState): Uint8Array {
  const fields = [state.done, state.durable, state.suspect];
  const size = fields.reduce((sum, field) => sum + 1 + (kindOf(field) === BITS ? field.bytes.length : 0), 9);
  const out = new Uint8Array(size + 4 + 20 * state.stamps.size);
  const view = new DataView(out.buffer);
  view.setFloat64(0, state.lastTime);
  view.setUint8(8, state.isClean ? 1 : 0);
  let at = 9;
  for (const field of fields) {
    const kind = kindOf(field);
    out[at++] = kind;
    if (kind !== BITS) continue;
    out.set(field.bytes, at);
    at += field.bytes.length;
  }
  view.setUint32(at, state.stamps.size);
  at += 4;
  for (const [key, stamp] of state.stamps) {
    view.setUint32(at, key);
    view.setFloat64(at + 4, stamp.last);
    view.setFloat64(at + 12, stamp.durable ?? Number.NaN);
    at += 20;
  }
  return encodeRecord(SNAPSHOT, out);
}

const kindOf = (field: Bitfield): number => (field.isEmpty ? NONE : field.isComplete ? ALL : BITS);

/** A journal that could be read: its state and the boot during which it was written (zeros = unknown). */
export interface ReadJournal {
  readonly state: JournalState;
  readonly bootId: Uint8Array;
}

/**
 * Replays a journal. An unfinished record at the very end is what a kill leaves behind, and is ignored. Null when
 * the journal is not this torrent's or is damaged anywhere else: then nothing in it may be believed.
 */
export function decodeJournal(bytes: Uint8Array, identity: JournalIdentity): ReadJournal | null {
  if (bytes.length < HEADER_LENGTH) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bootId = bytes.slice(IDENTITY_LENGTH, 96);
  const wanted = encodeHeader(identity, bootId);
  if (!equalBytes(bytes.subarray(0, HEADER_LENGTH), wanted)) return null;
  const state = new JournalState(identity.geometry.pieceCount);
  let isFirst = true;
  for (let at = HEADER_LENGTH; at < bytes.length; isFirst = false) {
    if (bytes.length - at < RECORD_HEADER_LENGTH || isZero(bytes, at)) break;
    if (view.getUint32(at + 4) !== crc32(bytes.subarray(at, at + 4))) return null;
    const start = at + RECORD_HEADER_LENGTH;
    const end = start + view.getUint32(at);
    if (end > bytes.length) break;
    const body = bytes.subarray(start, end);
    if (view.getUint32(at + 8) !== crc32(body)) return null;
    if ((body[0] === SNAPSHOT) !== isFirst || !replay(state, body[0], body.subarray(1), identity.geometry)) return null;
    at = end;
  }
  return isFirst ? null : { state, bootId };
}

function isZero(bytes: Uint8Array, from: number): boolean {
  for (let i = from; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Applies one record; false when its payload makes no sense. */
function replay(
  state: JournalState,
  type: number | undefined,
  payload: Uint8Array,
  { files, pieceCount }: Geometry,
): boolean {
  const keys = files.length + pieceCount;
  if (type === SNAPSHOT) return replaySnapshot(state, payload, keys);
  if (type === MOVE || type === ORIGIN) {
    state[type === MOVE ? 'moveTarget' : 'origin'] = toText(payload);
    return true;
  }
  if (type === PATHS) return replayPaths(state, payload, files.length);
  const list = parseList(payload, type === INTENT || type === CHECKPOINT, state.done.size, keys);
  if (list === null) return false;
  if (type === INTENT) state.markIntent(list.time, list.pieces);
  else if (type === DONE) state.markDone(list.pieces, list.stamps);
  else if (type === FORGET) state.markForgotten(list.pieces);
  else if (type === CHECKPOINT) state.markDurable(list.time, list.pieces, list.stamps);
  else return false;
  return true;
}

function replayPaths(state: JournalState, payload: Uint8Array, fileCount: number): boolean {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const paths = new Map<FileIndex, string>();
  for (let at = 0; at < payload.length; ) {
    if (payload.length < at + 8 || view.getUint32(at) >= fileCount) return false;
    const end = at + 8 + view.getUint32(at + 4);
    if (end > payload.length) return false;
    paths.set(view.getUint32(at), toText(payload.subarray(at + 8, end)));
    at = end;
  }
  state.paths = paths;
  return true;
}

interface RecordList {
  readonly time: number;
  readonly pieces: PieceIndex[];
  readonly stamps: number[];
}

function parseList(payload: Uint8Array, hasTime: boolean, pieceCount: number, keys: number): RecordList | null {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let at = hasTime ? 8 : 0;
  if (payload.length < at + 4) return null;
  const time = hasTime ? view.getFloat64(0) : 0;
  const count = view.getUint32(at);
  at += 4;
  if (payload.length < at + 4 * count || (payload.length - at - 4 * count) % 12 !== 0) return null;
  const pieces = Array.from({ length: count }, (_, i) => view.getUint32(at + 4 * i));
  const stamps: number[] = [];
  for (at += 4 * count; at < payload.length; at += 12) stamps.push(view.getUint32(at), view.getFloat64(at + 4));
  const isValid = pieces.every((piece) => piece < pieceCount) && stamps.every((key, i) => i % 2 === 1 || key < keys);
  return isValid ? { time, pieces, stamps } : null;
}

function replaySnapshot(state: JournalState, payload: Uint8Array, keys: number): boolean {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload.length < 16) return false;
  let at = 9;
  for (const field of [state.done, state.durable, state.suspect]) {
    const kind = payload[at++];
    if (kind === ALL) field.fill();
    else if (kind === BITS) {
      const bits = Bitfield.fromWire(payload.subarray(at, at + field.bytes.length), field.size);
      if (bits === null) return false;
      for (const piece of bits) field.add(piece);
      at += field.bytes.length;
    } else if (kind !== NONE) return false;
  }
  if (at + 4 > payload.length) return false;
  const count = view.getUint32(at);
  at += 4;
  if (payload.length - at !== 20 * count) return false;
  for (; at < payload.length; at += 20) {
    const durable = view.getFloat64(at + 12);
    if (view.getUint32(at) >= keys) return false;
    state.stamps.set(view.getUint32(at), {
      last: view.getFloat64(at + 4),
      durable: Number.isNaN(durable) ? null : durable,
    });
  }
  state.lastTime = view.getFloat64(0);
  state.isClean = payload[8] === 1;
  return true;
}
