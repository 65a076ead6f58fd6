/** What a `.dst` shows to those who cannot open it. */
import type { ByteCount } from '../../base/units.ts';
import { DST_VERSION } from '../../codec/dst/index.ts';
import { parseHeader } from '../../codec/sealed/index.ts';

export interface SealedDescription {
  /** Of the file. */
  readonly size: ByteCount;
  /** How many recipients there are of each kind: `mlkem768x25519`, `mlkem768rsa4096`, `rsa4096`, `argon2id` (a passphrase). */
  readonly recipients: Readonly<Record<string, number>>;
}

/** Throws SEALED_*. */
export function describeSealed(file: Uint8Array): SealedDescription {
  const recipients: Record<string, number> = {};
  for (const { type } of parseHeader(file, DST_VERSION).stanzas) recipients[type] = (recipients[type] ?? 0) + 1;
  return { size: file.length, recipients };
}
