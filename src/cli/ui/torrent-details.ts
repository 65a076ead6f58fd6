/** What `dst show` prints of a torrent of the daemon. */
import type { Goal, TorrentSettings, TorrentView } from '../../app/client/index.ts';
import { type BarStyle, renderBar } from './bar.ts';
import { escapeText } from './escape.ts';
import { formatBytes, formatDate, formatDuration, formatPercent, formatRate, plural } from './format.ts';
import type { Row } from './rows.ts';
import { ratioText, shareDone, stateTone, stateWord } from './torrent-words.ts';
import type { Paint } from './torrent-table.ts';

const BAR = 24;

export interface DetailedTorrent extends TorrentView {
  readonly magnetLink: string;
}

export const detailRows = (torrent: DetailedTorrent, style: BarStyle, paint: Paint): Row[] => [
  ['Name', escapeText(torrent.name)],
  ['Id', String(torrent.id)],
  ...hashRows(torrent),
  ['State', stateLines(torrent, paint)],
  ['Done', doneLine(torrent, style)],
  ...transferRows(torrent),
  ...placeRows(torrent),
  ...settingRows(torrent.settings),
  ...originRows(torrent),
];

const hashRows = ({ hash, hashV1, hashV2 }: DetailedTorrent): Row[] => [
  ['Info hash v1', hashV1],
  ['Info hash v2', hashV2],
  ['Hash', hashV1 === hash ? null : hash],
];

function stateLines(torrent: DetailedTorrent, paint: Paint): string[] {
  const { problem, warning, queuePosition } = torrent;
  const place = torrent.state === 'queued' ? `, place ${queuePosition + 1}` : '';
  // Of a move that failed its warning tells more.
  const state = { ...torrent, moveProblem: null };
  const lines = [paint(stateWord(state), stateTone(state)) + place];
  if (problem !== null) lines.push(`${escapeText(problem.message)} (${escapeText(problem.code)})`);
  if (problem?.healsItself === true) lines.push('it goes on by itself when the cause is gone');
  if (warning !== null) lines.push(escapeText(warning));
  return lines;
}

function doneLine(torrent: DetailedTorrent, style: BarStyle): string {
  if (!torrent.hasMetadata) return 'the metadata is not there yet';
  const { wantedDone, wantedSize, totalSize } = torrent;
  const bar = renderBar(shareDone(torrent), BAR, style);
  const unwanted = wantedSize < totalSize ? ` wanted, ${formatBytes(totalSize)} in all` : '';
  return `${bar}  ${formatPercent(wantedDone, wantedSize)}, ${formatBytes(wantedDone)} of ${formatBytes(wantedSize)}${unwanted}`;
}

function transferRows(torrent: DetailedTorrent): Row[] {
  const { downloadRate, uploadRate, eta, downloaded, uploaded, ratio, wasted } = torrent;
  const waste = wasted > 0 ? `; ${formatBytes(wasted)} wasted` : '';
  const { peersConnected, peersKnown, peersSending, peersReceiving, seedsConnected } = torrent;
  // Who has come by itself is not among those of whom it was told.
  const known = Math.max(peersConnected, peersKnown);
  const { swarmSeeds, swarmLeechers, availability } = torrent;
  const swarm = [
    ...(swarmSeeds === null ? [] : [plural(swarmSeeds, 'seed')]),
    ...(swarmLeechers === null ? [] : [plural(swarmLeechers, 'leecher')]),
    `${availability.toFixed(2)} copies in sight`,
  ];
  return [
    ['Rates', `down ${formatRate(downloadRate)}, up ${formatRate(uploadRate)}`],
    ['Time left', eta === null ? null : formatDuration(eta)],
    ['Transferred', `down ${formatBytes(downloaded)}, up ${formatBytes(uploaded)}, ratio ${ratioText(ratio)}${waste}`],
    [
      'Peers',
      `${peersConnected} of ${known} connected (${plural(seedsConnected, 'seed')}): from ${peersSending}, to ${peersReceiving}`,
    ],
    ['Swarm', swarm.join(', ')],
    ['Tracker', torrent.tracker === '' ? 'none' : trackerLine(torrent)],
  ];
}

const trackerLine = ({ tracker, trackerCount }: DetailedTorrent): string =>
  trackerCount > 1 ? `${escapeText(tracker)} and ${trackerCount - 1} more` : escapeText(tracker);

const placeRows = ({ savePath, contentPath, hasMetadata, totalSize, ...torrent }: DetailedTorrent): Row[] => [
  ['Save path', escapeText(savePath)],
  ['Content', escapeText(contentPath)],
  [
    'Size',
    hasMetadata
      ? `${formatBytes(totalSize)} in ${plural(torrent.fileCount, 'file')}, ${plural(torrent.pieceCount, 'piece')} of ${formatBytes(torrent.pieceLength)}`
      : null,
  ],
];

function settingRows(settings: TorrentSettings): Row[] {
  const { category, labels, downloadLimit, uploadLimit, obeysGlobalLimits, bandwidthPriority, maxPeers } = settings;
  const { ratio, minutes, idleMinutes } = settings.goals;
  const limits = [
    ...(downloadLimit > 0 ? [`down ${formatRate(downloadLimit)}`] : []),
    ...(uploadLimit > 0 ? [`up ${formatRate(uploadLimit)}`] : []),
    ...(obeysGlobalLimits ? [] : ['those of all torrents do not count']),
  ];
  const goals = [goal('ratio', ratio), goal('minutes', minutes), goal('idle minutes', idleMinutes)].filter(
    (words) => words !== null,
  );
  const options = [
    ...(settings.isSequential ? ['pieces in order'] : []),
    ...(settings.isFirstLast ? ['first and last pieces of files first'] : []),
    ...(settings.isSuperSeeding ? ['super-seeding'] : []),
    ...(settings.isForced ? ['runs whatever the queue says'] : []),
    ...(bandwidthPriority === 'normal' ? [] : [`${bandwidthPriority} priority`]),
    ...(maxPeers === null ? [] : [`at most ${plural(maxPeers, 'peer')}`]),
  ];
  return [
    ['Category', category === '' ? null : escapeText(category)],
    ['Labels', listed(labels.map(escapeText))],
    ['Limits', listed(limits)],
    ['Seeds until', listed(goals)],
    ['Options', listed(options)],
  ];
}

const listed = (words: readonly string[]): string | null => (words.length === 0 ? null : words.join(', '));

/** Null where the client's own goal counts. */
const goal = (name: string, value: Goal): string | null =>
  value === 'default' ? null : value === 'none' ? `no ${name}` : `${name} ${value}`;

function originRows(torrent: DetailedTorrent): Row[] {
  const date = (time: number | null): string | null => (time === null ? null : formatDate(time));
  const { comment, creator, createdAt, secondsDownloading, secondsSeeding } = torrent;
  return [
    ['Private', torrent.isPrivate ? 'yes: peers come from its trackers only' : null],
    ['Sealed', torrent.isSealed ? 'yes: the swarm shares what only its recipients can read' : null],
    ['Comment', comment === '' ? null : escapeText(comment)],
    ['Created by', creator === '' ? null : escapeText(creator)],
    ['Created', date(createdAt)],
    ['Added', date(torrent.addedAt)],
    ['Completed', date(torrent.completedAt)],
    ['Last active', date(torrent.activeAt)],
    ['Ran for', `${formatDuration(secondsDownloading)} downloading, ${formatDuration(secondsSeeding)} seeding`],
    ['Magnet link', escapeText(torrent.magnetLink)],
  ];
}
