/** Reads a configuration file: TOML in UTF-8, of bounded size. */
import { open } from 'node:fs/promises';
import { parse, TomlError } from 'smol-toml';
import { messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import { configError } from './errors.ts';

/** Largest configuration file, bytes: far more than anyone writes, and parsed in an instant. */
const LARGEST_FILE: ByteCount = 1024 * 1024;

/** Throws CONFIG_UNREADABLE or CONFIG_SYNTAX; neither repeats a line of the file, for there may be a password in it. */
export async function readConfigFile(path: string, signal?: AbortSignal): Promise<Record<string, unknown>> {
  const bytes = await readBounded(path, signal);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw configError('CONFIG_SYNTAX', `${path} is not UTF-8 text`, { details: { file: path } });
  }
  return parseConfig(text, path);
}

/** Throws CONFIG_SYNTAX. */
export function parseConfig(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    const words = (error.message.split('\n')[0] as string).replace(/^Invalid TOML document: /, '');
    // Without the cause: its message shows the line.
    throw configError('CONFIG_SYNTAX', `${path}, line ${line}, column ${column}: ${words}`, {
      details: { file: path, line, column },
    });
  }
}

/** By what can be read and not by what the system says of it: pipes and devices have no size. */
async function readBounded(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const buffer = new Uint8Array(LARGEST_FILE + 1);
  let length = 0;
  try {
    await using file = await open(path);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    const details = { file: path };
    throw configError('CONFIG_UNREADABLE', `${path} cannot be read: ${messageOf(cause)}`, { cause, details });
  }
  if (length <= LARGEST_FILE) return buffer.subarray(0, length);
  throw configError('CONFIG_UNREADABLE', `${path} is larger than 1 MiB`, { details: { file: path } });
}
