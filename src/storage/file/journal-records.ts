/** Records that are appended to a journal; docs/spec/journal.md. Separate from the rest, for disk workers write some. */
import { concat, utf8 } from '../../base/bytes.ts';
import type { FileIndex, PieceIndex } from '../../base/units.ts';
import { crc32 } from './crc32.ts';
import type { StampList } from './journal-state.ts';

/** Length of the body, its CRC-32, CRC-32 of the body; the body's first byte is its type. */
export const RECORD_HEADER_LENGTH = 12;

export const SNAPSHOT = 0x53;
export const INTENT = 0x49;
export const DONE = 0x44;
export const FORGET = 0x46;
export const CHECKPOINT = 0x43;
export const MOVE = 0x4d;
export const ORIGIN = 0x4f;
export const PATHS = 0x52;

/** A record: header and body, ready to be appended. */
export function encodeRecord(type: number, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(RECORD_HEADER_LENGTH + 1 + payload.length);
  const view = new DataView(out.buffer);
  out[RECORD_HEADER_LENGTH] = type;
  out.set(payload, RECORD_HEADER_LENGTH + 1);
  view.setUint32(0, 1 + payload.length);
  view.setUint32(4, crc32(out.subarray(0, 4)));
  view.setUint32(8, crc32(out.subarray(RECORD_HEADER_LENGTH)));
  return out;
}

/** Time (when given), number of pieces, pieces, stamps. */
function listPayload(time: number | null, pieces: readonly PieceIndex[], stamps: StampList): Uint8Array {
  const view = new DataView(new ArrayBuffer((time === null ? 0 : 8) + 4 + 4 * pieces.length + 6 * stamps.length));
  let at = 0;
  if (time !== null) {
    view.setFloat64(0, time);
    at = 8;
  }
  view.setUint32(at, pieces.length);
  for (const piece of pieces) view.setUint32((at += 4), piece);
  at += 4;
  for (let i = 0; i + 1 < stamps.length; i += 2, at += 12) {
    view.setUint32(at, stamps[i] as number);
    view.setFloat64(at + 4, stamps[i + 1] as number);
  }
  return new Uint8Array(view.buffer);
}

/** These pieces are about to be written. */
export const encodeIntent = (time: number, pieces: readonly PieceIndex[]): Uint8Array =>
  encodeRecord(INTENT, listPayload(time, pieces, []));

/** These pieces are verified and written; their files were left with these modification times. */
export const encodeDone = (pieces: readonly PieceIndex[], stamps: StampList): Uint8Array =>
  encodeRecord(DONE, listPayload(null, pieces, stamps));

/** These pieces are not there after all. */
export const encodeForget = (pieces: readonly PieceIndex[]): Uint8Array =>
  encodeRecord(FORGET, listPayload(null, pieces, []));

/** These pieces have reached the disk, and so have these modification times. */
export const encodeCheckpoint = (time: number, pieces: readonly PieceIndex[], stamps: StampList): Uint8Array =>
  encodeRecord(CHECKPOINT, listPayload(time, pieces, stamps));

/** The files are being moved to this folder. */
export const encodeMove = (target: string): Uint8Array => encodeRecord(MOVE, utf8(target));

/** The files came from this folder, whose journal sends here whoever does not know it yet. */
export const encodeOrigin = (folder: string): Uint8Array => encodeRecord(ORIGIN, utf8(folder));

/** These files lie at other paths than the torrent says. */
export function encodePaths(paths: ReadonlyMap<FileIndex, string>): Uint8Array {
  const entries = Array.from(paths, ([file, path]) => {
    const text = utf8(path);
    const head = new DataView(new ArrayBuffer(8));
    head.setUint32(0, file);
    head.setUint32(4, text.length);
    return concat([new Uint8Array(head.buffer), text]);
  });
  return encodeRecord(PATHS, concat(entries));
}
