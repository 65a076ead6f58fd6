/** `dst info`: shows what a torrent or magnet link says. */
import { decodeTorrent, isMagnet, decodeMagnet } from '../../app/torrent-file/index.ts';
import type { CommandDefinition } from '../command.ts';
import { readInput } from '../files.ts';
import { describeMagnet, describeTorrent } from '../torrent-json.ts';
import { renderMagnet, renderTorrent } from '../ui/torrent-view.ts';

export const info: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Show what a torrent or magnet link says. A torrent that breaks a rule is refused with the rule it breaks (exit code 6).',
      )
      .argument('<torrent>', 'torrent file, magnet link, or - for a torrent on stdin')
      .action(
        perform(async ({ output }, target: string) => {
          const label = (text: string): string => output.bold(text);
          if (isMagnet(target)) {
            const magnet = decodeMagnet(target);
            if (output.options.json) output.json(describeMagnet(magnet));
            else for (const line of renderMagnet(magnet, label)) output.line(line);
            return;
          }
          const metainfo = decodeTorrent(await readInput(target));
          if (output.options.json) output.json(describeTorrent(metainfo));
          else for (const line of renderTorrent(metainfo, output.width, label)) output.line(line);
        }),
      );
  },
};
