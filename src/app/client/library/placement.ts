/** Where a new torrent goes, and what its record is at first. */
import type { UnixSeconds } from '../../../base/units.ts';
import type { FilePaths } from '../../../storage/index.ts';
import { defaultTorrentSettings } from '../torrent-settings.ts';
import type { NewTorrent } from '../torrents.ts';
import { checkedName, checkedSettings } from './checked-settings.ts';
import { fileOf } from './file-of.ts';
import { pathsIn } from './found-data.ts';
import { newestPeers, sortedOut } from './given-peers.ts';
import type { LibraryServices } from './library-services.ts';
import type { OpenedSource } from './open-source.ts';
import { isAnythingThere } from './present-data.ts';
import { renamedFiles } from './renamed-files.ts';
import { type Choices, noChoices, type TorrentRecord } from './torrent-record.ts';
import { sanitized } from './tracker-urls.ts';

export interface PlacementServices
  extends Pick<LibraryServices, 'settings' | 'allowedFolder' | 'inTime' | 'takeIn' | 'refusalOf'> {
  /** Folder of a category; null: that of the client. */
  readonly categoryPath: (category: string) => string | null;
}

export class Placement {
  readonly #services: PlacementServices;

  constructor(services: PlacementServices) {
    this.#services = services;
  }

  /**
   * Rejects CLIENT_PATH_REFUSED, CLIENT_FOLDER_SILENT, CLIENT_BAD_SETTING, CLIENT_BAD_NAME, CLIENT_NO_SUCH_FILE,
   * CLIENT_NO_METADATA.
   */
  async recordOf(
    wanted: NewTorrent,
    source: OpenedSource,
    { hash, position, now }: { readonly hash: string; readonly position: number; readonly now: UnixSeconds },
  ): Promise<TorrentRecord> {
    const { torrents } = this.#services.settings.value;
    const settings = { ...defaultTorrentSettings, ...checkedSettings(wanted.settings ?? {}) };
    mustHaveFiles(source.metainfo, wanted);
    const savePath = await this.#savePath(wanted, settings.category);
    const trustsData = wanted.isCheckSkipped === true;
    const { paths, directory } = await this.#services.inTime(savePath, async () => {
      const found = await this.#paths(wanted, source, savePath);
      return { paths: found, directory: await this.#directory(savePath, source, { paths: found, trustsData }) };
    });
    const isStopped = wanted.isStopped ?? !torrents.startAdded;
    const more = wanted.trackers === undefined ? [] : sanitized(wanted.trackers);
    const isChanged = more.length > 0 || source.metainfo === null;
    const name = wanted.name === undefined ? source.name : checkedName(wanted.name);
    const peers = sortedOut([...source.peers, ...(wanted.peers ?? [])], this.#services.refusalOf).taken;
    // Last: what is refused leaves no category behind.
    await this.#services.takeIn(settings);
    return {
      hash,
      infoHashes: source.infoHashes,
      hasMetainfo: source.kept !== null,
      name,
      savePath,
      directory,
      wanted: isStopped ? 'stopped' : 'running',
      goal: 'ahead',
      queuePosition: position,
      settings,
      choices: {
        ...noChoices,
        select: wanted.select ?? source.select,
        priorities: wanted.priorities ?? noChoices.priorities,
        paths,
        trustsData,
        isNamed: wanted.name !== undefined,
        peers: newestPeers(peers),
      },
      trackers: isChanged ? sanitized([...source.trackers, ...more]) : null,
      pending: null,
      addedAt: now,
      startedAt: isStopped ? null : now,
      completedAt: null,
    };
  }

  async #savePath({ savePath }: NewTorrent, category: string): Promise<string> {
    if (savePath !== undefined && savePath !== '') return this.#services.allowedFolder(savePath);
    const ofCategory = category === '' ? null : this.#services.categoryPath(category);
    return ofCategory ?? this.#services.settings.value.downloads;
  }

  async #paths(
    { paths = noChoices.paths }: NewTorrent,
    { metainfo }: OpenedSource,
    savePath: string,
  ): Promise<FilePaths> {
    const renamed = renamedFiles(paths, metainfo);
    return metainfo === null ? renamed : await pathsIn(savePath, metainfo, renamed);
  }

  /** Data that is at the save path already stays there. */
  async #directory(
    savePath: string,
    { metainfo }: OpenedSource,
    { paths, trustsData }: Pick<Choices, 'paths' | 'trustsData'>,
  ): Promise<string> {
    const { incomplete } = this.#services.settings.value;
    if (incomplete === null || trustsData) return savePath;
    if (metainfo !== null && (await isAnythingThere(savePath, metainfo, paths))) return savePath;
    return incomplete;
  }
}

/** What a magnet link has is not known yet. Throws CLIENT_NO_SUCH_FILE. */
function mustHaveFiles(metainfo: OpenedSource['metainfo'], { select = [], priorities = new Map() }: NewTorrent): void {
  if (metainfo === null) return;
  for (const file of [...select, ...priorities.keys()]) fileOf(metainfo, file);
}
