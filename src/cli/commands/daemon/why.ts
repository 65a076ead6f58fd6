/** `dst why`: says why a torrent of the daemon is slow, or stands still. */
import type { Diagnosis } from '../../../app/client/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { showEach } from '../../daemon/show-each.ts';
import { diagnosisLines } from '../../ui/diagnosis-view.ts';
import { paintOf } from '../../ui/paint.ts';

export const why: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Say why a torrent is slow or stands still, the weightiest reason first, and what can be done.')
      .argument('<torrents...>', TORRENT_HELP);
    addDaemonFlags(command);
    command.action(perform(performWhy));
  },
};

async function performWhy(context: CommandContext, names: readonly string[], flags: DaemonFlags): Promise<void> {
  const { output } = context;
  await showEach(context, flags, names, async (client, { hash, name }) => {
    const diagnosis = await client.call<Diagnosis>(`/torrents/${hash}/why`);
    return { json: diagnosis, lines: () => diagnosisLines(name, diagnosis, output.width, paintOf(output)) };
  });
}
