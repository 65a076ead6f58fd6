/** Errors of finding and checking the data that belongs to a torrent. */
import { errorsOf } from '../../base/errors.ts';

export const torrentFileErrors = {
  DATA_NOT_FOUND: {
    category: 'usage',
    help: 'The data is not where it was looked for. Name the file or folder itself, or the folder in which it lies, with -d.',
  },
  VERIFY_NO_HASHES: {
    category: 'usage',
    help: 'A v2 torrent file without its piece layers cannot be checked. Get the complete torrent file, or download with it: peers know the hashes.',
  },
} as const;

export const torrentFileError: ReturnType<typeof errorsOf<typeof torrentFileErrors>> = errorsOf(torrentFileErrors);
