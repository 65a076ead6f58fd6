/** The content that the interop tests transfer, and the comparison of what arrived with what was sent. */
import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

/** Piece length of the test torrents, bytes. */
export const PIECE_LENGTH: number = 256 * 1024;

const MIB = 1024 * 1024;

/** About 20 MB: empty, tiny, piece-sized and piece-straddling files, nested folders, spaces and Unicode in names. */
const FILES: Readonly<Record<string, number>> = {
  'empty file.txt': 0,
  'a.bin': 1,
  'film (1987).mkv': 13 * MIB + 12_345,
  'disc 1/exactly one piece.bin': PIECE_LENGTH,
  'disc 1/one byte less.bin': PIECE_LENGTH - 1,
  'disc 1/one byte more.bin': PIECE_LENGTH + 1,
  'disc 1/extras/deep/deeper/notes & errata.txt': 3 * PIECE_LENGTH + 77,
  'Ünïcode/日本語のファイル.dat': 4 * MIB - 1,
  'Ünïcode/Привет, мир.txt': 2 * MIB + 16 * 1024,
  'Ünïcode/🎵 emoji.ogg': 333_333,
};

/** Writes the sample as a folder named `name` below `parent`; the bytes depend on nothing but the file names. */
export function writeSample(parent: string, name: string): void {
  for (const [path, length] of Object.entries(FILES)) {
    const file = join(parent, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, randomBytes(path, length));
  }
}

/** `length` bytes that look random and are the same for the same `seed`. */
function randomBytes(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(new Uint8Array(length));
}

/** Every difference between two folders, one line each: missing files, extra files, wrong bytes. */
export function differences(expected: string, actual: string): string[] {
  const want = digests(expected);
  const have = digests(actual);
  const paths = [...new Set([...want.keys(), ...have.keys()])].sort();
  return paths.flatMap((path) => {
    if (!have.has(path)) return [`missing: ${path}`];
    if (!want.has(path)) return [`unexpected: ${path}`];
    return have.get(path) === want.get(path) ? [] : [`wrong bytes: ${path}`];
  });
}

/** Looks, a tenth of a second apart. */
const MOST_LOOKS = 200;

/**
 * The differences in the end: clients on libtorrent call complete what is right by its hashes, before all of it is
 * written. `leftOut`: those that are known to stay.
 */
export async function lastDifferences(
  expected: string,
  actual: string,
  leftOut: readonly string[] = [],
): Promise<string[]> {
  for (let looks = 1; ; looks++) {
    const left = differences(expected, actual);
    if (looks === MOST_LOOKS || isDeepStrictEqual(left, leftOut)) return left;
    await sleep(100);
  }
}

function digests(root: string): Map<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(root, path), createHash('sha256').update(readFileSync(path)).digest('hex')];
    }),
  );
}
