/** Follows torrents of the daemon until they are complete, shown as `dst download` shows its own. */
import type { TorrentView } from '../../app/client/index.ts';
import { systemClock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import type { CommandContext } from '../command.ts';
import { cliError } from '../errors.ts';
import { ExitCode, exitCodeOf } from '../exit-codes.ts';
import { reportError } from '../report-error.ts';
import { errorEvent } from '../transfer-events.ts';
import { escapeText } from '../ui/escape.ts';
import { formatBytes } from '../ui/format.ts';
import type { Output } from '../ui/output.ts';
import { type ProgressView, Ticker } from '../ui/ticker.ts';
import { isComplete, shareDone } from '../ui/torrent-words.ts';
import { renderTransfers, transferLine, type TransferStatus } from '../ui/transfer-view.ts';
import { type DaemonClient, toldError } from './daemon-client.ts';
import type { TorrentList } from './named-torrents.ts';

/** Between two questions to the daemon. */
const INTERVAL: Millis = 500;
/** More hashes are not asked for by name. */
const MOST_NAMED = 400;

/** Resolves when each is complete, or will never be; the exit code is that of the first that will not. */
export async function followTorrents(
  { output, signal }: CommandContext,
  client: DaemonClient,
  hashes: readonly string[],
): Promise<number> {
  const open = new Set(hashes);
  const names = new Map<string, string>();
  const view = new FollowView(output);
  let exitCode: number = ExitCode.ok;
  using _ticker = new Ticker(output, view, systemClock);
  while (open.size > 0) {
    const asked = [...open];
    const query = asked.length > MOST_NAMED ? {} : { hashes: asked.join(',') };
    const { torrents } = await client.call<TorrentList<TorrentView>>('/torrents', { query, signal });
    view.torrents = torrents.filter(({ hash }) => open.has(hash));
    const gone = asked.filter((hash) => !torrents.some((torrent) => torrent.hash === hash));
    for (const torrent of view.torrents) {
      names.set(torrent.hash, torrent.name);
      const error = await failureOf(torrent);
      if (error === null && !isSettled(torrent)) continue;
      open.delete(torrent.hash);
      if (error === null) tellComplete(output, torrent);
      else exitCode ||= await tellFailure(output, torrent.name, error);
    }
    for (const hash of gone) {
      open.delete(hash);
      exitCode ||= await tellFailure(output, names.get(hash) ?? hash, cliError('TORRENT_STOPPED', 'it was removed'));
    }
    if (open.size > 0) await systemClock.sleep(INTERVAL, signal);
  }
  return exitCode;
}

/** What is being checked may turn out to lack something; what is being moved is not yet where it belongs. */
const isSettled = (torrent: TorrentView): boolean =>
  isComplete(torrent) && !['checking', 'waiting-to-check', 'moving'].includes(torrent.state);

/** Why it will not be complete; null while it may be. What heals by itself is waited for. */
async function failureOf(torrent: TorrentView): Promise<Error | null> {
  const { state, problem } = torrent;
  if (state === 'failed' && problem !== null && !problem.healsItself) {
    return await toldError(problem.code, problem.message);
  }
  return state === 'stopped' && !isComplete(torrent) ? cliError('TORRENT_STOPPED', 'it was stopped') : null;
}

function tellComplete(output: Output, torrent: TorrentView): void {
  const { id, hash, name, wantedSize, contentPath, moveProblem } = torrent;
  if (moveProblem !== null) output.warn(`${escapeText(name)} ${escapeText(moveProblem.message)}`);
  if (output.options.json) {
    output.json({ event: 'complete', id, hash, name, path: contentPath, verified: wantedSize });
    return;
  }
  output.note(`${escapeText(name)}: complete and verified, ${formatBytes(wantedSize)}`);
  output.line(escapeText(contentPath));
}

async function tellFailure(output: Output, name: string, error: Error): Promise<number> {
  if (output.options.json) output.json({ ...errorEvent(error, null), name });
  await reportError(output, error, { isTold: true, subject: escapeText(name) });
  return exitCodeOf(error);
}

class FollowView implements ProgressView {
  torrents: readonly TorrentView[] = [];
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  drawing(width: number): string[] {
    const transfers = this.torrents.map((torrent) => ({ status: statusOf(torrent), files: [] }));
    return renderTransfers(transfers, width, this.#output.barStyle);
  }

  lines(): string[] {
    return this.torrents.map((torrent) => transferLine(statusOf(torrent)));
  }

  events(): object[] {
    return this.torrents.map((torrent) => ({
      event: 'progress',
      id: torrent.id,
      hash: torrent.hash,
      name: torrent.name,
      state: torrent.state,
      progress: shareDone(torrent),
      wantedSize: torrent.wantedSize,
      verified: torrent.wantedDone,
      downloadRate: Math.round(torrent.downloadRate),
      uploadRate: Math.round(torrent.uploadRate),
      etaSeconds: torrent.eta,
      peers: torrent.peersConnected,
      seeds: torrent.seedsConnected,
    }));
  }
}

const statusOf = (torrent: TorrentView): TransferStatus => ({
  name: torrent.name,
  totalSize: torrent.hasMetadata ? torrent.totalSize : null,
  wantedSize: torrent.wantedSize,
  wantedDone: torrent.wantedDone,
  downloadRate: torrent.downloadRate,
  uploadRate: torrent.uploadRate,
  uploaded: torrent.uploaded,
  etaSeconds: torrent.eta,
  peersConnected: torrent.peersConnected,
  seedsConnected: torrent.seedsConnected,
  state: stateOf(torrent),
});

function stateOf({ state, checked, moved, problem }: TorrentView): TransferStatus['state'] {
  switch (state) {
    case 'checking':
      return { kind: state, done: checked, total: 1 };
    case 'moving':
      return { kind: state, done: moved, total: 1 };
    case 'failed':
      return { kind: state, error: { message: problem?.message ?? 'for a reason that is not known' } };
    case 'waiting-to-check':
      return { kind: 'waiting to be checked' };
    default:
      return { kind: state };
  }
}
