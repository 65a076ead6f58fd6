/** What `dst info` prints for people. */
import type { Magnet } from '../../app/torrent-file/index.ts';
import { addressKey } from '../../base/address.ts';
import type { Metainfo, TransportPolicy } from '../../codec/metainfo/index.ts';
import { describeHashes, pathBelowName, type SealJson } from '../torrent-json.ts';
import { torrentWarnings } from '../torrent-warnings.ts';
import { escapeText } from './escape.ts';
import { renderFileTree } from './file-tree.ts';
import { formatBytes, formatCount, formatDate, plural } from './format.ts';
import { renderRows, type Row } from './rows.ts';

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

/** What a sealed torrent shows besides. */
export function renderSealed(seal: SealJson, label: (text: string) => string): string[] {
  const kinds = Object.entries(seal.recipients).map(([type, count]) => recipientWords(type, count));
  const rows: Row[] = [
    ['Sealed for', kinds],
    ['File', formatBytes(seal.size)],
    ['Signed by', seal.isOpen ? (seal.signer ?? 'nobody') : null],
    ['Connections', seal.transport === null ? null : transportWords[seal.transport]],
    ['Carrier', seal.carrier],
    ['Content', seal.isOpen ? null : 'cannot be shown: none of your keys opens it'],
  ];
  return renderRows(rows, label);
}

const transportWords: Readonly<Record<TransportPolicy, string>> = {
  required: 'secure ones only',
  prefer: 'secure ones where the other side can',
  off: 'as of any torrent',
};

function recipientWords(type: string, count: number): string {
  if (type === 'argon2id') return 'whoever knows the passphrase';
  const kind = { mlkem768x25519: '', mlkem768rsa4096: ' with RSA and ML-KEM', rsa4096: ' with RSA alone' }[type];
  return kind === undefined ? plural(count, `unknown (${escapeText(type)})`) : `${plural(count, 'key')}${kind}`;
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
