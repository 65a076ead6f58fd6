/** `dst edit`: changes what stands around the info dictionary, and with leave also what stands in it. */
import { editTorrent, type EditedTorrent, type MetainfoChanges } from '../../app/torrent-file/index.ts';
import type { Metainfo } from '../../codec/metainfo/index.ts';
import { parseTier, parseTrackerPair, parseWebSeed } from '../arguments.ts';
import { values, type CommandContext, type CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { checkOutput, writeOutput } from '../files.ts';
import { readUnsealed } from '../torrent-input.ts';
import { describeHashes, describeTorrent, namedHashes, shortHash } from '../torrent-json.ts';

interface EditFlags {
  readonly output?: string;
  readonly addTracker?: string[][];
  readonly removeTracker?: string[];
  readonly replaceTracker?: (readonly [string, string])[];
  readonly trackers: boolean;
  readonly addWebSeed?: string[];
  readonly removeWebSeed?: string[];
  readonly webSeeds: boolean;
  readonly comment?: string | false;
  readonly date: boolean;
  readonly createdBy: boolean;
  readonly name?: string;
  readonly source?: string | false;
  readonly private?: boolean;
  readonly allowNewInfohash?: true;
  readonly force?: true;
}

export const edit: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Change trackers, web seeds, comment and more of a torrent. The info hash stays; a change that would make another torrent needs --allow-new-infohash.',
      )
      .argument('<torrent>', 'torrent file, or - for a torrent on stdin')
      .option('-o, --output <file>', 'where the result goes, or - for stdout (default: replace the file itself)')
      .option(
        '-t, --add-tracker <urls>',
        'add a tier; commas separate trackers of one tier; may be repeated',
        values(parseTier),
      )
      .option(
        '--remove-tracker <url>',
        'may be repeated',
        values((url) => url),
      )
      .option(
        '--replace-tracker <old,new>',
        'put one URL in the place of another; may be repeated',
        values(parseTrackerPair),
      )
      .option('--no-trackers', 'remove all trackers, before any are added')
      .option('-w, --add-web-seed <url>', 'may be repeated', values(parseWebSeed))
      .option(
        '--remove-web-seed <url>',
        'may be repeated',
        values((url) => url),
      )
      .option('--no-web-seeds', 'remove all web seeds, before any are added')
      .option('-c, --comment <text>', 'set the comment')
      .option('--no-comment', 'remove the comment')
      .option('--no-date', 'remove the creation date')
      .option('--no-created-by', 'remove which program made the torrent')
      .option('-n, --name <name>', 'rename the torrent (another info hash)')
      .option('-s, --source <text>', 'set the source tag (another info hash)')
      .option('--no-source', 'remove the source tag (another info hash)')
      .option('-p, --private', 'make it private (another info hash)')
      .option('--no-private', 'make it public (another info hash)')
      .option('--allow-new-infohash', 'permit a change that makes another torrent')
      .option('-f, --force', 'replace the file named with -o if it exists')
      .action(perform(performEdit));
  },
};

async function performEdit({ output }: CommandContext, path: string, flags: EditFlags): Promise<void> {
  const target = flags.output ?? path;
  const isInPlace = flags.output === undefined || flags.output === path;
  if (target === '-' && output.options.json) throw cliError('USAGE', '--json and -o - both want standard output');
  const mayReplace = isInPlace || flags.force === true;
  await checkOutput(target, mayReplace);
  const edited = editTorrent(await readUnsealed(path), (before) => changesOf(flags, before));
  if (edited.infoChanged && flags.allowNewInfohash !== true) {
    const [before, after] = [shortHash(edited.before.infoHashes), shortHash(edited.after.infoHashes)];
    throw cliError('INFOHASH_CHANGE', `the info hash would change from ${before} to ${after}`);
  }
  await writeOutput(output, target, edited.bytes, mayReplace);
  tell({ output }, target, edited);
}

function tell(
  { output }: Pick<CommandContext, 'output'>,
  target: string,
  { before, after, infoChanged }: EditedTorrent,
): void {
  if (output.options.json) {
    output.json({
      path: target,
      changed: infoChanged,
      before: describeHashes(before.infoHashes),
      ...describeTorrent(after),
    });
    return;
  }
  if (infoChanged) for (const line of namedHashes(before.infoHashes)) output.note(`before: ${line}`);
  else output.note('the info hash stays');
  for (const line of namedHashes(after.infoHashes)) output.note(`${infoChanged ? 'now: ' : ''}${line}`);
  if (target !== '-') output.line(target);
}

function changesOf(flags: EditFlags, before: Metainfo): MetainfoChanges {
  const changes: MetainfoChanges = {
    trackers: trackersOf(flags, before.trackers),
    webSeeds: webSeedsOf(flags, before.webSeeds),
    comment: flags.comment === false ? null : flags.comment,
    creationDate: flags.date ? undefined : null,
    createdBy: flags.createdBy ? undefined : null,
    name: flags.name,
    source: flags.source === false ? null : flags.source,
    isPrivate: flags.private,
  };
  if (Object.values(changes).every((change) => change === undefined))
    throw cliError('USAGE', 'there is nothing to change');
  return changes;
}

function trackersOf(flags: EditFlags, before: readonly (readonly string[])[]): string[][] | undefined {
  const { addTracker = [], removeTracker = [], replaceTracker = [] } = flags;
  if (flags.trackers && addTracker.length + removeTracker.length + replaceTracker.length === 0) return undefined;
  for (const url of [...removeTracker, ...replaceTracker.map(([old]) => old)])
    checkKnown(url, before.flat(), 'tracker');
  const replacements = new Map(replaceTracker);
  const kept = flags.trackers ? before : [];
  const tiers = kept.map((tier) =>
    tier.filter((url) => !removeTracker.includes(url)).map((url) => replacements.get(url) ?? url),
  );
  const known = new Set(tiers.flat());
  const added = addTracker.map((tier) => tier.filter((url) => !known.has(url)));
  return [...tiers, ...added].filter((tier) => tier.length > 0);
}

function webSeedsOf(flags: EditFlags, before: readonly string[]): string[] | undefined {
  const { addWebSeed = [], removeWebSeed = [] } = flags;
  if (flags.webSeeds && addWebSeed.length + removeWebSeed.length === 0) return undefined;
  for (const url of removeWebSeed) checkKnown(url, before, 'web seed');
  const kept = flags.webSeeds ? before.filter((url) => !removeWebSeed.includes(url)) : [];
  return [...new Set([...kept, ...addWebSeed])];
}

/** A URL that is to go must be there: a typing error would else look like success. */
function checkKnown(url: string, known: readonly string[], noun: string): void {
  if (!known.includes(url)) throw cliError('USAGE_VALUE', `the torrent has no ${noun} ${url}`);
}
