import { errorsOf } from '../base/errors.ts';

export const engineErrors = {
  ENGINE_DUPLICATE: { category: 'usage', help: 'The torrent is already in this session. Use the one that is there.' },
  ENGINE_CLOSED: { category: 'usage', help: 'The session or the torrent has been closed. Open a new one.' },
  ENGINE_NO_PEER_IDENTITIES: {
    category: 'usage',
    help: 'Peers can prove who they are only for a sealed torrent whose author demands or prefers secure connections (--transport required or prefer of `dst create`). Leave out --only-with, or ask the author for such a torrent.',
  },
  ENGINE_NO_METADATA: {
    category: 'usage',
    help: 'The metadata of the magnet link is not there yet. Wait for it first.',
  },
  ENGINE_BAD_FILE_INDEX: { category: 'usage', help: 'The torrent has no file of this number. List its files first.' },
  ENGINE_NOT_RUNNING: {
    category: 'usage',
    help: 'The torrent rests, and what is to be read has not been downloaded. Resume it.',
  },
  ENGINE_NOT_WANTED: {
    category: 'usage',
    help: 'What is to be read has not been downloaded, and the file is not wanted. Give it a priority.',
  },
  ENGINE_FILES_TAKEN: {
    category: 'usage',
    help: 'Another torrent has files of the same names in this folder, or will have, and they were not found to be those of this one: one would write over the other. Give one of the two another folder or name, or remove the other, then start or move this one again.',
  },
  ENGINE_HYBRID_MISMATCH: {
    category: 'integrity',
    help: 'The v1 and v2 hashes of this hybrid torrent describe different data: whoever made it did it wrong, or on purpose. Get the torrent from another source.',
  },
  ENGINE_STORAGE_FAILED: {
    category: 'storage',
    help: 'The data could not be read or written; the cause says why. Mend it, then resume the torrent.',
  },
} as const;

export const engineError: ReturnType<typeof errorsOf<typeof engineErrors>> = errorsOf(engineErrors);
