/** The randomness that the portable primitives draw, fixed: what published vectors of randomised algorithms need. */

/**
 * Runs `body` while the platform's generator gives just `bytes` to who asks for so many; @noble also draws a few to
 * blind its multiplications, and gets real ones.
 */
export function withRandomness<T>(bytes: Uint8Array, body: () => T): T {
  const draw = crypto.getRandomValues.bind(crypto);
  Object.defineProperty(crypto, 'getRandomValues', {
    configurable: true,
    value: (into: Uint8Array<ArrayBuffer>) => {
      if (into.length === bytes.length) into.set(bytes);
      else draw(into);
      return into;
    },
  });
  try {
    return body();
  } finally {
    Reflect.deleteProperty(crypto, 'getRandomValues'); // What is below is that of its prototype.
  }
}
