/** What Sonarr and Radarr take a download client for, whichever it is (NzbDrone.Core/Download). */

export interface ArrSettings {
  readonly username?: string;
  readonly password?: string;
  readonly category: string;
  /** Of what was imported. */
  readonly importedCategory?: string;
  /** New torrents go to the head of the queue. */
  readonly isFirst?: boolean;
}

export interface ArrItem {
  readonly downloadId: string;
  readonly title: string;
  readonly category: string;
  readonly status: 'Warning' | 'Paused' | 'Queued' | 'Completed' | 'Downloading';
  readonly outputPath: string | null;
  readonly remainingSize: number;
  /** Seconds; null: unknown. */
  readonly remainingTime: number | null;
  /** It has seeded enough. */
  readonly canBeRemoved: boolean;
}

/** When seeding is enough; what is absent is left to the download client. */
export interface SeedConfiguration {
  readonly ratio?: number;
  readonly minutes?: number;
}

export class AuthenticationFailure extends Error {}

/** Hashes are in capitals, as these programs have them. */
export interface ArrDownloadClient {
  /** The button "Test", which has to find nothing wrong. Rejects AuthenticationFailure. */
  test(): Promise<void>;
  /** Sends a torrent file, or a link. */
  download(source: Uint8Array | string, hash: string, seeding?: SeedConfiguration): Promise<void>;
  items(): Promise<readonly ArrItem[]>;
  /** The folder in which the program expects what is complete. */
  outputFolder(): Promise<string>;
  markAsImported(hash: string): Promise<void>;
  remove(hash: string, deletesData: boolean): Promise<void>;
}
