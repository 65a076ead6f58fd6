/** Keys that may open a file. Each is read, and its passphrase asked for, only when those before it did not open it. */
import { toText } from '../../base/bytes.ts';
import { ageIdentity, decodeAgeIdentityFile } from '../../codec/age/index.ts';
import { hybridIdentity, rsaIdentity, isDst } from '../../codec/dst/index.ts';
import type { Identity } from '../../codec/sealed/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { nodeRsa } from '../../crypto/native/rsa.ts';
import { wipe } from '../../crypto/primitives.ts';
import { keyError } from './errors.ts';
import { keyPath } from './key-folder.ts';
import { decodeSecretPem } from './pem.ts';
import { readKeyFile } from './read-key-file.ts';
import { unlockBytes } from './unlock-identity.ts';

/** What the keys of one file open. */
interface OpenKeys extends Disposable {
  readonly dst: readonly Identity[];
  readonly age: readonly Identity[];
}

export interface KeyRingOptions {
  /** Private key files of this program, identity files of age, RSA-4096 keys in PEM. */
  readonly paths: readonly string[];
  /** The passphrase of a key file. */
  readonly passphrase: (path: string) => Promise<string>;
  /** Called for a key file that group or others may read. */
  readonly onExposed: (path: string) => void;
}

/** Stanzas that no key opens. */
const passphraseTypes: readonly string[] = ['argon2id', 'scrypt'];

export class KeyRing implements Disposable {
  readonly #options: KeyRingOptions;
  readonly #open = new Map<string, OpenKeys>();

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** Reject KEY_*, IDENTITY_* and SEALED_* when they are tried. */
  identities(format: 'dst' | 'age'): Identity[] {
    return this.#options.paths.map((path) => ({
      unwrap: async (stanzas) => {
        if (stanzas.every(({ type }) => passphraseTypes.includes(type))) return null;
        for (const identity of (await this.#keysOf(path))[format]) {
          const fileKey = await identity.unwrap(stanzas);
          if (fileKey !== null) return fileKey;
        }
        return null;
      },
    }));
  }

  [Symbol.dispose](): void {
    for (const keys of this.#open.values()) keys[Symbol.dispose]();
  }

  async #keysOf(name: string): Promise<OpenKeys> {
    const path = keyPath(name, 'key');
    const keys = this.#open.get(path) ?? (await this.#read(path));
    this.#open.set(path, keys);
    return keys;
  }

  async #read(path: string): Promise<OpenKeys> {
    const { passphrase, onExposed } = this.#options;
    const file = await readKeyFile(path);
    if (file.isExposed) onExposed(path);
    const text = isDst(file.bytes) ? '' : toText(file.bytes);
    if (/^AGE-SECRET-KEY-/m.test(text)) return ageKeys(text);
    if (/^-----BEGIN (?:ENCRYPTED |RSA )?PRIVATE KEY-----/m.test(text)) {
      return await rsaKey(path, text, () => passphrase(path));
    }
    const identity = await unlockBytes(path, file, () => passphrase(path));
    return {
      dst: identity.identities,
      age: identity.ageIdentities,
      [Symbol.dispose]: () => identity[Symbol.dispose](),
    };
  }
}

function ageKeys(text: string): OpenKeys {
  const keys = decodeAgeIdentityFile(text);
  const hybrid = keys.filter(({ kind }) => kind === 'hybrid');
  return {
    dst: hybrid.map(({ secret }) => hybridIdentity(nodePrimitives, secret)),
    age: keys.map((key) => ageIdentity(nodePrimitives, key)),
    [Symbol.dispose]: () => wipe(...keys.map(({ secret }) => secret)),
  };
}

async function rsaKey(path: string, text: string, passphrase: () => Promise<string>): Promise<OpenKeys> {
  const [key] = await decodeSecretPem(path, text, passphrase);
  if (key?.type !== 'rsa') throw keyError('KEY_KIND', `${path} is a key that opens no files by itself`);
  return { dst: [rsaIdentity(nodeRsa, key.bytes)], age: [], [Symbol.dispose]: () => wipe(key.bytes) };
}
