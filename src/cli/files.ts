/** Reading and writing whole files for commands; `-` is standard input or output. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, messageOf, type DstError } from '../base/errors.ts';
import type { ByteCount } from '../base/units.ts';
import { cliError } from './errors.ts';
import type { Output } from './ui/output.ts';

/** The bytes of a torrent file, or of standard input for `-`; `largest`: fewer than any torrent file may have. */
export async function readInput(path: string, largest?: ByteCount): Promise<Uint8Array> {
  const { readTorrentFile, readTorrentStream } = await import('../app/torrent-file/index.ts');
  if (path !== '-') return await readTorrentFile(path, largest);
  const bytes = await readTorrentStream(process.stdin as AsyncIterable<Uint8Array>, 'standard input', largest);
  if (isBlank(bytes)) throw cliError('INPUT_UNREADABLE', 'standard input is empty');
  return bytes;
}

/** Spaces and line ends alone. */
const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));

/** Refuses early what `writeOutput` would refuse, before hours of work. */
export async function checkOutput(path: string, mayReplace: boolean): Promise<void> {
  if (path === '-') return;
  if (await isTooLong(path)) throw tooLong(path);
  if (!mayReplace && (await kindOf(path)) === 'file') throw exists(path);
  if ((await kindOf(dirname(path))) === 'none') {
    const cause = Object.assign(new Error('no such folder'), { code: 'ENOENT' });
    throw cliError('OUTPUT_UNWRITABLE', `the folder ${dirname(path)} does not exist`, { cause });
  }
}

/** Writes a whole file, never half of one: it appears, or replaces the old one, in one step. */
export async function writeOutput(output: Output, path: string, bytes: Uint8Array, mayReplace: boolean): Promise<void> {
  await streamOutput(output, path, { mayReplace }, (write) => write(bytes));
}

/**
 * As `writeOutput`, of what `produce` writes bit by bit: the file appears when that has ended well. Standard output gets
 * it as it comes.
 */
export async function streamOutput<T>(
  output: Output,
  path: string,
  options: { readonly mayReplace: boolean; readonly mode?: number },
  produce: (write: (bytes: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T> {
  if (path === '-') return await produce((bytes) => output.bytes(bytes));
  const { OutputFile } = await import('../app/output-file/index.ts');
  const told = async <R>(step: Promise<R>): Promise<R> => {
    try {
      return await step;
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') throw exists(path);
      throw cliError('OUTPUT_UNWRITABLE', `${path} could not be written: ${messageOf(cause)}`, { cause });
    }
  };
  await using file = await told(OutputFile.create(path, options));
  const result = await produce((bytes) => told(file.write(bytes)));
  await told(file.commit());
  return result;
}

/** A path for a new file: `given`, or within it when it is a folder, or `name` in the current folder. */
export async function outputPath(given: string | undefined, name: string): Promise<string> {
  if (given === undefined) return name;
  return given !== '-' && (await kindOf(given)) === 'folder' ? join(given, name) : given;
}

/** `device` is what is written to in place: a terminal, a pipe, /dev/null. */
async function kindOf(path: string): Promise<'none' | 'file' | 'folder' | 'device'> {
  const found = await stat(path).catch(() => null);
  if (found === null) return 'none';
  if (found.isFile()) return 'file';
  return found.isDirectory() ? 'folder' : 'device';
}

/** Longer than the file system can have: most take 255 bytes. */
const isTooLong = async (path: string): Promise<boolean> => (await stat(path).catch(codeOf)) === 'ENAMETOOLONG';

const tooLong = (path: string): DstError =>
  cliError('OUTPUT_UNWRITABLE', `${path} is too long for the name of a file; name another output with -o`);

const exists = (path: string): DstError => cliError('OUTPUT_EXISTS', `${path} exists already`);

/** Standard input can be read once only. */
export function refuseTwoStdins(targets: readonly string[]): void {
  if (targets.filter((target) => target === '-').length > 1) throw cliError('USAGE', '- can be given only once');
}
