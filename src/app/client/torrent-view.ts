/** What can be seen of a torrent of the client, for lists and details. Times are unix seconds, sizes bytes, rates bytes per second. */
import type { ByteCount, BytesPerSecond, UnixSeconds } from '../../base/units.ts';
import type { TorrentSettings } from './torrent-settings.ts';

/**
 * `stopped`: by the user, or because a goal is reached. `queued`: it would run, but others have their turn (download
 * or seed by `left`). `checking`, `fetching-metadata`, `downloading`, `seeding`: as the engine says. `moving`: its files
 * are on their way to another folder. `failed`: see `problem`.
 */
export const viewStates = [
  'stopped',
  'queued',
  'waiting-to-check',
  'checking',
  'fetching-metadata',
  'downloading',
  'seeding',
  'moving',
  'failed',
] as const;
export type ViewState = (typeof viewStates)[number];

/** What stands in the way, in the words of an error: its stable code, and what to do. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  /** The client looks again by itself when the cause may be gone. */
  readonly healsItself: boolean;
}

export interface TorrentView {
  /** Positive, the same for as long as the torrent is in the client, never given again. */
  readonly id: number;
  /** 40 hexadecimal digits: the v1 info hash, or the first 20 bytes of the v2 one. How APIs name it. */
  readonly hash: string;
  /** 40 digits; null when there is none. */
  readonly hashV1: string | null;
  /** 64 digits; null when there is none. */
  readonly hashV2: string | null;
  readonly name: string;
  readonly state: ViewState;
  readonly problem: Problem | null;
  /** Warning of a tracker, which it names, or the like; null: all is well. */
  readonly warning: string | null;
  /** Why its files are not where they were to be moved; null: nothing of the kind. */
  readonly moveProblem: Omit<Problem, 'healsItself'> | null;
  /** Nothing has come, or gone, for a minute though it is downloading or seeding. */
  readonly isStalled: boolean;
  /** It was stopped because its seeding is over, and not by the user. */
  readonly isSeedingOver: boolean;
  readonly isSealed: boolean;
  readonly isPrivate: boolean;
  /** False while the info dictionary of a magnet link is not there: sizes are 0 then. */
  readonly hasMetadata: boolean;
  readonly settings: TorrentSettings;
  /** 0 is the first in the queue. */
  readonly queuePosition: number;

  readonly savePath: string;
  /** The file, or the folder, of the torrent within `savePath`. */
  readonly contentPath: string;
  /** All files without pads. */
  readonly totalSize: ByteCount;
  readonly wantedSize: ByteCount;
  /** Verified bytes of wanted files. */
  readonly wantedDone: ByteCount;
  /** Verified bytes of all files. */
  readonly done: ByteCount;
  /** 0 … 1 of the check that runs, else 1. */
  readonly checked: number;
  /** 0 … 1 of the move that runs, by bytes, else 1. */
  readonly moved: number;
  readonly pieceCount: number;
  readonly pieceLength: ByteCount;
  readonly piecesHave: number;
  readonly fileCount: number;
  readonly comment: string;
  readonly creator: string;
  readonly createdAt: UnixSeconds | null;

  readonly downloadRate: BytesPerSecond;
  readonly uploadRate: BytesPerSecond;
  /** Payload of all runs. */
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  /** Of this run. */
  readonly downloadedInRun: ByteCount;
  readonly uploadedInRun: ByteCount;
  /** Received and thrown away, in all runs. */
  readonly wasted: ByteCount;
  /** `uploaded` by what was downloaded, or by the size where nothing was; 0 when nothing was sent. */
  readonly ratio: number;
  /** Seconds until the wanted data is complete, or seeding is over; null: unknown. */
  readonly eta: number | null;
  readonly secondsDownloading: number;
  readonly secondsSeeding: number;
  readonly addedAt: UnixSeconds;
  readonly startedAt: UnixSeconds | null;
  readonly completedAt: UnixSeconds | null;
  /** When payload was last received or sent. */
  readonly activeAt: UnixSeconds | null;

  readonly peersConnected: number;
  /** Peers that send to us, and that we send to. */
  readonly peersSending: number;
  readonly peersReceiving: number;
  readonly seedsConnected: number;
  readonly peersKnown: number;
  /** By what the trackers say; null: unknown. */
  readonly swarmSeeds: number | null;
  readonly swarmLeechers: number | null;
  /** Copies of the wanted data in sight. */
  readonly availability: number;
  /** The tracker that answered last, or the first one; empty: none. */
  readonly tracker: string;
  readonly trackerCount: number;
}

export interface FileView {
  readonly index: number;
  /** Below the save path, with slashes. */
  readonly path: string;
  readonly size: ByteCount;
  readonly done: ByteCount;
  /** 0 = not wanted, 1 … 7; 4 = normal. */
  readonly priority: number;
  /** First and last piece with bytes of it. */
  readonly firstPiece: number;
  readonly lastPiece: number;
  /** Copies in sight of its rarest piece; -1 unknown. */
  readonly availability: number;
}

export interface PeerView {
  /** IP address and port. */
  readonly host: string;
  readonly port: number;
  readonly client: string;
  /** Its 20-byte peer id as hexadecimal digits. */
  readonly peerId: string;
  readonly isIncoming: boolean;
  readonly protection: string | null;
  /** 0 … 1. */
  readonly progress: number;
  readonly downloadRate: BytesPerSecond;
  readonly uploadRate: BytesPerSecond;
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  readonly amChoking: boolean;
  readonly amInterested: boolean;
  readonly peerChoking: boolean;
  readonly peerInterested: boolean;
  readonly pendingBlocks: number;
  /** Letters that clients use: D d U u K ? O S I H X L E e P F. */
  readonly flags: string;
  /** Where we have it from: tracker, dht, pex, lsd, incoming, user. */
  readonly source: string;
}

export interface TrackerView {
  /** Stable within the torrent. */
  readonly id: number;
  readonly url: string;
  /** 0 is the first. */
  readonly tier: number;
  readonly state: 'idle' | 'working' | 'ok' | 'failed';
  /** Warning or error of the last answer. */
  readonly message: string | null;
  readonly seeders: number | null;
  readonly leechers: number | null;
  /** Finished downloads (scrape); null: unknown. */
  readonly downloads: number | null;
  readonly peersReceived: number;
  /** Null: never, or none planned. */
  readonly lastAnnounceAt: UnixSeconds | null;
  readonly nextAnnounceAt: UnixSeconds | null;
}
