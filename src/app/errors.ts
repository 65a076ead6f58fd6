/** Errors of reading whatever names a torrent. */
import { errorsOf } from '../base/errors.ts';

export const sourceErrors = {
  SOURCE_NOT_FOUND: {
    category: 'usage',
    help: 'There is no such torrent file. Check the path; a magnet link begins with magnet:?',
  },
  SOURCE_UNREADABLE: {
    category: 'storage',
    help: 'The torrent file could not be read. Check its permissions. Of a folder `dst create` makes a torrent.',
  },
  SOURCE_TOO_LARGE: { category: 'usage', help: 'The file is larger than any torrent file. Is it the data instead?' },
} as const;

export const sourceError: ReturnType<typeof errorsOf<typeof sourceErrors>> = errorsOf(sourceErrors);
