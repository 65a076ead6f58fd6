/**
 * The folders of torrents, looked at now and then: how much is free, whether the data is still there, and whether what
 * made torrents fail is over. Nobody who asks has to wait for a disk.
 */
import type { Clock } from '../../../base/clock.ts';
import type { ByteCount } from '../../../base/units.ts';
import type { LibraryTorrent } from '../library/library-torrent.ts';
import type { DiskProbe } from './disk-probe.ts';
import type { FolderLooks } from './folder-looks.ts';
import { Healer, type Patient } from './healer.ts';

export class Disks {
  readonly #probe: DiskProbe;
  readonly #clock: Clock;
  readonly #looks: FolderLooks;
  readonly #healer: Healer;
  #free: ReadonlyMap<string, ByteCount> = new Map();

  constructor(probe: DiskProbe, looks: FolderLooks, clock: Clock) {
    this.#probe = probe;
    this.#clock = clock;
    this.#looks = looks;
    this.#healer = new Healer(probe, looks);
  }

  /** Free space as it was at the last look; null: unknown. */
  freeAt(folder: string): ByteCount | null {
    return this.#free.get(folder) ?? null;
  }

  /** Folders that do not answer. */
  get unanswered(): readonly string[] {
    return this.#looks.unanswered;
  }

  /** See `FolderLooks.inTime`. */
  inTime<T>(folder: string, look: () => Promise<T>): Promise<T> {
    return this.#looks.inTime(folder, look);
  }

  /** Resolves with the torrents that have failed and may go on. */
  async look(downloads: string, torrents: readonly LibraryTorrent[]): Promise<readonly Patient[]> {
    const free = new Map<string, ByteCount>();
    for (const folder of new Set([downloads, ...torrents.map(({ record }) => record.value.directory)])) {
      const bytes = await this.#looks.at(folder, () => this.#probe.free(folder));
      if (bytes !== null) free.set(folder, bytes);
    }
    this.#free = free;
    await this.#checkFolders(torrents);
    return torrents.flatMap((torrent) => patientOf(torrent) ?? []);
  }

  /** Tries those again whose trouble may be over. */
  heal(patients: readonly Patient[]): Promise<void> {
    return this.#healer.look(patients, this.#clock.now());
  }

  /**
   * Of the torrents in a folder that have something there, one is asked whether that is still so; when it is not, all
   * are. A seed of which nobody wants anything would not notice.
   */
  async #checkFolders(torrents: readonly LibraryTorrent[]): Promise<void> {
    const atHome = torrents.filter(({ run, relocation }) => run.isRunning && !relocation.isMoving);
    for (const [folder, inFolder] of Map.groupBy(atHome, ({ record }) => record.value.directory)) {
      for (const torrent of inFolder) {
        if (torrent.view().piecesHave === 0) continue;
        await this.#looks.at(folder, async () => torrent.run.engine?.checkFolder());
        if (torrent.run.isRunning) break;
      }
    }
  }
}

/** Null unless it has failed, should run, and may go on by itself. */
function patientOf(torrent: LibraryTorrent): Patient | null {
  const { id, run, record } = torrent;
  if (run.problem?.healsItself !== true || record.value.wanted !== 'running') return null;
  const { contentPath, wantedSize, wantedDone } = torrent.view();
  const missing = wantedSize - wantedDone;
  const { directory } = record.value;
  return { id, code: run.problem.code, directory, contentPath, missing, retry: () => run.retry() };
}
