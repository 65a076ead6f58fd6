/** The removals that are under way: of torrents that the library has no more, and whose rows are marked. */
import { messageOf } from '../../../base/errors.ts';
import type { RemovalFailure } from '../torrents.ts';
import type { EngineEntry } from './engine-entry.ts';
import type { LibraryServices } from './library-services.ts';
import type { LibraryTorrent } from './library-torrent.ts';
import { dataShared, dataStays } from './removal-failures.ts';
import type { TorrentIndex } from './torrent-index.ts';

export interface RemovalOptions extends Pick<LibraryServices, 'folder' | 'store' | 'logger'> {
  readonly entry: EngineEntry;
  /** Those that stay. */
  readonly torrents: Pick<TorrentIndex<LibraryTorrent>, 'findAny'>;
}

export class Removals {
  readonly #options: RemovalOptions;
  /** By hash. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /** Resolves when nothing of a removed torrent is in the way of adding it again. */
  async settled(hash: string): Promise<void> {
    await this.#underWay.get(hash);
  }

  async allSettled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Resolves with what was to be deleted and is not. */
  async finish(torrent: LibraryTorrent): Promise<RemovalFailure | null> {
    const { hash, record } = torrent;
    const { name } = record.value;
    const done = this.#eraseAll(torrent)
      .catch((error: unknown) => {
        const reason = messageOf(error);
        this.#options.logger.error('a removed torrent is not quite gone; the next start goes on', { name, reason });
        return dataStays(reason);
      })
      .finally(() => this.#underWay.delete(hash));
    this.#underWay.set(hash, done);
    const error = await done;
    return error && { hash, error };
  }

  /** Resolves with why data is not deleted; null: nothing of it is left that was to be. */
  async #eraseAll(torrent: LibraryTorrent): Promise<Error | null> {
    const { folder, store, entry } = this.#options;
    await entry.settled(torrent);
    await torrent.relocation.settled;
    // At the start. A move may have been cut short, and there is a journal, unless the torrent file has gone: it goes last.
    const isThere = torrent.run.engine === null && (await folder.read(torrent.hash)) !== null;
    if (isThere) await entry.restore(torrent);
    const failure = await this.#eraseData(torrent);
    await torrent.run.fileKept;
    await folder.delete(torrent.hash);
    await store.delete(torrent.id);
    return failure;
  }

  async #eraseData(torrent: LibraryTorrent): Promise<Error | null> {
    const { torrents, logger } = this.#options;
    const { name, pending } = torrent.record.value;
    const deleteData = pending?.kind === 'remove' && pending.deleteData;
    try {
      const shared = await torrent.run.detach()?.remove({ deleteData, isForgotten: true });
      // One that is being removed as well is the last to have them.
      const holder = shared?.holders.find(({ infoHashes }) => torrents.findAny(infoHashes) !== null);
      if (!shared || holder === undefined) return null;
      const failure = dataShared(shared.files.size, holder.name);
      logger.warn('not all data of a removed torrent is deleted', { name, reason: failure.message });
      return failure;
    } catch (error) {
      const reason = messageOf(error);
      logger.error('could not let go of the data of a removed torrent', { name, deleteData, reason });
      return dataStays(reason);
    }
  }
}
