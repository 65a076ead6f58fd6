/** Progress of torrents that download or seed: the live area and the line for a log. Pure but for the figures it is given. */
import type { FileStatus, TorrentState, TorrentStatus } from '../../app/index.ts';
import { renderBar, type BarStyle } from './bar.ts';
import { escapeText } from './escape.ts';
import { formatBytes, formatDuration, formatPercent, formatRate, plural } from './format.ts';
import { displayWidth, padEnd, padStart, truncateEnd, truncateMiddle } from './width.ts';

/** What a torrent is doing: as the engine says, or the daemon, whose torrents can be more. */
type TransferState =
  | Extract<TorrentState, { kind: 'checking' }>
  | { readonly kind: 'failed'; readonly error: Pick<Error, 'message'> }
  | { readonly kind: Exclude<TorrentState['kind'], 'checking' | 'failed'> }
  | { readonly kind: 'moving'; readonly done: number; readonly total: number }
  | { readonly kind: 'stopped' | 'queued' | 'waiting to be checked' };

/** What is shown of a torrent that is transferred. */
export interface TransferStatus
  extends Pick<
    TorrentStatus,
    | 'name'
    | 'totalSize'
    | 'wantedSize'
    | 'wantedDone'
    | 'downloadRate'
    | 'uploadRate'
    | 'uploaded'
    | 'etaSeconds'
    | 'peersConnected'
    | 'seedsConnected'
  > {
  readonly state: TransferState;
}

/** One torrent's figures at a moment. */
export interface Transfer {
  readonly status: TransferStatus;
  readonly files: readonly FileStatus[];
}

/** How many files in progress are shown with a bar of their own. */
const SHOWN_FILES = 4;
const MIN_BAR = 8;

/** Two lines a torrent, and one for each of a few files in progress; all at most `width - 1` cells. */
export function renderTransfers(transfers: readonly Transfer[], width: number, style: BarStyle): string[] {
  const lines: string[] = [];
  for (const transfer of transfers) {
    lines.push(titleLine(transfer.status, width - 1), figuresLine(transfer.status, width - 1, style));
    if (transfer.status.state.kind === 'downloading') lines.push(...fileLines(transfer.files, width - 1, style));
  }
  if (transfers.length > 1) lines.push(totalsLine(transfers, style));
  return lines;
}

/** One line for a log: name, state and figures. */
export function transferLine(status: TransferStatus): string {
  return `${escapeText(status.name)}: ${describeState(status)}  ${figures(status, 'ascii').join('  ')}`.trimEnd();
}

/** What the torrent is doing, in a few words. */
function describeState(status: TransferStatus): string {
  const { state } = status;
  switch (state.kind) {
    case 'fetching-metadata':
      return `fetching metadata from ${plural(status.peersConnected, 'peer')}`;
    case 'checking':
    case 'moving':
      return `${state.kind} ${formatPercent(state.done, state.total)}`;
    case 'downloading':
      return status.peersConnected === 0
        ? 'downloading, no peers yet'
        : `downloading from ${plural(status.peersConnected, 'peer')} (${plural(status.seedsConnected, 'seed')})`;
    case 'seeding':
      return `seeding to ${plural(status.peersConnected, 'peer')}`;
    case 'failed':
      return `failed: ${escapeText(state.error.message)}`;
    default:
      return state.kind;
  }
}

function titleLine(status: TransferStatus, width: number): string {
  const state = truncateEnd(describeState(status), width);
  const room = width - displayWidth(state) - 2;
  if (room < 8) return state;
  return `${padEnd(truncateMiddle(escapeText(status.name), room), room)}  ${state}`;
}

function figuresLine(status: TransferStatus, width: number, style: BarStyle): string {
  const parts = figures(status, style);
  while (parts.length > 1 && displayWidth(parts.join('  ')) > width - MIN_BAR - 2) parts.pop();
  const text = parts.join('  ');
  const barWidth = Math.min(40, width - displayWidth(text) - 2);
  if (barWidth < MIN_BAR) return truncateEnd(text, width);
  return `${renderBar(shareDone(status), barWidth, style)}  ${text}`.trimEnd();
}

/** The figures in order of importance: a narrow terminal drops the last ones. */
function figures(status: TransferStatus, style: BarStyle): string[] {
  const [down, up] = style === 'blocks' ? ['↓', '↑'] : ['down', 'up'];
  const upload = `${up} ${formatRate(status.uploadRate)}`;
  switch (status.state.kind) {
    case 'downloading': {
      const eta = status.etaSeconds === null ? '--:--' : formatDuration(status.etaSeconds);
      const sizes = `${formatBytes(status.wantedDone)} of ${formatBytes(status.wantedSize)}`;
      const percent = formatPercent(status.wantedDone, status.wantedSize);
      return [percent, `${down} ${formatRate(status.downloadRate)}`, `ETA ${eta}`, sizes, upload];
    }
    case 'seeding':
      return [upload, `sent ${formatBytes(status.uploaded)}`, `ratio ${ratioOf(status)}`];
    default:
      return [];
  }
}

/** Uploaded in this run against the torrent's size. */
function ratioOf(status: TransferStatus): string {
  return status.totalSize === null || status.totalSize === 0 ? '-' : (status.uploaded / status.totalSize).toFixed(2);
}

function shareDone(status: TransferStatus): number {
  const { state } = status;
  if (state.kind === 'checking') return state.total === 0 ? 1 : state.done / state.total;
  if (state.kind === 'seeding') return 1;
  return status.wantedSize === 0 ? 0 : status.wantedDone / status.wantedSize;
}

/** The files nearest to their end; a torrent of one file needs no lines of its own. */
function fileLines(files: readonly FileStatus[], width: number, style: BarStyle): string[] {
  const wanted = files.filter((file) => file.priority > 0);
  if (wanted.length < 2 || width < 40) return [];
  const open = wanted.filter((file) => file.done > 0 && file.done < file.length);
  const shown = open.toSorted((a, b) => b.done / b.length - a.done / a.length).slice(0, SHOWN_FILES);
  const lines = shown.map((file) => {
    const tail = `${renderBar(file.done / file.length, MIN_BAR, style)}  ${formatPercent(file.done, file.length).padStart(6)}  ${padStart(formatBytes(file.length), 8)}`;
    const room = width - displayWidth(tail) - 4;
    return `  ${padEnd(truncateMiddle(escapeText(file.path.join('/')), room), room)}  ${tail}`;
  });
  const complete = wanted.filter((file) => file.done === file.length).length;
  return [...lines, `  ${plural(wanted.length, 'file')}, ${complete} complete`];
}

function totalsLine(transfers: readonly Transfer[], style: BarStyle): string {
  const [down, up] = style === 'blocks' ? ['↓', '↑'] : ['down', 'up'];
  const sum = (pick: (status: TransferStatus) => number): number =>
    transfers.reduce((total, { status }) => total + pick(status), 0);
  const finished = transfers.filter(({ status }) => status.state.kind === 'seeding').length;
  return `${finished} of ${plural(transfers.length, 'torrent')} complete  ${down} ${formatRate(sum((s) => s.downloadRate))}  ${up} ${formatRate(sum((s) => s.uploadRate))}`;
}
