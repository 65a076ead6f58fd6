/** `dst stats`: shows the figures of the daemon. */
import type { ClientStats, Totals } from '../../../app/client/index.ts';
import { systemClock } from '../../../base/clock.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { escapeText } from '../../ui/escape.ts';
import { formatBytes, formatDuration, formatRate, plural } from '../../ui/format.ts';
import { renderRows, type Row } from '../../ui/rows.ts';

export interface DaemonStats extends ClientStats {
  readonly version: string;
}

export const stats: CommandDefinition = {
  configure(command, perform) {
    command.description('Show the figures of the daemon: torrents, rates, what was transferred, free space.');
    addDaemonFlags(command);
    command.action(perform(performStats));
  },
};

async function performStats(context: CommandContext, flags: DaemonFlags): Promise<void> {
  const { output } = context;
  const now = await (await connect(context, flags)).call<DaemonStats>('/stats');
  if (output.options.json) output.json(now);
  else for (const line of renderRows(rowsOf(now), (text) => output.bold(text))) output.line(line);
}

function rowsOf(now: DaemonStats): Row[] {
  const { torrents, listening, isReachable } = now;
  const kinds = (['active', 'stopped', 'failed'] as const).map((kind) => `${torrents[kind]} ${kind}`);
  const reachable = isReachable ? 'and others have connected to it' : 'but nobody has connected to it yet';
  return [
    ['Daemon', `${escapeText(now.version)}, runs for ${formatDuration(systemClock.wall() - now.startedAt)}`],
    ['Torrents', `${torrents.all}: ${kinds.join(', ')}`],
    [
      'Rates',
      `down ${formatRate(now.downloadRate)}, up ${formatRate(now.uploadRate)}${now.usesAltLimits ? ', by the alternative limits' : ''}`,
    ],
    ['Peers', plural(now.peersConnected, 'connection')],
    ['Listening', listening.length === 0 ? 'nowhere' : `${listening.map(escapeText).join(', ')}, ${reachable}`],
    ['Free space', now.freeSpace === null ? 'unknown' : formatBytes(now.freeSpace)],
    ['This run', totalsText(now.run)],
    ['All runs', `${totalsText(now.ever)}, ${plural(now.ever.sessions, 'start')}`],
  ];
}

const totalsText = ({ downloaded, uploaded, seconds, torrentsAdded }: Totals): string =>
  `down ${formatBytes(downloaded)}, up ${formatBytes(uploaded)}, ${plural(torrentsAdded, 'torrent')} added, ${formatDuration(seconds)}`;
