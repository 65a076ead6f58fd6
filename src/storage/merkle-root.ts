/**
 * Root of a piece's merkle subtree (BEP 52). The codec has the full tree; this is the little that a disk worker needs,
 * kept apart because a worker starts the sooner the fewer modules it loads.
 */

/** Bytes of a block under a leaf. */
export const LEAF_LENGTH = 16384;

/** Bytes of a node. */
export const NODE_LENGTH = 32;

/**
 * Root over `count` nodes of one height (a power of two), of which the first are given (32 bytes each) and the others
 * are `end`: zeros for leaves.
 */
export function merkleRoot(
  nodes: Uint8Array,
  count: number,
  sha256: (data: Uint8Array) => Uint8Array,
  end: Uint8Array = new Uint8Array(NODE_LENGTH),
): Uint8Array {
  let layer = nodes;
  let pad = end;
  for (let width = count; width > 1; width /= 2) {
    layer = layerAbove(layer, pad, sha256);
    pad = sha256(join(pad, pad));
  }
  return layer.length === 0 ? pad : layer;
}

function layerAbove(layer: Uint8Array, pad: Uint8Array, sha256: (data: Uint8Array) => Uint8Array): Uint8Array {
  const pair = 2 * NODE_LENGTH;
  const above = new Uint8Array(Math.ceil(layer.length / pair) * NODE_LENGTH);
  for (let at = 0; at < layer.length; at += pair) {
    const both = layer.subarray(at, at + pair);
    above.set(sha256(both.length === pair ? both : join(both, pad)), at / 2);
  }
  return above;
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 * NODE_LENGTH);
  out.set(left);
  out.set(right, NODE_LENGTH);
  return out;
}
