/**
 * What every BitTorrent client looks like to the interop tests.
 * One object is one running client with one torrent, as seeder or as downloader.
 */

/** Where a client lives: a folder for its own files, and the address it listens on. */
export interface Place {
  readonly dir: string;
  readonly ip: string;
  readonly port: number;
}

/** What a real client is told about encryption (MSE): nothing else, or none. Left out: its own default, which takes both. */
export type Encryption = 'required' | 'plaintext' | undefined;

/** A client under test, ours or a real one. Every call rejects, with the tail of the client's log, when it ends or takes too long. */
export interface Client {
  readonly name: string;
  /** Starts the client; resolves once it can be told what to do. */
  start(place: Place): Promise<void>;
  /** Serves a torrent whose content is below `contentDir`; resolves once all of it is checked and served. */
  seed(torrentFile: string, contentDir: string): Promise<void>;
  /**
   * Begins to download a torrent file or a magnet link into `dir`. `peers` are "ip:port" strings;
   * a client that cannot be told a peer finds them through the torrent's tracker.
   */
  download(target: string, dir: string, peers: readonly string[]): Promise<void>;
  /** Resolves once everything is downloaded and verified. `timeout` in milliseconds. */
  waitComplete(timeout: number): Promise<void>;
  stop(): Promise<void>;
}
