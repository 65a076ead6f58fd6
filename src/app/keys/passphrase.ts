/** Files under a passphrase, which is asked for only when there is one to give. */
import { agePassphraseIdentity } from '../../codec/age/index.ts';
import { passphraseIdentity } from '../../codec/dst/index.ts';
import type { Identity } from '../../codec/sealed/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';

/** Opens a `.dst` that has a passphrase. */
export const askedPassphrase = (ask: () => Promise<string>): Identity => asked('argon2id', ask, passphraseIdentity);

/** Opens a file of age that has a passphrase. */
export const askedAgePassphrase = (ask: () => Promise<string>): Identity => asked('scrypt', ask, agePassphraseIdentity);

const asked = (
  type: string,
  ask: () => Promise<string>,
  make: (primitives: typeof nodePrimitives, passphrase: string) => Identity,
): Identity => ({
  unwrap: async (stanzas) =>
    stanzas.some((stanza) => stanza.type === type) ? await make(nodePrimitives, await ask()).unwrap(stanzas) : null,
});
