/** What the client knows besides its torrents, for those who ask why one of them is slow. */
import type { BytesPerSecond, Millis } from '../../../base/units.ts';

interface Rates {
  readonly download: BytesPerSecond;
  readonly upload: BytesPerSecond;
}

export interface Surroundings {
  /** Limits that count at present; 0 = none. */
  readonly limits: Rates;
  readonly isAlternative: boolean;
  /** Of all torrents. */
  readonly rates: Rates;
  /** What keeps everything from being sent and received; null: nothing. */
  readonly networkProblem: { readonly code: string; readonly message: string } | null;
  /** Somebody has connected to us since the start. */
  readonly hasIncoming: boolean;
  /** How long it took lately until a piece was hashed and written, ms; null: none was. */
  readonly diskDelay: Millis | null;
}
