/** `dst verify`: compares data on disk with its torrent. */
import { type VerifiedFile, verifyTorrent, type VerifyReport } from '../../app/torrent-file/index.ts';
import { systemClock } from '../../base/clock.ts';
import type { Metainfo } from '../../codec/metainfo/index.ts';
import { parsePositive } from '../arguments.ts';
import { value, type CommandContext, type CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { addOpenFlags, type OpenFlags, readTorrent } from '../torrent-input.ts';
import { describeHashes, pathBelowName } from '../torrent-json.ts';
import { escapeText } from '../ui/escape.ts';
import { formatBytes, plural } from '../ui/format.ts';
import { HashView } from '../ui/hash-view.ts';
import { Ticker } from '../ui/ticker.ts';

interface VerifyFlags extends OpenFlags {
  readonly data?: string;
  readonly threads?: number;
}

/** How a file's state is told to people. */
const words: Readonly<Record<VerifiedFile['state'], string>> = {
  good: 'good',
  bad: 'bad',
  missing: 'missing',
  short: 'too short',
  long: 'too long',
  uncertain: 'uncertain: shares its bad pieces with a missing or short file',
};

export const verify: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Hash data on disk and tell which files of the torrent are good, bad or missing. Exit code 0 when all are good, else 6.',
      )
      .argument('<torrent>', 'torrent file, sealed torrent (.dst), or - for a torrent on stdin')
      .argument('[path]', 'the data itself, or the folder in which it lies (default: the current folder)')
      .option('-d, --data <path>', 'the same as the argument path')
      .option('--threads <n>', 'threads for hashing (default: all cores)', value(parsePositive));
    addOpenFlags(command);
    command.action(perform(performVerify));
  },
};

async function performVerify(
  context: CommandContext,
  torrent: string,
  path: string | undefined,
  flags: VerifyFlags,
): Promise<number> {
  if (path !== undefined && flags.data !== undefined)
    throw cliError('USAGE', 'the data is named twice, as an argument and with --data');
  const { output, signal } = context;
  const { metainfo } = await readTorrent(context, torrent, flags);
  const view = new HashView('Verifying', output.barStyle, systemClock);
  const report = await hash();
  if (output.options.json) output.json(describeReport(metainfo, report));
  else tell({ output }, metainfo, report);
  return report.isGood ? ExitCode.ok : ExitCode.corrupt;

  async function hash(): Promise<VerifyReport> {
    using _ticker = new Ticker(output, view, systemClock);
    return await verifyTorrent(metainfo, {
      path: path ?? flags.data ?? '.',
      ...(flags.threads !== undefined && { threads: flags.threads }),
      onProgress: (done, total) => view.update(done, total),
      signal,
    });
  }
}

function describeReport({ info, infoHashes }: Metainfo, report: VerifyReport): object {
  return {
    ok: report.isGood,
    ...describeHashes(infoHashes),
    name: info.name,
    pieceCount: report.pieceCount,
    goodPieces: report.goodPieces,
    files: report.files.map((file) => ({ ...file, path: pathBelowName(file, info.isSingleFile).join('/') })),
  };
}

/** Files that are not good are data; the summary is a note. */
function tell({ output }: Pick<CommandContext, 'output'>, { info }: Metainfo, report: VerifyReport): void {
  const bad = report.files.filter((file) => file.state !== 'good');
  for (const file of bad) {
    const pieces = file.badPieces > 0 && file.state === 'bad' ? ` (${plural(file.badPieces, 'piece')})` : '';
    output.line(
      `${output.bad(words[file.state])}${pieces}: ${escapeText(pathBelowName(file, info.isSingleFile).join('/'))}`,
    );
  }
  const pieces = `${report.goodPieces} of ${plural(report.pieceCount, 'piece')} good`;
  if (report.isGood)
    output.note(
      `${escapeText(info.name)}: all good, ${formatBytes(info.totalSize)} in ${plural(report.files.length, 'file')}`,
    );
  else
    output.note(
      `${escapeText(info.name)}: ${bad.length} of ${plural(report.files.length, 'file')} not good, ${pieces}`,
    );
}
