/** What is seen of a torrent, put together from what is durable of it, what the engine says, and what the library does. */
import { join } from 'node:path';
import { toHex } from '../../../base/bytes.ts';
import type { Metainfo } from '../../../codec/metainfo/index.ts';
import type { TorrentCounters } from '../../../db/index.ts';
import type { EngineState, EngineStatus, EngineTracker } from '../engine-port.ts';
import type { Problem, TorrentView, ViewState } from '../torrent-view.ts';
import type { TorrentRecord } from './torrent-record.ts';

export interface StateFacts {
  readonly record: Pick<TorrentRecord, 'wanted'>;
  readonly problem: Problem | null;
  readonly isMoving: boolean;
}

export interface TorrentFacts extends StateFacts {
  readonly id: number;
  readonly record: TorrentRecord;
  /** Of all runs, this one included. */
  readonly counters: TorrentCounters;
  readonly metainfo: Metainfo | null;
  /** Null: the engine does not have the torrent. */
  readonly status: EngineStatus | null;
  readonly trackers: readonly EngineTracker[];
  readonly warning: string | null;
  readonly moveProblem: TorrentView['moveProblem'];
  /** 0 … 1 of the move that runs. */
  readonly moved: number;
  readonly isStalled: boolean;
  /** 0 is the first. */
  readonly place: number;
  /** Seconds until seeding is over; null: unknown. */
  readonly secondsToGoal: number | null;
}

/** `state`: that of the engine; null: it does not have the torrent. */
export function viewStateOf({ record, problem, isMoving }: StateFacts, state: EngineState | null): ViewState {
  if (isMoving) return 'moving';
  if (problem !== null) return 'failed';
  switch (state?.kind) {
    case 'checking':
      return state.total === 0 ? 'waiting-to-check' : 'checking';
    case 'fetching-metadata':
    case 'downloading':
    case 'seeding':
      return state.kind;
    case 'failed':
      return 'failed';
    default:
      return record.wanted === 'running' ? 'queued' : 'stopped';
  }
}

export function torrentViewOf(facts: TorrentFacts): TorrentView {
  const { id, record, counters, metainfo, status, trackers } = facts;
  const info = metainfo?.info ?? null;
  const state = viewStateOf(facts, status?.state ?? null);
  const { v1, v2 } = record.infoHashes;
  const totalSize = info?.totalSize ?? 0;
  const ratioBase = counters.downloaded > 0 ? counters.downloaded : totalSize;
  const told = trackers.filter((tracker) => tracker.state === 'ok' || tracker.seeders !== null);
  const [top] = info?.files[0]?.path ?? [];
  // Spread into the literal below it would make that ten times slower.
  const { wantedSize, wantedDone, done } = progressOf(facts);
  return {
    id,
    hash: record.hash,
    hashV1: v1 && toHex(v1),
    hashV2: v2 && toHex(v2),
    name: record.name,
    state,
    problem: facts.problem,
    warning: facts.warning,
    moveProblem: facts.moveProblem,
    isStalled: facts.isStalled && (state === 'downloading' || state === 'seeding'),
    isSeedingOver: state === 'stopped' && record.goal === 'reached',
    isSealed: (info?.seal ?? null) !== null,
    isPrivate: info?.isPrivate === true,
    hasMetadata: info !== null,
    settings: record.settings,
    queuePosition: facts.place,
    savePath: record.savePath,
    contentPath: join(record.directory, renamedTop(record, top) ?? record.name),
    totalSize,
    wantedSize,
    wantedDone,
    done,
    checked: status?.checked ?? 1,
    moved: facts.isMoving ? facts.moved : 1,
    pieceCount: info?.pieceCount ?? 0,
    pieceLength: info?.pieceLength ?? 0,
    piecesHave: status?.piecesHave ?? 0,
    fileCount: info?.files.filter((file) => !file.isPad).length ?? 0,
    comment: metainfo?.comment ?? '',
    creator: metainfo?.createdBy ?? '',
    createdAt: metainfo?.creationDate ?? null,
    downloadRate: status?.downloadRate ?? 0,
    uploadRate: status?.uploadRate ?? 0,
    downloaded: counters.downloaded,
    uploaded: counters.uploaded,
    downloadedInRun: status?.downloaded ?? 0,
    uploadedInRun: status?.uploaded ?? 0,
    wasted: counters.wasted,
    ratio: ratioBase > 0 ? counters.uploaded / ratioBase : 0,
    eta: state === 'seeding' ? facts.secondsToGoal : (status?.etaSeconds ?? null),
    secondsDownloading: counters.secondsDownloading,
    secondsSeeding: counters.secondsSeeding,
    addedAt: record.addedAt,
    startedAt: record.startedAt,
    completedAt: record.completedAt,
    activeAt: counters.activeAt,
    peersConnected: status?.peersConnected ?? 0,
    peersSending: status?.peersSending ?? 0,
    peersReceiving: status?.peersReceiving ?? 0,
    seedsConnected: status?.seedsConnected ?? 0,
    peersKnown: status?.peersKnown ?? 0,
    swarmSeeds: mostOf(told.map((tracker) => tracker.seeders)),
    swarmLeechers: mostOf(told.map((tracker) => tracker.leechers)),
    availability: status?.availability ?? 0,
    tracker: (newestAnswer(trackers) ?? trackers[0])?.url ?? '',
    trackerCount: trackers.length,
  };
}

/**
 * What is there of the wanted files. While the engine has not opened the data (yet, or because it cannot) it is what was
 * known last: nothing of a download must not look like all of nothing, which would be complete.
 */
function progressOf({
  record,
  metainfo,
  status,
}: TorrentFacts): Pick<TorrentView, 'wantedSize' | 'wantedDone' | 'done'> {
  if (status !== null && status.piecesTotal > 0) {
    const { wantedSize, wantedDone, done } = status;
    return { wantedSize, wantedDone, done };
  }
  const { select, priorities } = record.choices;
  const selected = select && new Set(select);
  const isWanted = (index: number): boolean => selected?.has(index) !== false && priorities.get(index) !== 0;
  const files = (metainfo?.info.files ?? []).filter(({ isPad }, index) => !isPad && isWanted(index));
  const wantedSize = files.reduce((sum, { length }) => sum + length, 0);
  const done = record.completedAt === null ? 0 : wantedSize;
  return { wantedSize, wantedDone: done, done };
}

/** The torrent's file or folder, as it is called now. */
function renamedTop({ choices }: TorrentRecord, top: string | undefined): string | undefined {
  const [renamed] = choices.paths.values();
  return renamed?.[0] ?? top;
}

const mostOf = (counts: readonly (number | null)[]): number | null =>
  counts.reduce((most, count) => (count === null ? most : Math.max(most ?? 0, count)), null);

/** The tracker that a view names. */
export function newestAnswer(trackers: readonly EngineTracker[]): EngineTracker | null {
  const answered = trackers.filter((tracker) => tracker.state === 'ok');
  return answered.reduce<EngineTracker | null>(
    (newest, tracker) => ((tracker.lastAt ?? 0) > (newest?.lastAt ?? -1) ? tracker : newest),
    null,
  );
}
