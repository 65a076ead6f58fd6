/**
 * Keyed hashes that decide where things lie in the table. Who does not know the seed cannot choose info hashes or
 * addresses that collide. They protect a table's speed, no secret, so that they need not be cryptographic.
 */
const MULTIPLIER = 0x9e3779b1;

const step = (hash: number, value: number): number => {
  const mixed = Math.imul(hash ^ value, MULTIPLIER);
  return mixed ^ (mixed >>> 15);
};

const finish = (hash: number): number => {
  const mixed = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

/** Of an info hash, or a peer id, of five words. */
export function hashInfoHash(words: Int32Array, at: number, seed: number): number {
  let hash = seed;
  for (let i = 0; i < 5; i++) hash = step(hash, words[at + i] as number);
  return finish(hash);
}

/** Of `count` shorts: of an address with its port, or of the part of it that names a host. */
export function hashShorts(shorts: Uint16Array, at: number, count: number, seed: number): number {
  let hash = seed;
  for (let i = 0; i < count; i++) hash = step(hash, shorts[at + i] as number);
  return finish(hash);
}
