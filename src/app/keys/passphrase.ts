/** Files under a passphrase, which is asked for only when there is one to give; and what happens when it is wrong. */
import { codeOf } from '../../base/errors.ts';
import { agePassphraseIdentity } from '../../codec/age/index.ts';
import { passphraseIdentity } from '../../codec/dst/index.ts';
import type { Identity } from '../../codec/sealed/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';

/** Whether to ask again; `wrong`: how many passphrases were wrong so far. */
export type AskAgain = (wrong: number) => boolean;

/** Does `open` again as long as the passphrase for it was wrong and there is another one to try. */
export async function retried<T>(open: () => Promise<T>, askAgain: AskAgain): Promise<T> {
  for (let wrong = 1; ; wrong++) {
    try {
      return await open();
    } catch (error) {
      if (!isWrongPassphrase(error) || !askAgain(wrong)) throw error;
    }
  }
}

export const isWrongPassphrase = (error: unknown): boolean =>
  ['KEY_PASSPHRASE', 'SEALED_PASSPHRASE'].includes(codeOf(error) ?? '');

/** Opens a `.dst` that has a passphrase. */
export const askedPassphrase = (ask: () => Promise<string>, askAgain: AskAgain = never): Identity =>
  asked('argon2id', ask, askAgain, passphraseIdentity);

/** Opens a file of age that has a passphrase. */
export const askedAgePassphrase = (ask: () => Promise<string>, askAgain: AskAgain = never): Identity =>
  asked('scrypt', ask, askAgain, agePassphraseIdentity);

const never: AskAgain = () => false;

const asked = (
  type: string,
  ask: () => Promise<string>,
  askAgain: AskAgain,
  make: (primitives: typeof nodePrimitives, passphrase: string) => Identity,
): Identity => ({
  unwrap: async (stanzas) =>
    stanzas.some((stanza) => stanza.type === type)
      ? await retried(async () => await make(nodePrimitives, await ask()).unwrap(stanzas), askAgain)
      : null,
});
