/** Lets the daemon do something with torrents, and tells how it went. */
import type { TorrentView } from '../../app/client/index.ts';
import type { CommandContext } from '../command.ts';
import { ExitCode, exitCodeOf } from '../exit-codes.ts';
import { reportError } from '../report-error.ts';
import { escapeText } from '../ui/escape.ts';
import { plural } from '../ui/format.ts';
import { type DaemonClient, toldError } from './daemon-client.ts';
import { connect, type DaemonFlags } from './daemon-flags.ts';
import { findTorrents } from './named-torrents.ts';

export interface TorrentAction {
  /** As the API has it: `start`, `queue`, … */
  readonly name: string;
  readonly body?: object;
  /** What has been done then, in a word. */
  readonly done: string;
}

export interface Outcome {
  readonly done: number;
  readonly failed: readonly { readonly hash: string; readonly code: string; readonly detail: string }[];
}

type Named = Pick<TorrentView, 'hash' | 'name'>;

/** Finds the torrents and does it; the exit code is that of the first failure. */
export async function actOn(
  context: CommandContext,
  flags: DaemonFlags,
  names: readonly string[],
  action: TorrentAction,
): Promise<number> {
  const client = await connect(context, flags);
  const torrents = await findTorrents(client, names);
  return await tellOutcome(context, torrents, await act(client, torrents, action.name, action.body), action.done);
}

export async function act(
  client: DaemonClient,
  torrents: readonly Named[],
  name: string,
  body: object = {},
): Promise<Outcome> {
  if (torrents.length === 0) return { done: 0, failed: [] };
  const hashes = torrents.map(({ hash }) => hash);
  return await client.call<Outcome>(`/torrents/actions/${name}`, { method: 'POST', body: { ...body, hashes } });
}

/** `done`: what has been done, in a word. Gives the exit code. */
export async function tellOutcome(
  { output }: CommandContext,
  torrents: readonly Named[],
  outcome: Outcome,
  done: string,
): Promise<number> {
  if (output.options.json) output.json(outcome);
  if (torrents.length === 0) output.note('there are no torrents');
  else if (torrents.length === 1 && outcome.done === 1) output.note(`${done}: ${escapeText(torrents[0]?.name ?? '')}`);
  else if (outcome.done > 0) output.note(`${done}: ${plural(outcome.done, 'torrent')}`);
  let exitCode: number = ExitCode.ok;
  for (const { hash, code, detail } of outcome.failed) {
    const error = await toldError(code, detail);
    const subject = escapeText(torrents.find((torrent) => torrent.hash === hash)?.name ?? hash);
    await reportError(output, error, { isTold: true, subject });
    if (exitCode === ExitCode.ok) exitCode = exitCodeOf(error);
  }
  return exitCode;
}
