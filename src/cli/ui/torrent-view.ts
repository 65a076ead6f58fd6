/** What `dst info` prints for people. */
import type { Magnet } from '../../app/torrent-file/index.ts';
import { addressKey } from '../../base/address.ts';
import type { Metainfo } from '../../codec/metainfo/index.ts';
import { describeHashes, pathBelowName } from '../torrent-json.ts';
import { torrentWarnings } from '../torrent-warnings.ts';
import { escapeText } from './escape.ts';
import { renderFileTree } from './file-tree.ts';
import { formatBytes, formatCount, formatDate, plural } from './format.ts';

/** A row of label and value; several values stand below each other. */
type Row = readonly [label: string, values: string | readonly string[] | null];

const LABEL_WIDTH = 14;

/** Lines of the table; a row without value is left out. `label` styles the labels. */
function renderRows(rows: readonly Row[], label: (text: string) => string): string[] {
  return rows.flatMap(([name, values]) => {
    const list = values === null ? [] : typeof values === 'string' ? [values] : values;
    return list.map((text, i) => `${label((i === 0 ? name : '').padEnd(LABEL_WIDTH))}${text}`);
  });
}

export function renderTorrent(metainfo: Metainfo, width: number, label: (text: string) => string): string[] {
  const { info } = metainfo;
  const files = info.files.filter((file) => !file.isPad);
  const { infoHashV1, infoHashV2 } = describeHashes(metainfo.infoHashes);
  const rows: Row[] = [
    ['Name', escapeText(info.name)],
    ['Format', info.hasV1 && info.hasV2 ? 'hybrid (v1 and v2)' : info.hasV2 ? 'v2' : 'v1'],
    ['Info hash v1', infoHashV1],
    ['Info hash v2', infoHashV2],
    [
      'Size',
      `${formatBytes(info.totalSize)} (${formatCount(info.totalSize)} bytes) in ${plural(files.length, 'file')}`,
    ],
    ['Pieces', `${formatCount(info.pieceCount)} of ${formatBytes(info.pieceLength)}`],
    ['Private', info.isPrivate ? 'yes: peers come from its trackers only' : 'no'],
    ['Source', textOrNull(info.source)],
    ['Comment', textOrNull(metainfo.comment)],
    ['Created by', textOrNull(metainfo.createdBy)],
    ['Created', metainfo.creationDate === null ? null : formatDate(metainfo.creationDate)],
    ['Trackers', tierLines(metainfo.trackers)],
    ['Web seeds', metainfo.webSeeds.map(escapeText)],
    ['HTTP seeds', metainfo.httpSeeds.map(escapeText)],
    ['DHT nodes', metainfo.nodes.map(([host, port]) => escapeText(`${host}:${port}`))],
    ['Collections', metainfo.collections.map(escapeText)],
    ['Warnings', torrentWarnings(metainfo).map((warning) => warning.message)],
  ];
  const tree = files.map((file) => ({
    path: pathBelowName(file, info.isSingleFile),
    length: file.length,
    ...noteOf(file.isExecutable, file.symlink),
  }));
  return [...renderRows(rows, label), label('Files'), ...renderFileTree(tree, width)];
}

export function renderMagnet(magnet: Magnet, label: (text: string) => string): string[] {
  const { infoHashV1, infoHashV2 } = describeHashes(magnet.infoHashes);
  const rows: Row[] = [
    ['Name', textOrNull(magnet.name)],
    [
      'Format',
      infoHashV1 !== null && infoHashV2 !== null
        ? 'magnet link, hybrid'
        : infoHashV2 === null
          ? 'magnet link, v1'
          : 'magnet link, v2',
    ],
    ['Info hash v1', infoHashV1],
    ['Info hash v2', infoHashV2],
    ['Size', magnet.length === null ? null : `${formatBytes(magnet.length)} (${formatCount(magnet.length)} bytes)`],
    ['Files', magnet.select === null ? null : selectionText(magnet.select)],
    ['Trackers', magnet.trackers.map(escapeText)],
    ['Web seeds', magnet.webSeeds.map(escapeText)],
    ['Peers', magnet.peers.map(addressKey)],
  ];
  return renderRows(rows, label);
}

const selectionText = (select: readonly number[]): string =>
  `only ${plural(select.length, 'file')}: ${select.slice(0, 20).join(', ')}${select.length > 20 ? ', …' : ''}`;

const textOrNull = (text: string | null): string | null => (text === null ? null : escapeText(text));

/** One line a tracker; the tier is named where there are several. */
function tierLines(tiers: readonly (readonly string[])[]): string[] {
  return tiers.flatMap((tier, i) =>
    tier.map((url) => (tiers.length > 1 ? `tier ${i + 1}  ${escapeText(url)}` : escapeText(url))),
  );
}

function noteOf(isExecutable: boolean, symlink: readonly string[] | null): { note?: string } {
  if (symlink !== null) return { note: `-> ${symlink.join('/')}` };
  return isExecutable ? { note: 'executable' } : {};
}
