import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { concat } from '../base/bytes.ts';
import { nodeDigests } from '../crypto/digests.ts';
import { merkleRoot } from './merkle-root.ts';

const sha256 = (data: Uint8Array): Uint8Array => nodeDigests.sha256(data);

/** BEP 52 word by word: all leaves there, zeros at the end, hashed in pairs. */
function plainRoot(leaves: readonly Uint8Array[], count: number, end: Uint8Array): Uint8Array {
  let layer = Array.from({ length: count }, (_, i) => leaves[i] ?? end);
  while (layer.length > 1) {
    layer = Array.from({ length: layer.length / 2 }, (_, i) => sha256(concat(layer.slice(2 * i, 2 * i + 2))));
  }
  return layer[0] as Uint8Array;
}

it('a merkle root is that of the whole tree with the missing nodes filled in', () => {
  const node = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(
      fc.nat(6),
      fc.array(node, { maxLength: 64 }),
      fc.option(node, { nil: undefined }),
      (height, nodes, end) => {
        const given = nodes.slice(0, 2 ** height);
        const root = merkleRoot(concat(given), 2 ** height, sha256, end);
        assert.deepEqual(root, plainRoot(given, 2 ** height, end ?? new Uint8Array(32)));
      },
    ),
  );
});
