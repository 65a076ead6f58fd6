/** A private identity that is open: what decrypts and signs. Its secrets are never seen from outside. */
import { ageIdentity } from '../../codec/age/index.ts';
import {
  hybridIdentity,
  rsaHybridIdentity,
  rsaIdentity,
  type RsaHybridKey,
  type Signer,
} from '../../codec/dst/index.ts';
import {
  encodePrivateIdentity,
  type IdentitySecrets,
  type PrivateIdentity,
  type PublicIdentity,
  wipeSecrets,
} from '../../codec/identity/index.ts';
import type { Identity } from '../../codec/sealed/index.ts';
import { signHybrid } from '../../crypto/hybrid-signature.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { nodeRsa } from '../../crypto/native/rsa.ts';

export class UnlockedIdentity implements Disposable {
  readonly publicIdentity: PublicIdentity;
  /** Whether group or others may read the key file. */
  readonly isExposed: boolean;
  /** Open files of this program. */
  readonly identities: readonly Identity[];
  /** Open files of age. */
  readonly ageIdentities: readonly Identity[];
  readonly signer: Signer;
  readonly #secrets: IdentitySecrets;
  #isDisposed = false;

  /** Takes the secrets over. */
  constructor({ identity, secrets }: PrivateIdentity, isExposed = false) {
    this.publicIdentity = identity;
    this.isExposed = isExposed;
    this.#secrets = secrets;
    const { encryption, rsa, age } = secrets;
    const classical = rsa === null ? [] : rsaIdentities(rsa, identity.rsa as RsaHybridKey);
    this.identities = [hybridIdentity(nodePrimitives, encryption), ...classical].map((own) => this.#guarded(own));
    const keys = [
      { kind: 'hybrid', secret: encryption } as const,
      ...(age === null ? [] : [{ kind: 'x25519', secret: age } as const]),
    ];
    this.ageIdentities = keys.map((key) => this.#guarded(ageIdentity(nodePrimitives, key)));
    this.signer = {
      publicKey: identity.signing,
      sign: (purpose, digest) => {
        this.#check();
        return signHybrid(nodePrimitives, secrets.signing, purpose, digest);
      },
    };
  }

  get fingerprint(): string {
    return this.publicIdentity.fingerprint;
  }

  get name(): string | null {
    return this.publicIdentity.name;
  }

  /** Runs `use` with the secrets, for export and another passphrase; what it gives is its own business. */
  withSecrets<T>(use: (secrets: IdentitySecrets) => T): T {
    this.#check();
    return use(this.#secrets);
  }

  /** The private document; whoever takes it wipes it. */
  encode(): Uint8Array {
    return this.withSecrets((secrets) => encodePrivateIdentity({ identity: this.publicIdentity, secrets }));
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    wipeSecrets(this.#secrets);
  }

  /** Wiped keys would be keys that everybody knows. */
  #check(): void {
    if (this.#isDisposed) throw new Error('the identity was closed');
  }

  #guarded(identity: Identity): Identity {
    return {
      unwrap: async (stanzas) => {
        this.#check();
        return await identity.unwrap(stanzas);
      },
    };
  }
}

const rsaIdentities = (secret: RsaHybridKey, publicKey: RsaHybridKey): Identity[] => [
  rsaHybridIdentity(nodePrimitives, nodeRsa, secret, publicKey),
  rsaIdentity(nodeRsa, secret.rsa),
];
