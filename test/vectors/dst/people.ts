/** The people of the vectors, from keys.json: what seals for them, opens and signs, over any implementation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../../src/base/random.ts';
import {
  hybridIdentity,
  hybridRecipient,
  rsaHybridIdentity,
  type RsaHybridKey,
  rsaHybridRecipient,
  rsaIdentity,
  rsaRecipient,
  type Signer,
} from '../../../src/codec/dst/index.ts';
import type { Identity, Recipient } from '../../../src/codec/sealed/index.ts';
import { signHybrid } from '../../../src/crypto/hybrid-signature.ts';
import type { Primitives, Rsa } from '../../../src/crypto/primitives.ts';

interface Key<Private, Public> {
  readonly kind: string;
  readonly privateKey: Private;
  readonly publicKey: Public;
}

/** Seeds are hexadecimal, all else base64. */
interface KeyFile {
  readonly alice: Key<string, string>;
  readonly bob: Key<string, string>;
  readonly carol: Key<{ readonly rsa: string; readonly kem: string }, { readonly rsa: string; readonly kem: string }>;
  readonly author: Key<string, string>;
}

export type Reader = 'alice' | 'bob' | 'carol';

export const keys = JSON.parse(readFileSync(join(import.meta.dirname, 'keys.json'), 'utf8')) as KeyFile;
export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
export const base64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

const { alice, bob, carol, author } = keys;
const carolPublic: RsaHybridKey = { rsa: base64(carol.publicKey.rsa), kem: base64(carol.publicKey.kem) };
const carolPrivate: RsaHybridKey = { rsa: base64(carol.privateKey.rsa), kem: hex(carol.privateKey.kem) };

/** All that a reader's keys can open. */
export function identitiesOf(reader: Reader, primitives: Primitives, rsa: Rsa): readonly Identity[] {
  if (reader !== 'carol') return [hybridIdentity(primitives, hex(keys[reader].privateKey))];
  return [rsaHybridIdentity(primitives, rsa, carolPrivate, carolPublic), rsaIdentity(rsa, carolPrivate.rsa)];
}

export interface Recipients {
  readonly alice: Recipient;
  readonly bob: Recipient;
  readonly carol: Recipient;
  /** Carol's RSA key alone. */
  readonly classicalCarol: Recipient;
}

export const recipientsWith = (primitives: Primitives, rsa: Rsa, random: Random): Recipients => ({
  alice: hybridRecipient(primitives, random, base64(alice.publicKey)),
  bob: hybridRecipient(primitives, random, base64(bob.publicKey)),
  carol: rsaHybridRecipient(primitives, rsa, random, carolPublic),
  classicalCarol: rsaRecipient(rsa, carolPublic.rsa),
});

export const authorKey: Uint8Array = base64(author.publicKey);

export const authorWith = (primitives: Primitives): Signer => ({
  publicKey: authorKey,
  sign: (purpose, digest) => signHybrid(primitives, hex(author.privateKey), purpose, digest),
});
