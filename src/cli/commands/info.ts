/** `dst info`: shows what a torrent or magnet link says. */
import { describeSealed, isSealed, type SealedDescription } from '../../app/sealed-torrent/index.ts';
import { decodeMagnet, decodeTorrent, isMagnet } from '../../app/torrent-file/index.ts';
import { codeOf } from '../../base/errors.ts';
import type { CommandContext, CommandDefinition } from '../command.ts';
import { readInput } from '../files.ts';
import { addOpenFlags, type OpenFlags, openTorrent, type ReadTorrent } from '../torrent-input.ts';
import { describeMagnet, describeSeal, describeTorrent } from '../torrent-json.ts';
import { renderMagnet, renderSealed, renderTorrent } from '../ui/torrent-view.ts';

export const info: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Show what a torrent or magnet link says; of a sealed torrent without a key what everybody sees. A torrent that breaks a rule is refused with the rule it breaks (exit code 6).',
      )
      .argument('<torrent>', 'torrent file, sealed torrent (.dst), magnet link, or - for a torrent on stdin');
    addOpenFlags(command);
    command.action(perform(performInfo));
  },
};

async function performInfo(context: CommandContext, target: string, flags: OpenFlags): Promise<void> {
  const { output } = context;
  const label = (text: string): string => output.bold(text);
  if (isMagnet(target)) {
    const magnet = decodeMagnet(target);
    if (output.options.json) output.json(describeMagnet(magnet));
    else for (const line of renderMagnet(magnet, label)) output.line(line);
    return;
  }
  const bytes = await readInput(target);
  const sealed = isSealed(bytes) ? describeSealed(bytes) : null;
  const torrent = sealed === null ? plain(bytes) : await tryToOpen(context, target, bytes, flags);
  if (output.options.json) output.json(describe(sealed, torrent));
  else for (const line of render(sealed, torrent, output.width, label)) output.line(line);
}

const plain = (bytes: Uint8Array): ReadTorrent => ({ metainfo: decodeTorrent(bytes), signer: null });

/** Null when there is no key for it. */
async function tryToOpen(
  context: CommandContext,
  target: string,
  bytes: Uint8Array,
  flags: OpenFlags,
): Promise<ReadTorrent | null> {
  try {
    return await openTorrent(context, target, bytes, flags);
  } catch (error) {
    const mayBeShut = flags.identity === undefined && flags.signer === undefined;
    if (mayBeShut && ['SEALED_NO_KEY', 'PASSPHRASE_MISSING'].includes(codeOf(error) ?? '')) return null;
    throw error;
  }
}

function describe(sealed: SealedDescription | null, torrent: ReadTorrent | null): object {
  return {
    ...(torrent !== null && describeTorrent(torrent.metainfo)),
    ...(sealed !== null && { sealed: describeSeal(sealed, torrent) }),
  };
}

function render(
  sealed: SealedDescription | null,
  torrent: ReadTorrent | null,
  width: number,
  label: (text: string) => string,
): string[] {
  return [
    ...(sealed === null ? [] : renderSealed(describeSeal(sealed, torrent), label)),
    ...(torrent === null ? [] : renderTorrent(torrent.metainfo, width, label)),
  ];
}
