/** What scripted peers do when they are to bring a torrent's data: honestly, or in one of the ways of real swarms. */
import { equalBytes } from '../../src/base/bytes.ts';
import type { Millis, PieceIndex } from '../../src/base/units.ts';
import { Bitfield } from '../../src/base/bitfield.ts';
import {
  type BlockRange,
  encodeBitfield,
  encodeReject,
  Frame,
  encodeHashes,
  encodeHashReject,
  type HashRequest,
} from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { FileTree } from './file-tree.ts';
import type { PeerOptions, Stage } from './engine-stage.ts';

export interface SeedingOptions {
  /** What it has; everything when left out. */
  readonly pieces?: readonly PieceIndex[];
  /** What becomes of a block: other bytes of the same length, or null for silence. */
  readonly answer?: (block: BlockRange, data: Uint8Array) => Uint8Array | null | 'reject';
  /** Stays choking. */
  readonly isChoking?: boolean;
  /** Time before each block. */
  readonly delay?: Millis;
  /** What it answers to a hash request: the hashes, others, or null for a reject. */
  readonly hashes?: (request: HashRequest, hashes: Uint8Array) => Uint8Array | null;
}

/** Makes a connected peer bring blocks, and hashes, as asked. */
export function seed(stage: Stage, peer: FakePeer, options: SeedingOptions = {}): void {
  const have = new Bitfield(stage.geometry.pieceCount);
  if (options.pieces === undefined) have.fill();
  for (const piece of options.pieces ?? []) have.add(piece);
  peer.send(encodeBitfield(have.bytes));
  peer.onMessage = (message) => {
    if (message.type === 'interested' && options.isChoking !== true) peer.send(Frame.unchoke);
    else if (message.type === 'request') void bring(stage, peer, message, options);
    else if (message.type === 'hashRequest') answerHashes(stage, peer, message.request, options);
  };
}

async function bring(stage: Stage, peer: FakePeer, block: BlockRange, options: SeedingOptions): Promise<void> {
  if (options.delay !== undefined) await stage.clock.sleep(options.delay);
  if (peer.ended !== null) return;
  const data = stage.bytes(block);
  const answer = options.answer === undefined ? data : options.answer(block, data);
  if (answer === 'reject') peer.send(encodeReject(block));
  else if (answer !== null) peer.sendPiece(block.piece, block.begin, answer);
}

function answerHashes(stage: Stage, peer: FakePeer, request: HashRequest, options: SeedingOptions): void {
  const hashes = treeOf(stage, request.piecesRoot).answer(request);
  const given = options.hashes === undefined ? hashes : options.hashes(request, hashes);
  peer.send(given === null ? encodeHashReject(request) : encodeHashes(request, given));
}

/** The whole hash tree of the file with this root. */
export function treeOf(stage: Stage, piecesRoot: Uint8Array): FileTree {
  const file = stage.geometry.files.find(
    (other) => other.piecesRoot !== null && equalBytes(other.piecesRoot, piecesRoot),
  );
  if (file === undefined) throw new Error('no file has this root');
  return new FileTree(stage.content.data.subarray(file.offset, file.offset + file.length));
}

/** A peer that brings the whole torrent. */
export async function honestSeed(stage: Stage, options: PeerOptions & SeedingOptions = {}): Promise<FakePeer> {
  const peer = await stage.peer({ fast: true, ...options });
  seed(stage, peer, options);
  return peer;
}

/** A copy with one byte changed. */
export function spoiled(data: Uint8Array): Uint8Array {
  const copy = data.slice();
  copy[0] = (copy[0] as number) ^ 0xff;
  return copy;
}
