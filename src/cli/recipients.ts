/** For whom commands seal: keys that are named, or a passphrase. */
import { type NamedRecipient, readAgeRecipients, readRecipient } from '../app/keys/index.ts';
import { passphraseRecipientOf, type SealedFormat } from '../app/sealed-files/index.ts';
import { cliError } from './errors.ts';
import { askPassphrase } from './ui/ask-passphrase.ts';

export interface RecipientFlags {
  /** Keys; none: a passphrase. */
  readonly to: readonly string[] | undefined;
  readonly passphraseFile?: string;
  readonly rsa?: true;
  readonly classical?: true;
}

/** `target`: what is sealed, as it stands in the question for a passphrase. */
export async function recipientsOf(
  format: SealedFormat,
  target: string,
  { to, passphraseFile, rsa, classical }: RecipientFlags,
): Promise<NamedRecipient[]> {
  if (to === undefined) {
    const passphrase = await askPassphrase({ purpose: target, isNew: true, file: passphraseFile });
    return [{ recipient: passphraseRecipientOf(format, passphrase), fingerprint: 'passphrase', name: null }];
  }
  const found: NamedRecipient[] = [];
  for (const key of to) {
    const recipients =
      format === 'age' ? await readAgeRecipients(key) : [await readRecipient(key, { withRsa: rsa === true })];
    const isClassical = recipients.some(({ recipient }) => recipient.family === 'classical');
    if (isClassical && format === 'dst' && classical !== true) {
      throw cliError('USAGE', `${key} is a key that quantum computers will break; --classical permits it`);
    }
    found.push(...recipients);
  }
  return found;
}
