/** Errors of making torrents. */
import { errorsOf } from '../../base/errors.ts';

export const creationErrors = {
  CREATE_UNREADABLE: {
    category: 'storage',
    help: 'A file or folder to be shared could not be read. Check that it exists and its permissions.',
  },
  CREATE_NAME: {
    category: 'usage',
    help: 'A torrent needs a name in UTF-8. Rename the file or folder, or name the torrent with --name.',
  },
} as const;

export const creationError: ReturnType<typeof errorsOf<typeof creationErrors>> = errorsOf(creationErrors);
