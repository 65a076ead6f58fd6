/** `dst seed`: uploads data that is there. */
import type { Session, SessionTorrent } from '../../app/index.ts';
import { type LocatedData, locateData } from '../../app/torrent-file/index.ts';
import type { PeerAddress } from '../../base/address.ts';
import { parsePeer } from '../arguments.ts';
import { values, type CommandContext, type CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { refuseTwoStdins } from '../files.ts';
import { addPeerIdentityFlags, type PeerIdentityFlags, peerIdentityOptions } from '../peer-identity-flags.ts';
import {
  addSeedFlags,
  addSessionFlags,
  seedGoal,
  sessionOptions,
  untilSeeded,
  type SeedFlags,
  type SessionFlags,
} from '../session-flags.ts';
import { addOpenFlags, type OpenFlags, readTorrent } from '../torrent-input.ts';
import { identityOf } from '../transfer-events.ts';
import { runTransfers, type TransferJob } from '../transfers.ts';
import { escapeText } from '../ui/escape.ts';
import { formatBytes, formatPercent } from '../ui/format.ts';

interface SeedCommandFlags extends SessionFlags, SeedFlags, OpenFlags, PeerIdentityFlags {
  readonly data: string;
  readonly peer?: PeerAddress[];
  readonly check?: true;
  readonly partial?: true;
}

export const seed: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Check the data of torrents and upload it to whoever asks, until stopped or a goal is reached. Nothing is written.',
      )
      .argument('<torrent...>', 'torrent file, sealed torrent (.dst), or - for a torrent on stdin')
      .option('-d, --data <path>', 'the data itself (file or folder), or the folder in which it lies', '.')
      .option('--peer <ip:port>', 'peer to connect to; may be repeated', values(parsePeer))
      .option('--partial', 'seed what is there although some of it is missing or bad')
      .option('--check', 'hash the data although it is known to be good');
    addOpenFlags(command);
    addPeerIdentityFlags(command);
    addSeedFlags(command);
    addSessionFlags(command);
    command.action(perform(performSeed));
  },
};

async function performSeed(context: CommandContext, targets: string[], flags: SeedCommandFlags): Promise<number> {
  refuseTwoStdins(targets);
  const session = await sessionOptions(flags);
  const located: LocatedData[] = [];
  for (const target of targets) {
    const read = await readTorrent(context, target, flags);
    located.push(await locateData(read.metainfo, flags.data));
  }
  using identities = await peerIdentityOptions(
    context,
    flags,
    located.map(({ metainfo }) => metainfo),
  );
  const jobs = located.map(({ metainfo, directory }): TransferJob => {
    const options = {
      directory,
      isSeedOnly: true,
      mustCheck: flags.check === true,
      peers: flags.peer ?? [],
      ...seedGoal(flags),
      ...identities.torrent,
    };
    const work: TransferJob['work'] = async (torrent, { listening }) => await serve(context, listening, torrent, flags);
    return { source: metainfo, options, work };
  });
  return await runTransfers(context, { ...session, ...identities.session }, jobs);
}

async function serve(
  { output, signal }: CommandContext,
  listening: Session['listening'],
  torrent: SessionTorrent,
  flags: SeedCommandFlags,
): Promise<void> {
  await torrent.ready({ signal });
  const status = torrent.status();
  if (status.state.kind === 'failed') throw status.state.error;
  const { piecesHave, piecesTotal, wantedDone, wantedSize, name } = status;
  if (piecesHave < piecesTotal && (flags.partial !== true || piecesHave === 0)) {
    const share = formatPercent(wantedDone, wantedSize);
    throw cliError('SEED_INCOMPLETE', `only ${share} of the data is there and good`);
  }
  if (output.options.json) output.json({ event: 'seeding', ...identityOf(torrent), verified: wantedDone, wantedSize });
  else output.note(`${escapeText(name)}: seeding ${formatBytes(wantedDone)} on port ${listening[0]?.port ?? 'none'}`);
  await untilSeeded(torrent, signal);
}
