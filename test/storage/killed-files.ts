/** Large and small files in one torrent, about 16 MB, so that kills meet pieces of one file and pieces of many. */
import type { SampleFiles } from './sample-torrent.ts';

const small = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`small/${i}`, 9_000]));

export const killedFiles: SampleFiles = {
  'a.bin': 8_000_000,
  'b/c.bin': 500_000,
  'b/d.bin': 70_000,
  'e.bin': 6_000_000,
  ...small,
};
