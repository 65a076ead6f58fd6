/** Errors of making torrents and of finding the data that belongs to one. */
import { errorsOf } from '../../base/errors.ts';

export const torrentFileErrors = {
  CREATE_UNREADABLE: {
    category: 'storage',
    help: 'A file or folder to be shared could not be read. Check that it exists and its permissions.',
  },
  CREATE_NAME: {
    category: 'usage',
    help: 'A torrent needs a name in UTF-8. Rename the file or folder, or name the torrent with --name.',
  },
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
