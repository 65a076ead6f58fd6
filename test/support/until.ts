/** Test support: waits until something is so; gives up when it does not come. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Looks, a millisecond apart, that are enough for whatever a test waits for. */
const MOST_LOOKS = 60_000;

export async function until(isSo: () => boolean): Promise<void> {
  for (let looks = 0; !isSo(); looks++) {
    if (looks === MOST_LOOKS) throw new Error(`it did not come about: ${isSo.toString()}`);
    await sleep(1);
  }
}
