/** The vectors of identity.json (docs/spec/identity.md), made again from their seeds. Run as a program it writes the file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex, utf8 } from '../../../src/base/bytes.ts';
import type { RsaHybridKey, Signer } from '../../../src/codec/dst/index.ts';
import {
  encodePrivateIdentity,
  encodeTextBlock,
  fingerprintOf,
  type FingerprintType,
  type PrivateIdentity,
  signFile,
  signIdentity,
  signRotation,
} from '../../../src/codec/identity/index.ts';
import { hybridPublicKeyOf, signHybrid } from '../../../src/crypto/hybrid-signature.ts';
import { xWingPublicKeyOf } from '../../../src/crypto/x-wing.ts';
import { fixedPrimitives, streamOf } from '../dst/deterministic.ts';
import { base64, hex, keys } from '../dst/people.ts';

/** Seeds, keys and hashes are hexadecimal, RSA keys base64, documents their text form. */
export interface IdentityVector {
  readonly name: string;
  readonly created: number;
  readonly signingSeed: string;
  readonly encryptionSeed: string;
  /** PKCS#8 in DER. */
  readonly rsa: string | null;
  readonly kemSeed: string | null;
  readonly ageSecret: string | null;
  readonly signingKeySha256: string;
  readonly encryptionKeySha256: string;
  readonly fingerprint: string;
  readonly public: string;
  readonly private: string;
}

export interface IdentityVectors {
  readonly identities: Readonly<Record<'alice' | 'bob', IdentityVector>>;
  readonly fingerprints: readonly {
    readonly type: FingerprintType;
    readonly key: string;
    readonly fingerprint: string;
  }[];
  /** From alice to bob. */
  readonly rotation: { readonly created: number; readonly text: string };
  /** Of alice, over a file with this content. */
  readonly signature: Readonly<Record<'content' | 'sha512' | 'name' | 'text', string>> & { readonly created: number };
  /** What becomes of a document when the lowest bit of its byte `offset` is changed. */
  readonly refused: readonly {
    readonly document: 'alice' | 'rotation' | 'signature';
    readonly what: string;
    readonly offset: number;
    readonly code: string;
  }[];
}

const file = join(import.meta.dirname, 'identity.json');
export const stored = JSON.parse(readFileSync(file, 'utf8')) as IdentityVectors;

const primitives = fixedPrimitives(streamOf('dst-torrent.org identity vectors'));
const START = 1_767_225_600;

/** Bytes that count up. */
const counting = (length: number, from: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (from + i) & 0xff);

interface Person extends PrivateIdentity {
  readonly signer: Signer;
}

function personOf(
  name: string,
  created: number,
  secrets: PrivateIdentity['secrets'],
  rsa: RsaHybridKey | null,
): Person {
  const signer = {
    publicKey: hybridPublicKeyOf(primitives, secrets.signing),
    sign: (purpose: string, digest: Uint8Array) => signHybrid(primitives, secrets.signing, purpose, digest),
  };
  const encryption = xWingPublicKeyOf(primitives, secrets.encryption);
  return { identity: signIdentity(primitives, { name, created, keys: { encryption, rsa } }, signer), secrets, signer };
}

const describe = ({ identity, secrets }: Person): IdentityVector => ({
  name: identity.name as string,
  created: identity.created,
  signingSeed: toHex(secrets.signing),
  encryptionSeed: toHex(secrets.encryption),
  rsa: secrets.rsa && Buffer.from(secrets.rsa.rsa).toString('base64'),
  kemSeed: secrets.rsa && toHex(secrets.rsa.kem),
  ageSecret: secrets.age && toHex(secrets.age),
  signingKeySha256: toHex(primitives.hash('sha256', identity.signing)),
  encryptionKeySha256: toHex(primitives.hash('sha256', identity.encryption)),
  fingerprint: identity.fingerprint,
  public: encodeTextBlock('DST IDENTITY', identity.encoded),
  private: encodeTextBlock('DST PRIVATE IDENTITY', encodePrivateIdentity({ identity, secrets })),
});

export function makeIdentityVectors(): IdentityVectors {
  const { privateKey, publicKey } = keys.carol;
  const plain = { signing: counting(64, 0), encryption: counting(32, 64), rsa: null, age: null };
  const alice = personOf('Alice', START, plain, null);
  const full = {
    signing: counting(64, 128),
    encryption: counting(32, 192),
    rsa: { rsa: base64(privateKey.rsa), kem: hex(privateKey.kem) },
    age: counting(32, 7),
  };
  const bob = personOf('Bob <bob@example.org>', START + 1, full, {
    rsa: base64(publicKey.rsa),
    kem: base64(publicKey.kem),
  });
  const rotation = signRotation(
    primitives,
    { created: START + 2, from: alice.identity, to: bob.identity },
    { from: alice.signer, to: bob.signer },
  );
  const content = 'Data.\n';
  const digest = primitives.hash('sha512', utf8(content));
  const signed = { digest, length: content.length, name: 'data.txt' };
  const created = START + 3;
  const signature = signFile(primitives, { file: signed, created, identity: alice.identity }, alice.signer);
  return {
    identities: { alice: describe(alice), bob: describe(bob) },
    fingerprints: (['identity', 'rsa4096', 'x25519', 'mlkem768x25519'] as const).map((type) => ({
      type,
      key: toHex(counting(32, 0)),
      fingerprint: fingerprintOf(primitives, type, counting(32, 0)),
    })),
    rotation: { created: rotation.created, text: encodeTextBlock('DST ROTATION', rotation.encoded) },
    signature: {
      content,
      sha512: toHex(digest),
      name: signed.name,
      created,
      text: encodeTextBlock('DST SIGNATURE', signature),
    },
    refused: refusals({ alice: alice.identity.encoded, rotation: rotation.encoded, signature }),
  };
}

function refusals(
  documents: Readonly<Record<'alice' | 'rotation' | 'signature', Uint8Array>>,
): IdentityVectors['refused'] {
  const { alice, rotation, signature } = documents;
  const behind = (document: Uint8Array, text: string, distance = 0): number =>
    Buffer.from(document).lastIndexOf(text) + text.length + distance;
  return [
    { document: 'alice', what: 'the name', offset: behind(alice, '5:Ali') - 1, code: 'IDENTITY_FORGED' },
    {
      document: 'alice',
      what: 'the encryption key',
      offset: behind(alice, '10:encryption1216:'),
      code: 'IDENTITY_FORGED',
    },
    {
      document: 'alice',
      what: 'the ML-DSA signature',
      offset: behind(alice, '9:signature3373:'),
      code: 'IDENTITY_FORGED',
    },
    {
      document: 'alice',
      what: 'the Ed25519 signature',
      offset: behind(alice, '9:signature3373:', 3309),
      code: 'IDENTITY_FORGED',
    },
    { document: 'alice', what: 'the version', offset: behind(alice, 'org/v'), code: 'IDENTITY_VERSION' },
    { document: 'alice', what: 'its end', offset: alice.length - 1, code: 'IDENTITY_INVALID' },
    {
      document: 'rotation',
      what: 'the signature of the old key',
      offset: behind(rotation, '7:fromsig3373:'),
      code: 'IDENTITY_ROTATION',
    },
    {
      document: 'rotation',
      what: 'the signature of the new key',
      offset: behind(rotation, '5:tosig3373:'),
      code: 'IDENTITY_ROTATION',
    },
    {
      document: 'signature',
      what: 'the digest of the file',
      offset: behind(signature, '6:digest64:'),
      code: 'SIGNATURE_FORGED',
    },
    {
      document: 'signature',
      what: 'the name of the file',
      offset: behind(signature, '8:data') - 1,
      code: 'SIGNATURE_FORGED',
    },
  ];
}

if (import.meta.main) writeFileSync(file, `${JSON.stringify(makeIdentityVectors(), null, 2)}\n`);
