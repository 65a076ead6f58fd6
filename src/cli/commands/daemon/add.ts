/** `dst add`: adds torrents to the daemon. */
import type { TorrentView } from '../../../app/client/index.ts';
import { addressKey, type PeerAddress } from '../../../base/address.ts';
import type { FileIndex } from '../../../base/units.ts';
import { parsePeer, parseSelection } from '../../arguments.ts';
import { type CommandContext, type CommandDefinition, value, values } from '../../command.ts';
import type { DaemonClient } from '../../daemon/daemon-client.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { daemonFolder } from '../../daemon/daemon-folder.ts';
import { followTorrents } from '../../daemon/follow.ts';
import { isShut, type NamedSource, namedSources, type NewSource } from '../../daemon/new-torrent.ts';
import { type RefusedPeer, warnOfRefused } from '../../daemon/refused-peers.ts';
import { addSettingFlags, type SettingFlags, settingsOf } from '../../daemon/setting-flags.ts';
import { ExitCode, exitCodeOf } from '../../exit-codes.ts';
import { refuseTwoStdins } from '../../files.ts';
import { reportError } from '../../report-error.ts';
import { addOpenFlags, type OpenFlags } from '../../torrent-input.ts';
import { escapeText } from '../../ui/escape.ts';
import { errorEvent } from '../../transfer-events.ts';

interface AddFlags extends DaemonFlags, SettingFlags, OpenFlags {
  readonly dir?: string;
  readonly paused?: true;
  readonly first?: true;
  readonly skipCheck?: true;
  readonly select?: FileIndex[];
  readonly peer?: PeerAddress[];
  readonly follow?: true;
}

interface Added {
  readonly torrent: TorrentView;
  readonly isDuplicate: boolean;
  readonly refused: readonly RefusedPeer[];
}

export const add: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Add torrents to the daemon and print their ids and names. A torrent that is there already stays as it is. Of a sealed torrent (.dst) the content is sent to the daemon; where that has no key for it, it is opened here.',
      )
      .argument(
        '<target...>',
        'torrent file, sealed torrent (.dst), magnet link, info hash, web address of a torrent file, or - for a torrent or lines of links on stdin',
      )
      .option('-d, --dir <folder>', 'where it is saved, as the daemon sees it (default: that of category or client)')
      .option('--paused', 'add it, and do not start it')
      .option('--first', 'at the head of the queue')
      .option('--select <numbers>', 'only these files, for instance 0,2,5-9', value(parseSelection))
      .option('--skip-check', 'believe by the sizes that data which is there is good')
      .option('--peer <ip:port>', 'peer to connect to; may be repeated', values(parsePeer))
      .addOption(
        command
          .createOption('--follow', 'show the progress until all is there; the daemon goes on whatever happens here')
          .conflicts('paused'),
      );
    addSettingFlags(command);
    addOpenFlags(command);
    addDaemonFlags(command);
    command.action(perform(performAdd));
  },
};

async function performAdd(context: CommandContext, targets: string[], flags: AddFlags): Promise<number> {
  refuseTwoStdins(targets);
  const { output } = context;
  const options = optionsOf(flags);
  const client = await connect(context, flags);
  const hashes: string[] = [];
  let exitCode: number = ExitCode.ok;
  for (const source of await namedSources(context, targets, flags)) {
    try {
      const added = await addSource(client, source, options);
      hashes.push(added.torrent.hash);
      tell(context, added);
    } catch (error) {
      exitCode ||= exitCodeOf(error);
      // Nobody to add anything to: it is the same with the next one.
      if (exitCode === ExitCode.daemon) throw error;
      if (output.options.json) output.json(errorEvent(error, null));
      await reportError(output, error, { isTold: true, subject: escapeText(source.target) });
    }
  }
  if (flags.follow !== true || hashes.length === 0) return exitCode;
  const ended = await followTorrents(context, client, hashes);
  return exitCode || ended;
}

const optionsOf = (flags: AddFlags): object => ({
  settings: settingsOf(flags),
  isStopped: flags.paused,
  isFirst: flags.first,
  isCheckSkipped: flags.skipCheck,
  select: flags.select,
  peers: flags.peer?.map(addressKey),
  ...(flags.dir !== undefined && { savePath: daemonFolder(flags.dir, flags) }),
});

async function addSource(client: DaemonClient, { read, open }: NamedSource, options: object): Promise<Added> {
  const send = (source: NewSource): Promise<Added> =>
    client.call<Added>('/torrents', { method: 'POST', body: { ...source, ...options } });
  try {
    return await send(await read());
  } catch (error) {
    if (open === null || !isShut(error)) throw error;
    return await send(await open());
  }
}

function tell({ output }: CommandContext, { torrent, isDuplicate, refused }: Added): void {
  warnOfRefused(output, refused);
  if (output.options.json) {
    output.json({ event: 'added', isDuplicate, refused, ...torrent });
    return;
  }
  if (isDuplicate) output.note('it is there already:');
  output.line(`${torrent.id}  ${escapeText(torrent.name)}`);
}
