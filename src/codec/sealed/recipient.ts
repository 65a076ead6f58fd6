/**
 * Who can open a sealed file. A recipient wraps the file key into a stanza, an identity finds its stanza and unwraps it.
 * `.dst` and age have kinds of their own.
 */
import type { Stanza } from './header.ts';

/**
 * Kinds that may not be mixed in one file: the weakest recipient is the strength of the file, and who knows the
 * passphrase shall know that nobody else could have made it.
 */
export type RecipientFamily = 'post-quantum' | 'classical' | 'passphrase';

export interface Recipient {
  /** Of its stanzas. */
  readonly type: string;
  readonly family: RecipientFamily;
  /** Rejects SEALED_RECIPIENT when its key is none. */
  wrap(fileKey: Uint8Array): Promise<Stanza>;
}

export interface Identity {
  /**
   * The file key, or null when none of the stanzas is for this identity. Rejects SEALED_HEADER for a stanza of its kind
   * that breaks the rules, SEALED_COST and SEALED_PASSPHRASE.
   */
  unwrap(stanzas: readonly Stanza[]): Promise<Uint8Array | null>;
}
