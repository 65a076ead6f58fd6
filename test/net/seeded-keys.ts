/**
 * Key pairs of Message Stream Encryption in plain integers, drawn from a seeded generator: for the simulation, which
 * cannot wait for threads, and as the second opinion on OpenSSL's.
 */
import { fromHex, toHex } from '../../src/base/bytes.ts';
import type { Random } from '../../src/base/random.ts';
import type { KeyPair, KeySource } from '../../src/net/mse/dh.ts';

/** The prime as MSE gives it. */
export const P: bigint =
  0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563n;

export const toBytes = (n: bigint): Uint8Array => fromHex(n.toString(16).padStart(192, '0')) as Uint8Array;
export const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let [b, e] = [base, exponent]; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % P;
    b = (b * b) % P;
  }
  return result;
}

export function seededKeys(random: Random): KeySource {
  return { take: async () => keyPair(toInteger(random.bytes(20))) };
}

export function keyPair(x: bigint): KeyPair {
  return { publicKey: toBytes(power(2n, x)), secret: (theirs) => toBytes(power(toInteger(theirs), x)) };
}
