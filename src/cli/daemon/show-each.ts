/** What is shown of torrents one after the other: text for people, with --json an object a line. */
import type { TorrentView } from '../../app/client/index.ts';
import type { CommandContext } from '../command.ts';
import type { DaemonClient } from './daemon-client.ts';
import { connect, type DaemonFlags } from './daemon-flags.ts';
import { findTorrents, type NamedTorrent } from './named-torrents.ts';

export interface Shown {
  /** Goes behind what names the torrent. */
  readonly json: object;
  readonly lines: () => readonly string[];
}

/** `describe` asks for what is to be shown of a torrent; it finds the fields that were named besides. */
export async function showEach<K extends keyof TorrentView = keyof NamedTorrent>(
  context: CommandContext,
  flags: DaemonFlags,
  names: readonly string[],
  describe: (client: DaemonClient, torrent: Pick<TorrentView, K | keyof NamedTorrent>) => Promise<Shown>,
  fields: readonly K[] = [],
): Promise<void> {
  const { output } = context;
  const client = await connect(context, flags);
  const torrents = await findTorrents(client, names, fields);
  for (const [i, torrent] of torrents.entries()) {
    const { json, lines } = await describe(client, torrent);
    const { id, hash, name } = torrent;
    if (output.options.json) {
      output.json({ id, hash, name, ...json });
      continue;
    }
    if (i > 0) output.line('');
    for (const line of lines()) output.line(line);
  }
}
