/**
 * Hashes of piece data in a disk thread. Piece buffers were filled by another core and have left its caches. On some
 * machines a digest that walks over such memory takes nearly twice as long, and copying in small steps to a scratch
 * buffer that stays in the cache is cheaper; on others the copy is a loss of a tenth. Both were measured, neither is
 * always right, so that each thread finds out as it goes.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import { equalBytes } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { LEAF_LENGTH, merkleRoot, NODE_LENGTH } from '../merkle-root.ts';
import type { PieceHashes } from '../storage.ts';

const sha256 = (data: Uint8Array): Uint8Array => hash('sha256', data, 'buffer');

/** SHA-1 and merkle leaves of a piece whose bytes come in order, in steps that are multiples of 16 KiB but the last. */
export class PieceHasher {
  readonly #sha1: Hash | null;
  readonly #merkleLength: number;
  readonly #leaves: Uint8Array;
  #at = 0;

  /** `merkleLength`: bytes that the merkle leaves cover, 0 for none. */
  constructor(hasSha1: boolean, merkleLength: number) {
    this.#sha1 = hasSha1 ? createHash('sha1') : null;
    this.#merkleLength = merkleLength;
    this.#leaves = new Uint8Array(Math.ceil(merkleLength / LEAF_LENGTH) * NODE_LENGTH);
  }

  update(bytes: Uint8Array): void {
    this.#sha1?.update(bytes);
    const end = Math.min(bytes.length, this.#merkleLength - this.#at);
    for (let i = 0; i < end; i += LEAF_LENGTH) {
      const leaf = sha256(bytes.subarray(i, Math.min(i + LEAF_LENGTH, end)));
      this.#leaves.set(leaf, ((this.#at + i) / LEAF_LENGTH) * NODE_LENGTH);
    }
    this.#at += bytes.length;
  }

  /** 20 bytes; empty when no SHA-1 was asked for. */
  sha1(): Uint8Array {
    return this.#sha1?.digest() ?? new Uint8Array(0);
  }

  /** 32 bytes a leaf. */
  get leaves(): Uint8Array {
    return this.#leaves;
  }

  /** Root over `count` leaves (a power of two); the missing ones are 32 zero bytes (BEP 52). */
  root(count: number): Uint8Array {
    return merkleRoot(this.#leaves, count, sha256);
  }
}

/** Smallest piece that is timed, bytes. */
const TIMED = 262144;

/** Which of two ways has been the faster lately: the least time of each counts, for noise only adds to it. */
export class FasterWay {
  readonly #best: [number, number] = [0, 0];
  #count = 0;

  /** 0 or 1: mostly the faster one; now and then the other, to see whether it still is the slower. */
  choose(): 0 | 1 {
    const faster = this.#best[0] <= this.#best[1] ? 0 : 1;
    const isTrial = this.#count++ % 32 === 31;
    return isTrial ? ((1 - faster) as 0 | 1) : faster;
  }

  /** Tells how long a unit of work took; what was measured long ago slowly counts for less. */
  report(way: 0 | 1, time: number): void {
    this.#best[way] = this.#best[way] === 0 ? time : Math.min(time, this.#best[way] * 1.01);
  }
}

/** Checks pieces against their hashes. */
export class PieceVerifier {
  readonly #scratch: Buffer;
  readonly #way = new FasterWay();

  /** `scratch`: memory of the calling thread, a multiple of 16 KiB. */
  constructor(scratch: Buffer) {
    this.#scratch = scratch;
  }

  isGood(data: Buffer, expected: PieceHashes): boolean {
    if (expected.sha1 === null && expected.merkle === null) return false;
    const hasher = new PieceHasher(expected.sha1 !== null, expected.merkle?.length ?? 0);
    this.#hash(hasher, data);
    if (expected.sha1 !== null && !equalBytes(hasher.sha1(), expected.sha1)) return false;
    return expected.merkle === null || equalBytes(hasher.root(expected.merkle.leaves), expected.merkle.root);
  }

  #hash(hasher: PieceHasher, data: Buffer): void {
    if (data.length < TIMED) {
      hasher.update(data);
      return;
    }
    const way = this.#way.choose();
    const start = systemClock.now();
    if (way === 0) hasher.update(data);
    else this.#hashThroughScratch(hasher, data);
    this.#way.report(way, (systemClock.now() - start) / data.length);
  }

  #hashThroughScratch(hasher: PieceHasher, data: Buffer): void {
    const scratch = this.#scratch;
    for (let at = 0; at < data.length; at += scratch.length) {
      const end = Math.min(at + scratch.length, data.length);
      data.copy(scratch, 0, at, end);
      hasher.update(end - at === scratch.length ? scratch : scratch.subarray(0, end - at));
    }
  }
}
