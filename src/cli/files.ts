/** Reading and writing whole files for commands; `-` is standard input or output. */
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, type DstError } from '../base/errors.ts';
import { cliError } from './errors.ts';
import type { Output } from './ui/output.ts';

/** The bytes of a torrent file, or of standard input for `-`. */
export async function readInput(path: string): Promise<Uint8Array> {
  const { readTorrentFile, readTorrentStream } = await import('../app/torrent-file/index.ts');
  if (path !== '-') return await readTorrentFile(path);
  const bytes = await readTorrentStream(process.stdin as AsyncIterable<Uint8Array>, 'standard input');
  if (bytes.length === 0) throw cliError('INPUT_UNREADABLE', 'standard input is empty');
  return bytes;
}

/** Refuses early what `writeOutput` would refuse, before hours of work. */
export async function checkOutput(path: string, mayReplace: boolean): Promise<void> {
  if (path === '-') return;
  if (!mayReplace && (await kindOf(path)) === 'file') throw exists(path);
  if ((await kindOf(dirname(path))) === 'none') {
    const cause = Object.assign(new Error('no such folder'), { code: 'ENOENT' });
    throw cliError('OUTPUT_UNWRITABLE', `the folder ${dirname(path)} does not exist`, { cause });
  }
}

/** Writes a whole file, never half of one: it appears, or replaces the old one, in one step. */
export async function writeOutput(output: Output, path: string, bytes: Uint8Array, mayReplace: boolean): Promise<void> {
  if (path === '-') return await output.bytes(bytes);
  const kind = await kindOf(path);
  if (kind === 'file' && !mayReplace) throw exists(path);
  try {
    if (kind === 'device') await writeFile(path, bytes);
    else await replaceFile(kind === 'file' ? await realpath(path) : path, bytes);
  } catch (error) {
    throw cliError('OUTPUT_UNWRITABLE', `${path} could not be written: ${messageOf(error)}`, { cause: error });
  }
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
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

const exists = (path: string): DstError => cliError('OUTPUT_EXISTS', `${path} exists already`);

/** Standard input can be read once only. */
export function refuseTwoStdins(targets: readonly string[]): void {
  if (targets.filter((target) => target === '-').length > 1) throw cliError('USAGE', '- can be given only once');
}
