/**
 * The hash tree of BEP 52 over the whole of a file, computed the plain way, level by level: what the engine's hashes
 * and proofs are compared with.
 */
import { createHash } from 'node:crypto';
import { concat } from '../../src/base/bytes.ts';
import type { HashRequest } from '../../src/codec/wire/index.ts';

const LEAF = 16_384;

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

export class FileTree {
  /** Levels from the leaves to the root. */
  readonly levels: Uint8Array[][];

  constructor(file: Uint8Array) {
    const leaves: Uint8Array[] = [];
    for (let at = 0; at < file.length; at += LEAF) leaves.push(sha256(file.subarray(at, at + LEAF)));
    while ((leaves.length & (leaves.length - 1)) !== 0) leaves.push(new Uint8Array(32));
    this.levels = [leaves];
    for (let level = leaves; level.length > 1; this.levels.push(level)) {
      const below = level;
      level = Array.from({ length: below.length / 2 }, (_, i) =>
        sha256(below[2 * i] as Uint8Array, below[2 * i + 1] as Uint8Array),
      );
    }
  }

  get root(): Uint8Array {
    return this.levels.at(-1)?.[0] as Uint8Array;
  }

  /** What BEP 52 demands as the answer to a valid request: hashes of the base layer, then uncles up to the last proof layer. */
  answer({ baseLayer, index, length, proofLayers }: HashRequest): Uint8Array {
    const parts = (this.levels[baseLayer] as Uint8Array[]).slice(index, index + length);
    const contained = Math.log2(length);
    for (let layer = contained; layer <= proofLayers; layer++) {
      const node = index / 2 ** layer;
      parts.push(this.levels[baseLayer + layer]?.[node ^ 1] as Uint8Array);
    }
    return concat(parts);
  }
}
