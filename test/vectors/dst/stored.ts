/** The vectors as they are stored. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat } from '../../../src/base/bytes.ts';
import type { ContainerVector } from './container-vectors.ts';
import { base64 } from './people.ts';
import type { SealedTorrentVector } from './sealed-torrent-vectors.ts';

interface Stored {
  readonly container: ContainerVector;
  readonly 'sealed-torrent': SealedTorrentVector;
}

export function vectorsOf<Name extends keyof Stored>(name: Name): readonly Stored[Name][] {
  const text = readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8');
  return (JSON.parse(text) as { vectors: Stored[Name][] }).vectors;
}

/** The bytes of a vector's file. */
export function fileOf({ file }: ContainerVector, vectors: readonly ContainerVector[]): Uint8Array {
  if (typeof file === 'string') return base64(file);
  const whole = fileOf(vectors.find(({ name }) => name === file.of) as ContainerVector, vectors);
  const bytes = concat(file.ranges.map(([from, to]) => whole.subarray(from, to)));
  return file.flip === null ? bytes : bytes.with(file.flip, (bytes[file.flip] as number) ^ 1);
}
