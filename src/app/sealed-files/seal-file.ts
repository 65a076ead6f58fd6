/** Encrypts a file as it is read, into a `.dst` or a file of age. */
import { concat } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import type { ByteCount } from '../../base/units.ts';
import { agePassphraseRecipient, AgeSealer, ArmorEncoder } from '../../codec/age/index.ts';
import { DstSealer, passphraseRecipient, type Signer } from '../../codec/dst/index.ts';
import type { Recipient } from '../../codec/sealed/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { fileError } from './errors.ts';
import type { Input } from './input.ts';

export type Write = (bytes: Uint8Array) => Promise<void>;

export interface SealOptions {
  readonly recipients: readonly Recipient[];
  /** Bytes read so far, and of how many (null: not known). */
  readonly onProgress?: (done: ByteCount, total: ByteCount | null) => void;
  readonly signal?: AbortSignal;
}

/** Most that is kept in memory to learn how long it is. */
const MOST_IN_MEMORY: ByteCount = 64 * 1024 * 1024;

export interface DstSealOptions extends SealOptions {
  /** Told to whoever can open it; null: none. */
  readonly name: string | null;
  readonly signer: Signer | null;
}

export const passphraseRecipientOf = (format: 'dst' | 'age', passphrase: string): Recipient =>
  format === 'dst'
    ? passphraseRecipient(nodePrimitives, systemRandom, passphrase)
    : agePassphraseRecipient(nodePrimitives, systemRandom, passphrase);

/** Rejects SEALED_RECIPIENT, FILE_UNREADABLE, FILE_CHANGED and FILE_LENGTH. */
export async function sealDstFile(input: Input, write: Write, options: DstSealOptions): Promise<void> {
  const { recipients, name, signer, signal } = options;
  const whole = input.length === null ? await inMemory(input, signal) : null;
  const length = whole?.length ?? (input.length as ByteCount);
  const sealing = { kind: 'file', name, created: systemClock.wall(), length, recipients, signer } as const;
  using sealer = await DstSealer.begin(nodePrimitives, systemRandom, sealing);
  await write(sealer.start);
  let done: ByteCount = 0;
  for await (const block of whole === null ? input.blocks(signal) : [whole]) {
    if (done + block.length > length) throw changed();
    await write(sealer.push(block));
    done += block.length;
    options.onProgress?.(done, length);
  }
  if (done < length) throw changed();
  for (const part of sealer.finish()) await write(part);
}

/** Rejects SEALED_RECIPIENT and FILE_UNREADABLE. */
export async function sealAgeFile(
  input: Input,
  write: Write,
  { recipients, isArmored, onProgress, signal }: SealOptions & { readonly isArmored: boolean },
): Promise<void> {
  const armor = isArmored ? new ArmorEncoder() : null;
  const put = (bytes: Uint8Array): Promise<void> => write(armor === null ? bytes : armor.push(bytes));
  using sealer = await AgeSealer.begin(nodePrimitives, systemRandom, recipients);
  await put(sealer.start);
  let done: ByteCount = 0;
  for await (const block of input.blocks(signal)) {
    await put(sealer.push(block));
    done += block.length;
    onProgress?.(done, input.length);
  }
  await put(sealer.finish());
  if (armor !== null) await write(armor.finish());
}

async function inMemory(input: Input, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length: ByteCount = 0;
  for await (const block of input.blocks(signal)) {
    length += block.length;
    if (length > MOST_IN_MEMORY) throw fileError('FILE_LENGTH', 'standard input is longer than 64 MiB');
    parts.push(block.slice());
  }
  return concat(parts);
}

const changed = (): Error => fileError('FILE_CHANGED', 'the file changed while it was read');
