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
import { isWrongPassphrase, retried } from './passphrase.ts';
import { decodeSecretPem } from './pem.ts';
import { type KeyFileBytes, readKeyFile } from './read-key-file.ts';
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
  /** Whether to ask for it again. */
  readonly askAgain: (path: string, wrong: number) => boolean;
  /** Called for a key that stays locked, when others are tried after it. */
  readonly onLocked: (path: string) => void;
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

  /**
   * All of them, one after the other. Rejects KEY_*, IDENTITY_* and SEALED_*; KEY_PASSPHRASE when one stays locked and no
   * other opens the file.
   */
  identity(format: 'dst' | 'age'): Identity {
    return {
      unwrap: async (stanzas) => {
        if (stanzas.every(({ type }) => passphraseTypes.includes(type))) return null;
        const paths = this.#options.paths.map((path) => keyPath(path, 'key'));
        let locked: unknown = null;
        for (const [at, path] of paths.entries()) {
          const keys = await this.#keysOf(path).catch((error: unknown) => {
            if (!isWrongPassphrase(error)) throw error;
            locked = error;
            if (at + 1 < paths.length) this.#options.onLocked(path);
            return null;
          });
          for (const identity of keys?.[format] ?? []) {
            const fileKey = await identity.unwrap(stanzas);
            if (fileKey !== null) return fileKey;
          }
        }
        if (locked !== null) throw locked;
        return null;
      },
    };
  }

  [Symbol.dispose](): void {
    for (const keys of this.#open.values()) keys[Symbol.dispose]();
  }

  async #keysOf(path: string): Promise<OpenKeys> {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    const { passphrase, askAgain, onExposed } = this.#options;
    let isExposed = false;
    const open = async (): Promise<OpenKeys> => {
      const file = await readKeyFile(path);
      ({ isExposed } = file);
      return await openKeys(path, file, () => passphrase(path));
    };
    const keys = await retried(open, (wrong) => askAgain(path, wrong));
    if (isExposed) onExposed(path);
    this.#open.set(path, keys);
    return keys;
  }
}

/** Opens a file that was read, and wipes it. */
async function openKeys(path: string, file: KeyFileBytes, passphrase: () => Promise<string>): Promise<OpenKeys> {
  const text = isDst(file.bytes) ? '' : toText(file.bytes);
  const isPem = /^-----BEGIN (?:ENCRYPTED |RSA )?PRIVATE KEY-----/m.test(text);
  if (isPem || /^AGE-SECRET-KEY-/m.test(text)) {
    wipe(file.bytes);
    return isPem ? await rsaKey(path, text, passphrase) : ageKeys(text);
  }
  const identity = await unlockBytes(path, file, passphrase);
  return {
    dst: identity.identities,
    age: identity.ageIdentities,
    [Symbol.dispose]: () => identity[Symbol.dispose](),
  };
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
  const keys = await decodeSecretPem(path, text, passphrase);
  const forget = (): void => wipe(...keys.map(({ bytes }) => bytes));
  const [key] = keys;
  if (key?.type === 'rsa') return { dst: [rsaIdentity(nodeRsa, key.bytes)], age: [], [Symbol.dispose]: forget };
  forget();
  throw keyError('KEY_KIND', `${path} is a key that opens no files by itself`);
}
