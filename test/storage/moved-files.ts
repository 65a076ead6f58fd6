/** What the killed process and its test know of the files that it moves. */
import type { FilePaths } from '../../src/storage/index.ts';
import type { Sample, SampleFiles } from './sample-torrent.ts';

export const movedFiles: SampleFiles = Object.fromEntries(
  Array.from({ length: 30 }, (_, i) => [`${i % 3}/${i}.bin`, i === 7 ? 2_000_000 : 20_000]),
);

/** What a client keeps of a torrent's place. */
export interface Whereabouts {
  readonly directory: string;
  /** Where it is on its way to. */
  readonly target: string | null;
  /** Folders to move to, in turn. */
  readonly others: readonly string[];
  /** What was appended to all names. */
  readonly ending: string;
}

export const namesOf = ({ geometry }: Sample, ending: string): FilePaths =>
  new Map(geometry.files.map(({ path }, file) => [file, [...path.slice(0, -1), path.at(-1) + ending]]));
