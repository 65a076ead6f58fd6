/** States of torrents in the words of qBittorrent 5, and the filters over them. */
import type { TorrentView } from '../../client/index.ts';

export type TorrentState =
  | 'error'
  | 'missingFiles'
  | 'uploading'
  | 'stoppedUP'
  | 'queuedUP'
  | 'stalledUP'
  | 'checkingUP'
  | 'forcedUP'
  | 'downloading'
  | 'metaDL'
  | 'forcedMetaDL'
  | 'stoppedDL'
  | 'queuedDL'
  | 'stalledDL'
  | 'checkingDL'
  | 'forcedDL'
  | 'checkingResumeData'
  | 'moving';

/** All that is wanted is there. */
export const isDone = ({ hasMetadata, wantedDone, wantedSize }: TorrentView): boolean =>
  hasMetadata && wantedDone >= wantedSize;

const side = (view: TorrentView): 'UP' | 'DL' => (isDone(view) ? 'UP' : 'DL');

export function stateOf(view: TorrentView): TorrentState {
  const { settings, isStalled } = view;
  switch (view.state) {
    case 'moving':
      return 'moving';
    case 'failed':
      return view.problem?.code === 'STORAGE_MISSING' ? 'missingFiles' : 'error';
    case 'waiting-to-check':
      return 'checkingResumeData';
    case 'checking':
      // What was complete is checked as such, until it is found not to be.
      return view.completedAt !== null ? 'checkingUP' : 'checkingDL';
    case 'stopped':
      return `stopped${side(view)}`;
    case 'queued':
      return `queued${side(view)}`;
    case 'fetching-metadata':
      return settings.isForced ? 'forcedMetaDL' : 'metaDL';
    case 'downloading':
      return settings.isForced ? 'forcedDL' : isStalled ? 'stalledDL' : 'downloading';
    case 'seeding':
      return settings.isForced ? 'forcedUP' : view.uploadRate > 0 ? 'uploading' : 'stalledUP';
  }
}

const isActive = (state: TorrentState, { uploadRate }: TorrentView): boolean =>
  state === 'stalledDL' ? uploadRate > 0 : /^(?:downloading|uploading|moving|metaDL|forced\w+)$/.test(state);

type Filter = (state: TorrentState, view: TorrentView) => boolean;

const isStopped: Filter = (_, { state }) => state === 'stopped';

/** Of `torrents/info`; the names of version 4 mean the same. */
const filters: Readonly<Record<string, Filter>> = {
  downloading: (state) => state === 'downloading' || state.endsWith('DL'),
  seeding: (state) => state === 'uploading' || /^(?:stalled|checking|queued|forced)UP$/.test(state),
  completed: (state) => state === 'uploading' || state.endsWith('UP'),
  stopped: isStopped,
  paused: isStopped,
  running: (state, view) => !isStopped(state, view),
  resumed: (state, view) => !isStopped(state, view),
  active: isActive,
  inactive: (state, view) => !isActive(state, view),
  stalled: (state) => state.startsWith('stalled'),
  stalled_uploading: (state) => state === 'stalledUP',
  stalled_downloading: (state) => state === 'stalledDL',
  checking: (state) => state.startsWith('checking'),
  moving: (state) => state === 'moving',
  errored: (state) => state === 'error' || state === 'missingFiles',
};

/** Whether a filter lets a torrent through; one that is not known lets all, as the original does. */
export function passesFilter(name: string, view: TorrentView): boolean {
  return !Object.hasOwn(filters, name) || (filters[name] as Filter)(stateOf(view), view);
}
