/** Reading key files: bounded, with the words that a user needs. */
import { open } from 'node:fs/promises';
import { messageOf } from '../../base/errors.ts';
import { LONGEST_TEXT } from '../../codec/identity/index.ts';
import { keyError } from './errors.ts';

export interface KeyFileBytes {
  readonly bytes: Uint8Array;
  /** Whether group or others may read it. */
  readonly isExposed: boolean;
}

/** Rejects KEY_UNREADABLE, and KEY_KIND for a file that is larger than any key. */
export async function readKeyFile(path: string): Promise<KeyFileBytes> {
  const bytes = new Uint8Array(LONGEST_TEXT + 1);
  try {
    await using file = await open(path, 'r');
    const { mode } = await file.stat();
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length);
      length += bytesRead;
      if (length === bytes.length) throw keyError('KEY_KIND', `${path} is larger than any key`);
      if (bytesRead === 0) return { bytes: bytes.slice(0, length), isExposed: isReadableByOthers(mode) };
    }
  } catch (cause) {
    if (cause instanceof Error && 'category' in cause) throw cause;
    throw keyError('KEY_UNREADABLE', `${path} could not be read: ${messageOf(cause)}`, { cause, details: { path } });
  } finally {
    bytes.fill(0);
  }
}

/** Windows has no such bits. */
const isReadableByOthers = (mode: number): boolean => process.platform !== 'win32' && (mode & 0o044) !== 0;
