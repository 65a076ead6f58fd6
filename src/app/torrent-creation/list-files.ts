/**
 * The files below a path, in the order of their raw names, which is the order of a v2 file tree: the same data gives
 * the same torrent on every system. What cannot be part of a torrent is listed with its reason, never dropped in silence.
 */
import type { Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compareBytes, equalBytes, toText, utf8 } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import { creationError } from './errors.ts';

export interface ListedFile {
  /** Elements below the listed folder; empty when the path itself is a file. */
  readonly path: readonly string[];
  /** Where it is on this machine. */
  readonly source: string;
  readonly length: ByteCount;
}

/** Something below the path that is not part of the torrent. */
export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

export interface ListOptions {
  readonly followSymlinks: boolean;
  /** A file that is left out: the torrent that is to be written. */
  readonly exclude: string | null;
  readonly signal: AbortSignal | null;
}

export interface FileListing {
  readonly isSingleFile: boolean;
  readonly files: readonly ListedFile[];
  readonly skipped: readonly SkippedFile[];
}

export async function listFiles(root: string, options: ListOptions): Promise<FileListing> {
  const found = await inspect(root, stat);
  const files: ListedFile[] = [];
  const skipped: SkippedFile[] = [];
  if (found.isFile()) return { isSingleFile: true, files: [{ path: [], source: root, length: found.size }], skipped };
  if (!found.isDirectory()) throw creationError('CREATE_UNREADABLE', `${root} is neither a file nor a folder`);
  const exclude = options.exclude === null ? null : resolve(options.exclude);
  await walk(root, [], new Set([await realpath(root)]), { ...options, exclude, files, skipped });
  return { isSingleFile: false, files, skipped };
}

interface Walk extends ListOptions {
  readonly files: ListedFile[];
  readonly skipped: SkippedFile[];
}

/** `open` holds the real paths of the folders above: a link back to one of them would never end. */
async function walk(folder: string, path: readonly string[], open: ReadonlySet<string>, state: Walk): Promise<void> {
  const names = await namesIn(folder);
  if (names.length === 0) state.skipped.push({ path: folder, reason: 'empty folder' });
  const entries = await Promise.all(
    names.map(async (name) => ({ name, entry: await inspect(join(folder, name), lstat) })),
  );
  for (const { name, entry } of entries) {
    state.signal?.throwIfAborted();
    const source = join(folder, name);
    const skip = (reason: string): void => void state.skipped.push({ path: source, reason });
    let found = entry;
    if (found.isSymbolicLink()) {
      if (!state.followSymlinks) {
        skip('symbolic link');
        continue;
      }
      found = await inspect(source, stat);
    }
    if (found.isDirectory()) {
      const real = await realpath(source);
      if (open.has(real)) skip('link to a folder above it');
      else await walk(source, [...path, name], new Set([...open, real]), state);
    } else if (!found.isFile()) {
      skip('not a regular file');
    } else if (state.exclude !== null && resolve(source) === state.exclude) {
      skip('the torrent itself');
    } else {
      state.files.push({ path: [...path, name], source, length: found.size });
    }
  }
}

/** Names sorted by their bytes. A name that is not UTF-8 has no form in a torrent. */
async function namesIn(folder: string): Promise<string[]> {
  const raw = await readdir(folder, { encoding: 'buffer' }).catch((cause: unknown) => {
    throw creationError('CREATE_UNREADABLE', `${folder} cannot be read: ${messageOf(cause)}`, { cause });
  });
  return raw.toSorted(compareBytes).map((bytes) => {
    const name = toText(bytes);
    if (!equalBytes(utf8(name), bytes))
      throw creationError('CREATE_NAME', `the name ${join(folder, name)} is not UTF-8`);
    return name;
  });
}

async function inspect(path: string, look: (path: string) => Promise<Stats>): Promise<Stats> {
  try {
    return await look(path);
  } catch (cause) {
    throw creationError('CREATE_UNREADABLE', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
