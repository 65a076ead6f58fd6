/**
 * Torrents that failed by a fault of the disk are tried again when its cause may be gone. That is looked for by what
 * costs little (is there space, is the folder there, may it be written), and where nothing can be seen, now and then.
 */
import type { ByteCount, Millis } from '../../../base/units.ts';
import { type Cause, causeOf } from './curable.ts';
import type { DiskProbe } from './disk-probe.ts';
import type { FolderLooks } from './folder-looks.ts';

/** A torrent that has failed. */
export interface Patient {
  readonly id: number;
  readonly code: string;
  /** Folder of its data. */
  readonly directory: string;
  /** Its file or folder there. */
  readonly contentPath: string;
  /** Wanted bytes that have not come. */
  readonly missing: ByteCount;
  retry(): void;
}

/** A disk with so much free counts as not full, or with what is missing, bytes. */
const ENOUGH: ByteCount = 64 * 1024 * 1024;
/** After a cure that was none the next one waits, longer each time, ms. */
const FIRST_WAIT: Millis = 20_000;
const LONGEST_WAIT: Millis = 600_000;

interface History {
  readonly code: string;
  attempts: number;
  notBefore: Millis;
  /** What was found the last time: when that turns, there is no reason to wait. */
  wasClear: boolean;
  /** Of the folder at the first look; undefined: not looked at yet. */
  device: number | null | undefined;
}

export class Healer {
  readonly #disk: DiskProbe;
  readonly #looks: Pick<FolderLooks, 'at'>;
  readonly #histories = new Map<number, History>();

  constructor(disk: DiskProbe, looks: Pick<FolderLooks, 'at'>) {
    this.#disk = disk;
    this.#looks = looks;
  }

  /** About every ten seconds, with all that have failed and whose failure may pass. */
  async look(patients: readonly Patient[], now: Millis): Promise<void> {
    const ill = new Set(patients.map(({ id }) => id));
    for (const id of this.#histories.keys()) if (!ill.has(id)) this.#histories.delete(id);
    for (const patient of patients) await this.#looks.at(patient.directory, () => this.#examine(patient, now));
  }

  async #examine(patient: Patient, now: Millis): Promise<void> {
    const { id, code } = patient;
    const cause = causeOf(code);
    if (cause === null) return;
    const known = this.#histories.get(id);
    const history =
      known?.code === code ? known : { code, attempts: 0, notBefore: now, wasClear: true, device: undefined };
    this.#histories.set(id, history);
    const isClear = await this.#isClear(cause, patient, history);
    const hasTurned = isClear && !history.wasClear;
    history.wasClear = isClear;
    if (!isClear || (now < history.notBefore && !hasTurned)) return;
    history.notBefore = now + Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** history.attempts++);
    patient.retry();
  }

  async #isClear(cause: Cause, patient: Patient, history: History): Promise<boolean> {
    const { directory, contentPath, missing } = patient;
    switch (cause) {
      case 'space': {
        const free = await this.#disk.free(directory);
        return free === null || free >= Math.min(ENOUGH, Math.max(1, missing));
      }
      case 'missing':
        return (await this.#disk.device(contentPath)) !== null || this.#isDriveBack(directory, history);
      case 'access':
        return this.#disk.isWritable(directory);
      case 'unseen':
        return true;
    }
  }

  /** Of a torrent that had nothing yet it is seen by the folder alone: it lies elsewhere than when its drive was missed. */
  async #isDriveBack(directory: string, history: History): Promise<boolean> {
    const device = await this.#disk.device(directory);
    if (history.device === undefined) history.device = device;
    return device !== null && device !== history.device;
  }
}
