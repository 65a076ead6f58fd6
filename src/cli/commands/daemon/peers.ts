/** `dst peers`: shows to whom a torrent of the daemon is connected, and tells it of others. */
import type { PeerView } from '../../../app/client/index.ts';
import { addressKey, type PeerAddress } from '../../../base/address.ts';
import { parsePeer } from '../../arguments.ts';
import { type CommandContext, type CommandDefinition, values } from '../../command.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { type RefusedPeer, warnOfRefused } from '../../daemon/refused-peers.ts';
import { showEach } from '../../daemon/show-each.ts';
import { escapeText } from '../../ui/escape.ts';
import { formatPercent, plural } from '../../ui/format.ts';
import { type Column, renderTable } from '../../ui/table.ts';
import { rateText } from '../../ui/torrent-words.ts';

interface PeersFlags extends DaemonFlags {
  readonly add?: PeerAddress[];
}

/** What became of peers that were given. */
interface Given {
  readonly added: readonly string[];
  readonly refused: readonly RefusedPeer[];
}

export const peers: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Show the peers of a torrent, those that move most first. Flags: D it sends to us (d: it would not yet), U we send to it (u: not yet), K and ? nobody wants anything, O on trial, S it keeps us waiting, I it dialled us, E encrypted (e: only the handshake).',
      )
      .argument('<torrents...>', TORRENT_HELP)
      .option('--add <ip:port>', 'peer to connect to; may be repeated', values(parsePeer));
    addDaemonFlags(command);
    command.action(perform(performPeers));
  },
};

const columns: readonly Column<PeerView>[] = [
  { title: 'ADDRESS', cell: (peer) => addressKey(peer) },
  { title: 'DONE', cell: ({ progress }) => formatPercent(progress, 1), align: 'right' },
  { title: 'DOWN/s', cell: ({ downloadRate }) => rateText(downloadRate), align: 'right' },
  { title: 'UP/s', cell: ({ uploadRate }) => rateText(uploadRate), align: 'right' },
  { title: 'FLAGS', cell: ({ flags }) => escapeText(flags), rank: 1 },
  { title: 'FROM', cell: ({ source }) => escapeText(source), rank: 2 },
  { title: 'CLIENT', cell: ({ client }) => escapeText(client), isFlexible: true },
];

async function performPeers(context: CommandContext, names: readonly string[], flags: PeersFlags): Promise<void> {
  const { output } = context;
  await showEach(context, flags, names, async (client, { hash, name }) => {
    const path = `/torrents/${hash}/peers`;
    let given: Given | null = null;
    if (flags.add !== undefined) {
      given = await client.call<Given>(path, { method: 'POST', body: { peers: flags.add.map(addressKey) } });
      warnOfRefused(output, given.refused);
      output.note(`added: ${given.added.join(', ')}`);
    }
    const { items } = await client.call<{ items: PeerView[] }>(path);
    const sorted = items.toSorted((a, b) => b.downloadRate + b.uploadRate - a.downloadRate - a.uploadRate);
    return {
      json: { peers: sorted, ...given },
      lines: () => [
        `${escapeText(name)}: ${plural(items.length, 'peer')}`,
        ...(items.length === 0 ? [] : renderTable(columns, sorted, output.tableWidth, (text) => output.bold(text))),
      ],
    };
  });
}
