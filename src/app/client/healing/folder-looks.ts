/**
 * Looks at folders of which some may never answer, such as those of a network drive whose server is away: nobody waits
 * long for one, and it is not looked at again before the look has come back. Each that hangs holds one of the four
 * threads that Node has for files and for the names of hosts, so they are looked at one after another, whoever asks, and
 * folders on the device of one that hangs are passed over too.
 */
import type { Clock } from '../../../base/clock.ts';
import type { Millis } from '../../../base/units.ts';
import { clientError } from '../errors.ts';
import type { DiskProbe } from './disk-probe.ts';

/** How long a look is waited for; a disk that was asleep needs up to 10 s, ms. */
const PATIENCE: Millis = 15_000;
/** Looks that have not come back: with so many only folders are looked at that have answered before, or that somebody names. */
const MANY_HANGING = 2;
/** With so many none is, so that a thread is left for other things. */
const MOST_HANGING = 3;
/** Folders of which the device is known. */
const MOST_KNOWN = 10_000;

export class FolderLooks {
  readonly #disk: Pick<DiskProbe, 'device'>;
  readonly #clock: Pick<Clock, 'after'>;
  /** Of the folder when it last answered. */
  readonly #devices = new Map<string, number | null>();
  readonly #hanging = new Set<string>();
  /** Settled when nobody is looking, or waits no more. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(disk: Pick<DiskProbe, 'device'>, clock: Pick<Clock, 'after'>) {
    this.#disk = disk;
    this.#clock = clock;
  }

  /** Folders that have not answered. */
  get unanswered(): readonly string[] {
    return [...this.#hanging];
  }

  /** What `look` gives, or null when the folder does not answer; `look` may go on after that. */
  at<T>(folder: string, look: () => Promise<T>): Promise<T | null> {
    return this.#inTurn(folder, look, MANY_HANGING);
  }

  /** What `look` gives. Rejects CLIENT_FOLDER_SILENT when the folder does not answer, for those who cannot do without. */
  async inTime<T>(folder: string, look: () => Promise<T>): Promise<T> {
    const seen = await this.#inTurn(folder, async () => ({ value: await look() }), MOST_HANGING);
    if (seen === null) throw clientError('CLIENT_FOLDER_SILENT', `no answer comes from ${JSON.stringify(folder)}`);
    return seen.value;
  }

  #inTurn<T>(folder: string, look: () => Promise<T>, mostUnknown: number): Promise<T | null> {
    const turn = this.#turn.then(() => this.#at(folder, look, mostUnknown));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #at<T>(folder: string, look: () => Promise<T>, mostUnknown: number): Promise<T | null> {
    if (this.#isAway(folder, mostUnknown)) return null;
    const late = Promise.withResolvers<null>();
    using _patience = this.#clock.after(PATIENCE, () => {
      this.#hanging.add(folder);
      late.resolve(null);
    });
    const looking = this.#look(folder, look).finally(() => this.#hanging.delete(folder));
    return await Promise.race([looking, late.promise]);
  }

  async #look<T>(folder: string, look: () => Promise<T>): Promise<T> {
    this.#devices.set(folder, await this.#disk.device(folder));
    const [oldest] = this.#devices.keys();
    if (this.#devices.size > MOST_KNOWN && oldest !== undefined) this.#devices.delete(oldest);
    return await look();
  }

  /** `mostUnknown`: with so many hanging, a folder that has never answered is passed over. */
  #isAway(folder: string, mostUnknown: number): boolean {
    const device = this.#devices.get(folder) ?? null;
    const most = device === null ? mostUnknown : MOST_HANGING;
    if (this.#hanging.has(folder) || this.#hanging.size >= most) return true;
    return device !== null && [...this.#hanging].some((other) => this.#devices.get(other) === device);
  }
}
