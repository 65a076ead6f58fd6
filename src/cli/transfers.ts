/** What `download` and `seed` share: a session with its display, one job a torrent, and the tale of how they end. */
import {
  type AddOptions,
  createSession,
  type Session,
  type SessionOptions,
  type SessionTorrent,
  type TorrentSource,
} from '../app/index.ts';
import { keepNurserySmall, tuneRuntime } from '../app/runtime/index.ts';
import { addressKey } from '../base/address.ts';
import { systemClock } from '../base/clock.ts';
import type { CommandContext } from './command.ts';
import { ExitCode, exitCodeOf } from './exit-codes.ts';
import { reportError } from './report-error.ts';
import { SourceWatch } from './source-watch.ts';
import { doneEvent, errorEvent, identifiedEvent, networkEvent, progressEvent } from './transfer-events.ts';
import { escapeText } from './ui/escape.ts';
import type { BarStyle } from './ui/bar.ts';
import type { Output } from './ui/output.ts';
import { outputLogger } from './ui/output-logger.ts';
import { type ProgressView, Ticker } from './ui/ticker.ts';
import { renderTransfers, transferLine } from './ui/transfer-view.ts';

export interface TransferJob {
  readonly source: TorrentSource;
  readonly options: AddOptions;
  /** Runs until the torrent is through; a rejection fails this torrent only. */
  readonly work: (torrent: SessionTorrent, session: Session) => Promise<void>;
}

/** Runs the jobs side by side; the exit code is that of the first failure. */
export async function runTransfers(
  context: CommandContext,
  options: SessionOptions,
  jobs: readonly TransferJob[],
): Promise<number> {
  const { output, signal } = context;
  tuneRuntime();
  keepNurserySmall();
  const torrents: SessionTorrent[] = [];
  await using session = await createSession({ ...options, logger: outputLogger(output) });
  // A name that is mistyped is told at once; an interface that goes away later is waited for.
  if (session.problem !== null) throw session.problem;
  using _problems = session.onProblem(() => {
    const { problem } = session;
    if (output.options.json) output.json(networkEvent(problem));
    else if (problem !== null) output.warn(`nothing is sent or received: ${problem.message}`);
    else output.note('the interface is back: going on');
  });
  const addresses = session.listening.map(addressKey);
  if (output.options.json) output.json({ event: 'listening', addresses });
  else output.detail(`listening on ${addresses.join(', ')}`);
  using _ticker = new Ticker(output, transferView(torrents, output.barStyle), systemClock);
  using _watch = new SourceWatch(output, torrents, systemClock);
  const failures: unknown[] = [];
  const runJob = async (job: TransferJob): Promise<void> => {
    let torrent: SessionTorrent | null = null;
    try {
      torrent = await session.add(job.source, job.options);
      torrents.push(torrent);
      torrent.on('banned', ({ addresses: banned, reason }) => output.detail(`banned ${banned.join(', ')}: ${reason}`));
      tellIdentities(output, torrent);
      await job.work(torrent, session);
    } catch (error) {
      if (signal.aborted) return;
      failures.push(error);
      if (output.options.json) output.json(errorEvent(error, torrent));
      await reportError(output, error, {
        isTold: true,
        subject: torrent === null ? null : escapeText(torrent.status().name),
      });
    }
  };
  await Promise.all(jobs.map(runJob));
  if (output.options.json) output.json(doneEvent(torrents));
  signal.throwIfAborted();
  return failures.length > 0 ? exitCodeOf(failures[0]) : ExitCode.ok;
}

function tellIdentities(output: Output, torrent: SessionTorrent): void {
  torrent.on('peerConnected', ({ address, identity }) => {
    if (identity === null) return;
    if (output.options.json) output.json(identifiedEvent(torrent, address, identity));
    const { name, fingerprint } = identity;
    output.detail(
      `peer ${name === null ? fingerprint : `${name} (${fingerprint})`} at ${address} has proved who it is`,
    );
  });
}

function transferView(torrents: readonly SessionTorrent[], style: BarStyle): ProgressView {
  return {
    drawing: (width) => {
      const transfers = torrents.map((torrent) => {
        const status = torrent.status();
        return { status, files: status.state.kind === 'downloading' ? torrent.files() : [] };
      });
      return renderTransfers(transfers, width, style);
    },
    lines: () => torrents.map((torrent) => transferLine(torrent.status())),
    events: () => torrents.map(progressEvent),
  };
}
