/** Free space of folders, looked at now and then: nobody who asks has to wait for a disk. */
import type { ByteCount } from '../../../base/units.ts';
import { spaceAt } from './browse.ts';

export class FreeSpace {
  #free = new Map<string, ByteCount>();

  /** As it was at the last look; null: unknown. */
  at(folder: string): ByteCount | null {
    return this.#free.get(folder) ?? null;
  }

  async look(folders: Iterable<string>): Promise<void> {
    const found = new Map<string, ByteCount>();
    for (const folder of new Set(folders)) {
      const space = await spaceAt(folder).catch(() => null);
      if (space !== null) found.set(folder, space.free);
    }
    this.#free = found;
  }
}
