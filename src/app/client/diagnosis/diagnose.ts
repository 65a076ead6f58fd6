/** Why a torrent is slow, or stands still: findings from what is seen of it. Pure. */
import { scrubSecrets } from '../../../base/scrub-secrets.ts';
import { formatBytes, formatRate } from '../../../base/size.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../../base/units.ts';
import type { ClientConfig } from '../../config/index.ts';
import type { Diagnosis, Finding } from '../diagnosis.ts';
import type { FileView, PeerView, TorrentView, TrackerView } from '../torrent-view.ts';
import type { PieceMap } from '../torrents.ts';
import { missingPieces } from './missing-pieces.ts';
import { type FindingCode, findingTexts } from './finding-texts.ts';
import { countText } from './words.ts';

export interface DiagnosisFacts {
  readonly view: TorrentView;
  readonly files: readonly FileView[];
  readonly peers: readonly PeerView[];
  readonly trackers: readonly TrackerView[];
  readonly pieces: PieceMap | null;
  readonly queue: ClientConfig['queue'];
  /** Of the client, those that count at present; 0 = none. */
  readonly limits: { readonly download: BytesPerSecond; readonly upload: BytesPerSecond };
  readonly isAlternative: boolean;
  /** Of all torrents. */
  readonly rates: { readonly download: BytesPerSecond; readonly upload: BytesPerSecond };
  /** Somebody has connected to us since the start. */
  readonly hasIncoming: boolean;
  /** What keeps everything from being sent and received; null: nothing. */
  readonly networkProblem: { readonly code: string; readonly message: string } | null;
  /** How long it took lately until a piece was hashed and written, ms; null: none was. */
  readonly diskDelay: Millis | null;
  /** On the disk of the torrent; null: unknown. */
  readonly freeSpace: ByteCount | null;
  /** Its seeding was over. */
  readonly isGoalReached: boolean;
}

/** Of a limit, this part counts as reached: 64 KiB at a time make a measured 50 KiB/s go from 39 to 60. */
const REACHED = 0.75;
/** A piece that takes longer than this waits for the disk, ms: 16 MiB on a slow one take 200. */
const LONG_DELAY: Millis = 1_000;

type Rule = (facts: DiagnosisFacts) => Finding | null;

function finding(code: FindingCode, message: string, facts: Finding['facts'] = {}): Finding {
  const { weight, advice } = findingTexts[code];
  return { code, weight, message, advice, facts };
}

/** Codes of failures that have a finding of their own. */
const failures: Readonly<Record<string, FindingCode>> = {
  STORAGE_NO_SPACE: 'disk-full',
  STORAGE_MISSING: 'data-missing',
  STORAGE_READ_FAILED: 'data-missing',
  STORAGE_ACCESS_DENIED: 'no-permission',
  STORAGE_READ_ONLY: 'no-permission',
  CLIENT_METAINFO_LOST: 'torrent-file-lost',
};

/** What keeps it from running at all. */
const resting: Rule = ({ view, queue, isGoalReached }) => {
  const { state, problem, queuePosition } = view;
  if (problem !== null) {
    const { code, message, healsItself } = problem;
    return finding(failures[code] ?? 'failed', message, { code, healsItself });
  }
  const percent = (share: number): number => Math.floor(share * 100);
  switch (state) {
    case 'stopped':
      return isGoalReached
        ? finding('goal-reached', `seeding is over: ${seedingOf(view)}, and that was its goal`, { ratio: view.ratio })
        : finding('stopped', 'it was stopped');
    case 'queued': {
      const most = view.hasMetadata && view.wantedDone >= view.wantedSize ? queue.seeds : queue.downloads;
      const message = `it waits at place ${queuePosition + 1} of the queue; ${most ?? 'all'} may run at the same time`;
      return finding('queued', message, { position: queuePosition, most });
    }
    case 'moving':
      return finding('moving', `its files are being moved to ${view.savePath}: ${percent(view.moved)} % are done`, {
        done: view.moved,
      });
    case 'checking':
      return finding('checking', `its data is being checked: ${percent(view.checked)} % are done`, {
        done: view.checked,
      });
    case 'waiting-to-check':
      return finding('waiting-to-check', 'its data will be checked when others are through');
    default:
      return null;
  }
};

const moveFailed: Rule = ({ view: { moveProblem, state } }) =>
  moveProblem === null || state === 'moving'
    ? null
    : finding('move-failed', `its files ${moveProblem.message}`, { code: moveProblem.code });

const seedingOf = ({ ratio, secondsSeeding }: TorrentView): string =>
  `it has a ratio of ${ratio.toFixed(2)} and has seeded for ${countText(Math.floor(secondsSeeding / 60), 'minute')}`;

const networkAway: Rule = ({ networkProblem }) =>
  networkProblem && finding('network-away', networkProblem.message, { code: networkProblem.code });

const nothingWanted: Rule = ({ view }) =>
  view.hasMetadata && view.wantedSize === 0 && view.totalSize > 0
    ? finding('nothing-wanted', 'none of its files is wanted', { files: view.fileCount })
    : null;

const noMetadata: Rule = ({ view }) =>
  view.hasMetadata ? null : finding('no-metadata', 'the metadata of the magnet link has not come yet');

const trackersFail: Rule = ({ trackers, view, peers }) => {
  if (trackers.length === 0) {
    return view.peersKnown > 0 || peers.length > 0 ? null : finding('no-trackers', 'it has no tracker');
  }
  const failed = trackers.filter(({ state }) => state === 'failed');
  const [first] = failed;
  if (first === undefined) return null;
  // People show a diagnosis to others.
  const reasons = failed.map(({ url, message }) => scrubSecrets(`${url}: ${message ?? 'no answer'}`)).join('; ');
  const next = failed.reduce<number | null>((least, { nextAnnounceAt: at }) => earlier(least, at), null);
  const facts = { failed: failed.length, trackers: trackers.length, nextAt: next };
  const isAll = failed.length === trackers.length;
  const words = isAll ? 'no tracker answers' : `${failed.length} of ${trackers.length} trackers fail`;
  return finding(isAll ? 'trackers-failed' : 'tracker-failed', `${words} (${reasons})`, facts);
};

const noPeers: Rule = ({ view, peers }) => {
  if (peers.length > 0) return null;
  if (view.peersKnown === 0) return finding('no-peers-known', 'no peer is known');
  const message = `of ${countText(view.peersKnown, 'known peer')} none is connected`;
  return finding('no-peers-connected', message, { known: view.peersKnown });
};

/** Of a download. */
const nobodyHas: Rule = ({ view, pieces, files, peers }) => {
  if (pieces === null || peers.length === 0 || !view.hasMetadata) return null;
  const { missing, unseen, firstUnseen } = missingPieces(pieces, files);
  if (unseen === 0) return null;
  const facts = { missing, unseen, first: firstUnseen };
  if (unseen === missing && peers.every(({ amInterested }) => !amInterested)) {
    const message = `none of ${countText(peers.length, 'connected peer')} has anything that is missing`;
    return finding('peers-have-nothing', message, facts);
  }
  const names = unseen === 1 ? `piece ${firstUnseen}` : `${unseen} pieces, the first of them ${firstUnseen}`;
  return finding('nobody-has', `no connected peer has ${names}`, facts);
};

const allChoked: Rule = ({ peers }) => {
  const interesting = peers.filter(({ amInterested }) => amInterested);
  if (interesting.length === 0 || interesting.some(({ peerChoking }) => !peerChoking)) return null;
  const words = `of ${countText(interesting.length, 'peer')} with what is missing none unchokes us`;
  return finding('all-choked', words, { peers: interesting.length });
};

const isReached = (rate: BytesPerSecond, limit: BytesPerSecond): boolean => limit > 0 && rate >= REACHED * limit;

const limited: Rule = ({ view, limits, isAlternative, rates }) => {
  const way = view.state === 'seeding' ? 'upload' : 'download';
  const [rate, own] =
    way === 'upload' ? [view.uploadRate, view.settings.uploadLimit] : [view.downloadRate, view.settings.downloadLimit];
  if (isReached(rate, own)) {
    return finding('own-limit', `its ${way} is limited to ${formatRate(own)}`, { limit: own, rate });
  }
  const limit = limits[way];
  if (!view.settings.obeysGlobalLimits || !isReached(rates[way], limit)) return null;
  const code = isAlternative ? 'alternative-limit' : 'client-limit';
  return finding(code, `the ${way} of all torrents is limited to ${formatRate(limit)}`, { limit, rate: rates[way] });
};

const slowDisk: Rule = ({ diskDelay }) =>
  diskDelay !== null && diskDelay > LONG_DELAY
    ? finding('disk-slow', `a piece takes ${(diskDelay / 1000).toFixed(1)} s to be written`, { delay: diskDelay })
    : null;

const lowDisk: Rule = ({ view, freeSpace }) => {
  const missing = view.wantedSize - view.wantedDone;
  if (freeSpace === null || missing <= freeSpace) return null;
  const words = `${formatBytes(missing)} are missing, ${formatBytes(freeSpace)} are free on the disk`;
  return finding('disk-low', words, { missing, free: freeSpace });
};

const unreachable: Rule = ({ hasIncoming }) =>
  hasIncoming ? null : finding('not-reachable', 'nobody has connected to us since the start');

const nobodyWants: Rule = ({ peers }) => {
  if (peers.some(({ peerInterested }) => peerInterested)) return null;
  if (peers.length === 0) return finding('nobody-wants', 'no peer is connected');
  return finding('nobody-wants', `none of ${countText(peers.length, 'connected peer')} wants anything`);
};

const downloading: readonly Rule[] = [
  networkAway,
  nothingWanted,
  noPeers,
  noMetadata,
  nobodyHas,
  allChoked,
  limited,
  trackersFail,
  slowDisk,
  lowDisk,
  unreachable,
];
const seeding: readonly Rule[] = [networkAway, limited, trackersFail, nobodyWants, unreachable];

const weights: readonly Finding['weight'][] = ['blocks', 'slows', 'note'];

export function diagnose(facts: DiagnosisFacts): Diagnosis {
  const { view } = facts;
  const rest = resting(facts);
  const rules = view.state === 'seeding' ? seeding : downloading;
  const causes = rest === null ? rules.map((rule) => rule(facts)) : [rest];
  const found = [...causes, moveFailed(facts)].filter((one) => one !== null);
  // What moves is not blocked, whatever else is true.
  const isMoving = view.downloadRate > 0 || view.uploadRate > 0;
  const findings = found
    .map((one): Finding => (isMoving && rest === null && one.weight === 'blocks' ? { ...one, weight: 'slows' } : one))
    .toSorted((a, b) => weights.indexOf(a.weight) - weights.indexOf(b.weight));
  return { summary: summaryOf(view, findings), findings };
}

function summaryOf(
  { state, downloadRate, uploadRate, peersConnected }: TorrentView,
  findings: readonly Finding[],
): string {
  const [first] = findings;
  if (first?.weight === 'blocks') return `Nothing moves: ${first.message}.`;
  const why = first?.weight === 'slows' ? `; ${first.message}` : '';
  const peers = `with ${countText(peersConnected, 'peer')}`;
  if (state === 'seeding') return `It seeds at ${formatRate(uploadRate)} ${peers}${why}.`;
  return `It downloads at ${formatRate(downloadRate)} ${peers}${why}.`;
}

const earlier = (a: number | null, b: number | null): number | null => {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
};
