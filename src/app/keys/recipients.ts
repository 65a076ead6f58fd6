/** For whom a file is sealed: from what a user names to the recipients of a format. */
import { ageRecipient, encodeAgePublicKey } from '../../codec/age/index.ts';
import { hybridRecipient, rsaHybridRecipient, rsaRecipient } from '../../codec/dst/index.ts';
import type { Recipient } from '../../codec/sealed/index.ts';
import { systemRandom } from '../../base/random.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { nodeRsa } from '../../crypto/native/rsa.ts';
import { keyError } from './errors.ts';
import { ageFingerprint, readPublicKeys, rsaFingerprint } from './public-keys.ts';

export interface NamedRecipient {
  readonly recipient: Recipient;
  readonly fingerprint: string;
  readonly name: string | null;
}

export interface RecipientOptions {
  /** Seal for the RSA-4096 and ML-KEM-768 keys of an identity, not for its X-Wing key. */
  readonly withRsa?: boolean;
}

/**
 * Who can open a `.dst`: the public key file at `path` or of that name in the key folder, `age1pq1…`, or a public RSA key
 * in PEM, which is of the family `classical`. Rejects KEY_*, IDENTITY_*, SEALED_KEY_TEXT.
 */
export async function readRecipient(path: string, { withRsa = false }: RecipientOptions = {}): Promise<NamedRecipient> {
  const keys = await readPublicKeys(path);
  if (keys.kind === 'rsa') {
    return { recipient: rsaRecipient(nodeRsa, keys.spki), fingerprint: rsaFingerprint(keys.spki), name: null };
  }
  if (keys.kind === 'age') {
    const [key, ...more] = keys.keys;
    if (key?.kind !== 'hybrid' || more.length > 0) {
      throw keyError(
        'KEY_KIND',
        'the owner of a key of age that begins with age1 and not with age1pq1 can open files of age only (--age)',
      );
    }
    const recipient = hybridRecipient(nodePrimitives, systemRandom, key.publicKey);
    return { recipient, fingerprint: ageFingerprint(key), name: null };
  }
  const { encryption, rsa, fingerprint, name } = keys.identity;
  if (!withRsa) return { recipient: hybridRecipient(nodePrimitives, systemRandom, encryption), fingerprint, name };
  if (rsa === null) throw keyError('KEY_KIND', `${path} has no RSA key`);
  return { recipient: rsaHybridRecipient(nodePrimitives, nodeRsa, systemRandom, rsa), fingerprint, name };
}

/** Who can open a file of age: `age1…`, a file of such lines, or the X-Wing key of an identity. Rejects as `readRecipient`. */
export async function readAgeRecipients(path: string): Promise<NamedRecipient[]> {
  const keys = await readPublicKeys(path);
  if (keys.kind === 'rsa') throw keyError('KEY_KIND', `${path} is an RSA key, which files of age do not take`);
  const found = keys.kind === 'age' ? keys.keys : [{ kind: 'hybrid', publicKey: keys.identity.encryption } as const];
  return found.map((key) => ({
    recipient: ageRecipient(nodePrimitives, systemRandom, key),
    fingerprint: keys.kind === 'identity' ? keys.identity.fingerprint : ageFingerprint(key),
    name: keys.kind === 'identity' ? keys.identity.name : encodeAgePublicKey(key),
  }));
}
