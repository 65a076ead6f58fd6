/** `dst set`: changes settings of torrents of the daemon. */
import type { TorrentView } from '../../../app/client/index.ts';
import { type CommandContext, type CommandDefinition, values } from '../../command.ts';
import { act, type Outcome, tellOutcome } from '../../daemon/act-on.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { findTorrents, TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { addSettingFlags, addUnsettingFlags, type SettingFlags, settingsOf } from '../../daemon/setting-flags.ts';
import { cliError } from '../../errors.ts';

interface SetFlags extends DaemonFlags, SettingFlags {
  readonly addLabel?: string[];
  readonly removeLabel?: string[];
  readonly name?: string;
}

export const set: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Change limits, goals, labels and more of torrents. What is not named stays as it is.')
      .argument('<torrents...>', TORRENT_HELP)
      .option('--name <name>', 'name by which it is listed; files keep theirs');
    addSettingFlags(command);
    addUnsettingFlags(command);
    command
      .option('--add-label <name>', 'a label more; may be repeated', values(String))
      .option('--remove-label <name>', 'may be repeated', values(String));
    addDaemonFlags(command);
    command.action(perform(performSet));
  },
};

async function performSet(context: CommandContext, names: readonly string[], flags: SetFlags): Promise<number> {
  const settings = settingsOf(flags);
  const { name, addLabel = [], removeLabel = [] } = flags;
  const changesLabels = addLabel.length + removeLabel.length > 0;
  if (changesLabels && settings.labels !== undefined) {
    throw cliError('USAGE', '--label names all labels; --add-label and --remove-label do not go with it');
  }
  if (Object.keys(settings).length === 0 && name === undefined && !changesLabels) {
    throw cliError('USAGE', 'say what is to be changed');
  }
  const client = await connect(context, flags);
  const torrents = await findTorrents(client, names, ['settings']);
  if (name !== undefined && torrents.length !== 1) throw cliError('USAGE', '--name is for one torrent at a time');
  if (name !== undefined) await client.call(`/torrents/${torrents[0]?.hash}`, { method: 'PATCH', body: { name } });
  const outcomes: Outcome[] = [];
  for (const { labels, members } of groups(torrents, addLabel, removeLabel)) {
    const body = { settings: labels === null ? settings : { ...settings, labels } };
    outcomes.push(await act(client, members, 'change', body));
  }
  const outcome = {
    done: outcomes.reduce((sum, { done }) => sum + done, 0),
    failed: outcomes.flatMap(({ failed }) => failed),
  };
  return await tellOutcome(context, torrents, outcome, 'changed');
}

type Labelled = Pick<TorrentView, 'hash' | 'name' | 'settings'>;

/** Torrents that get the same labels go into one request; null: the labels stay. */
function groups(
  torrents: readonly Labelled[],
  add: readonly string[],
  remove: readonly string[],
): { readonly labels: readonly string[] | null; readonly members: readonly Labelled[] }[] {
  if (add.length + remove.length === 0) return [{ labels: null, members: torrents }];
  const byLabels = Map.groupBy(torrents, ({ settings }) =>
    JSON.stringify([...new Set([...settings.labels, ...add])].filter((label) => !remove.includes(label))),
  );
  return [...byLabels].map(([labels, members]) => ({ labels: JSON.parse(labels) as string[], members }));
}
