/**
 * Looks at folders of which some may never answer, such as those of a network drive whose server is away: nobody waits
 * long for one, and it is not looked at again before the look has come back. Each that hangs holds one of the four
 * threads that Node has for files and for the names of hosts, so folders on the device of such a one are passed over too.
 */
import type { Clock } from '../../../base/clock.ts';
import type { Millis } from '../../../base/units.ts';
import type { DiskProbe } from './disk-probe.ts';

/** How long a look is waited for; a disk that was asleep needs up to 10 s, ms. */
const PATIENCE: Millis = 15_000;
/** Looks that have not come back; with more of them nothing is looked at, so that threads are left for other things. */
const MOST_HANGING = 2;

export class FolderLooks {
  readonly #disk: Pick<DiskProbe, 'device'>;
  readonly #clock: Pick<Clock, 'after'>;
  /** Of the folder when it last answered. */
  readonly #devices = new Map<string, number | null>();
  readonly #underWay = new Set<string>();

  constructor(disk: Pick<DiskProbe, 'device'>, clock: Pick<Clock, 'after'>) {
    this.#disk = disk;
    this.#clock = clock;
  }

  /** Folders that have not answered; while nobody looks, those that hang. */
  get unanswered(): readonly string[] {
    return [...this.#underWay];
  }

  /** What `look` gives, or null when the folder does not answer. One at a time; `look` may go on after that. */
  async at<T>(folder: string, look: () => Promise<T>): Promise<T | null> {
    if (this.#isAway(folder)) return null;
    this.#underWay.add(folder);
    const late = Promise.withResolvers<null>();
    using _patience = this.#clock.after(PATIENCE, () => late.resolve(null));
    const looking = this.#look(folder, look).finally(() => this.#underWay.delete(folder));
    return await Promise.race([looking, late.promise]);
  }

  async #look<T>(folder: string, look: () => Promise<T>): Promise<T> {
    this.#devices.set(folder, await this.#disk.device(folder));
    return await look();
  }

  #isAway(folder: string): boolean {
    if (this.#underWay.has(folder) || this.#underWay.size >= MOST_HANGING) return true;
    const device = this.#devices.get(folder) ?? null;
    return device !== null && [...this.#underWay].some((other) => this.#devices.get(other) === device);
  }
}
