/** What the process of the kill campaign does, and tells of it, one line of JSON for each deed before and after it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteCount } from '../../src/base/units.ts';
import { type TestTorrent, testTorrent } from '../sim/test-torrent.ts';

/** `number`: which of the sample torrents. */
export type Deed =
  | { readonly kind: 'add' | 'move'; readonly number: number; readonly place: number }
  | { readonly kind: 'label' | 'rename'; readonly number: number; readonly text: string }
  | { readonly kind: 'start' | 'stop' | 'remove'; readonly number: number };

export interface DeedLine {
  readonly deed: Deed;
  readonly isDone: boolean;
}

/** Sample torrents. */
export const TORRENTS = 5;
const FILES: readonly ByteCount[] = [40_000, 1_000, 90_000];

const samples = new Map<number, TestTorrent>();

export function sampleOf(number: number): TestTorrent {
  const sample = samples.get(number) ?? testTorrent({ files: FILES, seed: 100 + number });
  samples.set(number, sample);
  return sample;
}

/** Puts the data of a torrent where it is to be added. */
export function writeData(number: number, place: string): void {
  const { metainfo, data } = sampleOf(number);
  for (const { path, offset, length } of metainfo.info.files) {
    mkdirSync(join(place, ...path.slice(0, -1)), { recursive: true });
    writeFileSync(join(place, ...path), data.subarray(offset, offset + length));
  }
}

/** The folders that may be save paths. */
export const placesIn = (home: string, other: string): string[] => [join(home, 'a'), join(other, 'b'), join(home, 'c')];
