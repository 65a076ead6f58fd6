/** Figures of the daemon's torrents in words, the same in all lists. What is not known is a dash. */
import type { TorrentView } from '../../app/client/index.ts';
import type { BytesPerSecond } from '../../base/units.ts';
import { formatBytes, formatDuration, formatPercent } from './format.ts';

export const NOTHING = '-';

/** How a word is coloured. */
export type Tone = 'good' | 'plain' | 'quiet' | 'caution' | 'bad';

type StateField = 'state' | 'isStalled' | 'moveProblem';

/** In a few letters what a torrent is doing. */
export function stateWord(torrent: Pick<TorrentView, StateField | 'checked' | 'moved'>): string {
  switch (torrent.state) {
    case 'checking':
      return `check ${Math.floor(torrent.checked * 100)} %`;
    case 'moving':
      return `move ${Math.floor(torrent.moved * 100)} %`;
    case 'waiting-to-check':
      return 'to check';
    case 'fetching-metadata':
      return 'metadata';
    case 'downloading':
      return torrent.isStalled ? 'stalled' : 'downloading';
    case 'failed':
      return torrent.state;
    default:
      return torrent.moveProblem === null ? torrent.state : 'move failed';
  }
}

export function stateTone({ state, isStalled, moveProblem }: Pick<TorrentView, StateField>): Tone {
  if (moveProblem !== null && state !== 'failed' && state !== 'moving') return 'caution';
  switch (state) {
    case 'failed':
      return 'bad';
    case 'stopped':
    case 'queued':
      return 'quiet';
    case 'downloading':
      return isStalled ? 'caution' : 'good';
    case 'seeding':
      return isStalled ? 'plain' : 'good';
    default:
      return 'plain';
  }
}

/** 0 … 1 of what is wanted. */
export const shareDone = ({ hasMetadata, wantedDone, wantedSize }: Sizes): number =>
  !hasMetadata ? 0 : wantedSize === 0 ? 1 : wantedDone / wantedSize;

type Sizes = Pick<TorrentView, 'hasMetadata' | 'wantedDone' | 'wantedSize'>;

export const isComplete = ({ hasMetadata, wantedDone, wantedSize }: Sizes): boolean =>
  hasMetadata && wantedDone >= wantedSize;

export const doneText = (torrent: Sizes): string =>
  torrent.hasMetadata ? formatPercent(torrent.wantedDone, torrent.wantedSize) : NOTHING;

/** A rate for a column whose title says that it is per second. */
export const rateText = (rate: BytesPerSecond): string => (rate < 1 ? NOTHING : formatBytes(Math.round(rate)));

export const ratioText = (ratio: number): string =>
  ratio < 99.995 ? ratio.toFixed(2) : ratio < 9999.5 ? ratio.toFixed(0) : '> 9999';

export const etaText = (eta: number | null): string => (eta === null ? NOTHING : formatDuration(eta));
