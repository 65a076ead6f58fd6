/** `dst top`: watches the torrents of the daemon live. */
import type { TorrentView } from '../../../app/client/index.ts';
import { systemClock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Millis } from '../../../base/units.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import type { DaemonClient } from '../../daemon/daemon-client.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { LiveTorrents } from '../../daemon/live-torrents.ts';
import { escapeText } from '../../ui/escape.ts';
import { formatRate, plural } from '../../ui/format.ts';
import { FullScreen } from '../../ui/full-screen.ts';
import type { Key } from '../../ui/keys.ts';
import type { Output } from '../../ui/output.ts';
import { paintOf } from '../../ui/paint.ts';
import { type ListedTorrent, orders } from '../../ui/torrent-table.ts';
import { TopView } from '../../ui/top-view.ts';
import { doneText, stateWord } from '../../ui/torrent-words.ts';
import type { DaemonStats } from './stats.ts';

const INTERVAL: Millis = 1000;
/** Between two lists where nobody can see them live. */
const LINE_INTERVAL: Millis = 10_000;
/** Torrents of such a list. */
const MOST_LINES = 10;
const QUIT: readonly Key[] = ['q', 'Q', 'escape', 'ctrl-c'];

export const top: CommandDefinition = {
  configure(command, perform) {
    command.description(
      'Watch the torrents of the daemon live. Keys: q ends, arrows choose, space starts or stops, s changes the order, p freezes. Without a terminal, lines every ten seconds; with --json an event a second.',
    );
    addDaemonFlags(command);
    command.action(perform(performTop));
  },
};

async function performTop(context: CommandContext, flags: DaemonFlags): Promise<void> {
  const { output } = context;
  const client = await connect(context, flags);
  const hasScreen = process.stdin.isTTY && process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  if (hasScreen && !output.options.json && !output.options.quiet) await runScreen(context, client);
  else await runLines(context, client);
}

async function runScreen({ output, signal }: CommandContext, client: DaemonClient): Promise<void> {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const torrents = new LiveTorrents(client);
  const view = new TopView({
    bars: output.barStyle,
    paint: paintOf(output),
    bold: (text) => output.bold(text),
    chosen: (text) => output.inverse(text),
  });
  const look = async (): Promise<void> =>
    view.update(await client.call<DaemonStats>('/stats', { signal: stop }), await torrents.refresh(stop));
  // Once before there is a screen: what is wrong at the start is told where it stays.
  await look();
  let hurry = Promise.withResolvers<void>();
  const draw = (): void => screen.draw(view.drawing(screen.width, screen.height));
  const onKey = (key: Key): void => {
    if (QUIT.includes(key)) ended.abort();
    else if (key === 'ctrl-l') screen.clear();
    else if (key === ' ') void toggle(client, view).finally(() => hurry.resolve());
    else view.press(key);
    draw();
  };
  using screen = new FullScreen(process.stdin, process.stdout, { onKey, onResize: draw });
  while (!stop.aborted) {
    draw();
    try {
      await Promise.race([systemClock.sleep(INTERVAL, stop), hurry.promise]);
      hurry = Promise.withResolvers<void>();
      await look();
    } catch (error) {
      if (!stop.aborted) throw error;
    }
  }
}

/** Starts or stops the torrent that is chosen. */
async function toggle(client: DaemonClient, view: TopView): Promise<void> {
  const { chosen } = view;
  if (chosen === null) return;
  const path = `/torrents/${chosen.hash}`;
  try {
    // What is seen may be a second old, or frozen.
    const { state, name } = await client.call<TorrentView>(path);
    const isStarted = ['stopped', 'failed'].includes(state);
    await client.call(`${path}/actions/${isStarted ? 'start' : 'stop'}`, { method: 'POST', body: {} });
    view.message = `${isStarted ? 'started' : 'stopped'}: ${name}`;
  } catch (error) {
    view.message = messageOf(error);
  }
}

async function runLines({ output, signal }: CommandContext, client: DaemonClient): Promise<void> {
  const torrents = new LiveTorrents(client);
  for (;;) {
    const stats = await client.call<DaemonStats>('/stats', { signal });
    const all = await torrents.refresh(signal);
    const active = all.filter(isActive).sort(orders.activity);
    if (output.options.json) output.json({ event: 'stats', ...stats, active });
    else tell(output, stats, active);
    await systemClock.sleep(output.options.json ? INTERVAL : LINE_INTERVAL, signal);
  }
}

const isActive = ({ downloadRate, uploadRate }: ListedTorrent): boolean => downloadRate > 0 || uploadRate > 0;

function tell(output: Output, stats: DaemonStats, active: readonly ListedTorrent[]): void {
  const rates = `down ${formatRate(stats.downloadRate)}, up ${formatRate(stats.uploadRate)}`;
  output.line(`${rates}, ${plural(stats.torrents.all, 'torrent')}, ${active.length} active`);
  for (const torrent of active.slice(0, MOST_LINES)) {
    const { downloadRate, uploadRate, name } = torrent;
    const facts = [stateWord(torrent), doneText(torrent), formatRate(downloadRate), formatRate(uploadRate)];
    output.line(`  ${facts.join('  ')}  ${escapeText(name)}`);
  }
}
