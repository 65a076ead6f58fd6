/** `dst limits`: shows and changes the limits of all torrents together. */
import { Option } from 'commander';
import type { ClientConfig } from '../../../app/config/index.ts';
import type { BytesPerSecond } from '../../../base/units.ts';
import { parseRate } from '../../arguments.ts';
import { type CommandContext, type CommandDefinition, value, values } from '../../command.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { escapeText } from '../../ui/escape.ts';
import { formatRate } from '../../ui/format.ts';
import { renderRows } from '../../ui/rows.ts';

type Limits = ClientConfig['limits'];

interface LimitsFlags extends DaemonFlags {
  readonly down?: BytesPerSecond;
  readonly up?: BytesPerSecond;
  readonly altDown?: BytesPerSecond;
  readonly altUp?: BytesPerSecond;
  readonly alt?: 'on' | 'off';
  readonly schedule?: string[];
}

export const limits: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Show the limits of all torrents together, or change them. Those of one torrent: `dst set`.')
      .option('--down <rate>', 'most that is received, for instance 500K or 1.5M; none: no limit', value(parseRate))
      .option('--up <rate>', 'most that is sent', value(parseRate))
      .option('--alt-down <rate>', 'most that is received while the alternative limits count', value(parseRate))
      .option('--alt-up <rate>', 'most that is sent meanwhile', value(parseRate))
      .addOption(
        new Option('--alt <switch>', 'the alternative limits count; a schedule switches them again').choices([
          'on',
          'off',
        ]),
      )
      .option(
        '--schedule <times>',
        'when they are switched on, in local time, such as "mon-fri 08:00-17:30"; may be repeated; off: no schedule, on: the times that were set before',
        values(String),
      );
    addDaemonFlags(command);
    command.action(perform(performLimits));
  },
};

async function performLimits(context: CommandContext, flags: LimitsFlags): Promise<void> {
  const { output } = context;
  const client = await connect(context, flags);
  const change: Record<keyof Limits, unknown> = {
    download: flags.down,
    upload: flags.up,
    altDownload: flags.altDown,
    altUpload: flags.altUp,
    alternative: flags.alt && flags.alt === 'on',
    ...scheduleChange(flags.schedule),
  };
  const isChanged = Object.values(change).some((one) => one !== undefined);
  const now = await client.call<Limits>('/limits', isChanged ? { method: 'PATCH', body: change } : {});
  if (output.options.json) {
    output.json(now);
    return;
  }
  const pair = (down: BytesPerSecond, up: BytesPerSecond): string => `down ${rate(down)}, up ${rate(up)}`;
  const rows = [
    ['Limits', pair(now.download, now.upload)],
    ['Alternative', `${pair(now.altDownload, now.altUpload)} (${now.alternative ? 'on' : 'off'})`],
    ['Schedule', `${now.schedule.map(escapeText).join('; ') || 'no times'} (${now.followSchedule ? 'on' : 'off'})`],
  ] as const;
  for (const line of renderRows(rows, (text) => output.bold(text))) output.line(line);
}

function scheduleChange(words: readonly string[] | undefined): Record<'followSchedule' | 'schedule', unknown> {
  const isSwitch = words?.length === 1 && (words[0] === 'on' || words[0] === 'off');
  return {
    followSchedule: words && (!isSwitch || words[0] === 'on'),
    schedule: isSwitch ? undefined : words,
  };
}

const rate = (limit: BytesPerSecond): string => (limit === 0 ? 'no limit' : formatRate(limit));
