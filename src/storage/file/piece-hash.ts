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
    if (data.length < TIMED) return isGoodAtOnce(data, expected);
    const way = this.#way.choose();
    const start = systemClock.now();
    const isGood = way === 0 ? isGoodAtOnce(data, expected) : this.#isGoodThroughScratch(data, expected);
    this.#way.report(way, (systemClock.now() - start) / data.length);
    return isGood;
  }

  #isGoodThroughScratch(data: Buffer, expected: PieceHashes): boolean {
    const hasher = new PieceHasher(expected.sha1 !== null, expected.merkle?.length ?? 0);
    const scratch = this.#scratch;
    for (let at = 0; at < data.length; at += scratch.length) {
      const end = Math.min(at + scratch.length, data.length);
      data.copy(scratch, 0, at, end);
      hasher.update(end - at === scratch.length ? scratch : scratch.subarray(0, end - at));
    }
    return isMatch(expected, hasher.sha1(), hasher);
  }
}

/** A digest in one call takes less than an object that is fed. */
function isGoodAtOnce(data: Buffer, expected: PieceHashes): boolean {
  const hasher = new PieceHasher(false, expected.merkle?.length ?? 0);
  hasher.update(data);
  return isMatch(expected, expected.sha1 && hash('sha1', data, 'buffer'), hasher);
}

/** Both hashes must match that are known; one must be. */
function isMatch({ sha1, merkle }: PieceHashes, digest: Uint8Array | null, hasher: PieceHasher): boolean {
  if (sha1 === null && merkle === null) return false;
  if (sha1 !== null && (digest === null || !equalBytes(digest, sha1))) return false;
  return merkle === null || equalBytes(hasher.root(merkle.leaves), merkle.root);
}
