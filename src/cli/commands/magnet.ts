/** `dst magnet`: the link of a torrent, or a link in its tidy form. */
import { decodeMagnet, decodeTorrent, isMagnet, magnetOf, writeMagnet } from '../../app/torrent-file/index.ts';
import type { PeerAddress } from '../../base/address.ts';
import type { FileIndex } from '../../base/units.ts';
import { parsePeer, parseSelection } from '../arguments.ts';
import { value, values, type CommandDefinition } from '../command.ts';
import { readUnsealed } from '../torrent-input.ts';
import { describeMagnet, describeTorrent } from '../torrent-json.ts';

interface MagnetFlags {
  readonly trackers: boolean;
  readonly webSeeds: boolean;
  readonly select?: FileIndex[];
  readonly peer?: PeerAddress[];
}

export const magnet: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Print the magnet link of a torrent, or a given link in its tidy form.')
      .argument('<torrent>', 'torrent file, magnet link, or - for a torrent on stdin')
      .option('--no-trackers', 'leave trackers out')
      .option('--no-web-seeds', 'leave web seeds out')
      .option('--select <numbers>', 'ask for these files only, for instance 0,2,5-9 (BEP 53)', value(parseSelection))
      .option('--peer <ip:port>', 'peer to connect to (x.pe); may be repeated', values(parsePeer))
      .action(
        perform(async ({ output }, target: string, flags: MagnetFlags) => {
          const metainfo = isMagnet(target) ? null : decodeTorrent(await readUnsealed(target));
          const parts = metainfo === null ? decodeMagnet(target) : magnetOf(metainfo);
          const link = writeMagnet(parts, {
            withTrackers: flags.trackers,
            withWebSeeds: flags.webSeeds,
            peers: flags.peer ?? [],
            select: flags.select ?? null,
          });
          if (!output.options.json) output.line(link);
          else
            output.json({ magnet: link, ...(metainfo === null ? describeMagnet(parts) : describeTorrent(metainfo)) });
        }),
      );
  },
};
