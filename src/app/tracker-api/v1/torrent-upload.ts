/** Registering a torrent by its file, which proves which info hashes belong together. */
import * as z from 'zod';
import { toHex } from '../../../base/bytes.ts';
import { printable } from '../../../base/printable.ts';
import { decodeMetainfo, swarmHashes } from '../../../codec/metainfo/index.ts';
import { nodeDigests } from '../../../crypto/digests.ts';
import { LONGEST_NAME } from '../../openapi/index.ts';
import { bodyLimits } from '../request-limits.ts';
import { changeTorrents } from './aliases.ts';
import { type ApiContext, addChange } from './route.ts';
import { infoHashText } from './schemas.ts';

/** Most bencoded values in it: some hundred thousand files. More would hold up for too long who is answered here too. */
const MOST_TOKENS = 1_000_000;
const TORRENT_FILE = 'application/x-bittorrent';

const registered = z.object({
  infoHash: infoHashText,
  aliases: z.array(infoHashText).describe('of a hybrid torrent its v2 info hash'),
  name: z.string().nullable(),
});

/** `app` is to have no other routes: its bodies are torrent files and nothing else. */
export function addTorrentUpload(context: ApiContext): void {
  context.app.removeAllContentTypeParsers();
  context.app.addContentTypeParser(TORRENT_FILE, { parseAs: 'buffer' }, (_request, body, done) => {
    // A plain array: slices of a Buffer would share its memory.
    done(null, new Uint8Array(body as Buffer));
  });
  addChange(context, {
    method: 'POST',
    path: '/torrents',
    scope: 'torrents:write',
    summary: 'Registers the torrent of a torrent file, a hybrid one under both info hashes',
    consumes: TORRENT_FILE,
    bodyLimit: bodyLimits.torrentFile,
    body: z
      .instanceof(Uint8Array, {
        error: `send a torrent file as the body, with the header Content-Type: ${TORRENT_FILE}`,
      })
      .describe('a torrent file'),
    result: registered,
    handle: async ({ body }) => {
      const { info, infoHashes } = decodeMetainfo(body, nodeDigests, {
        size: bodyLimits.torrentFile,
        tokens: MOST_TOKENS,
      });
      const [infoHash, ...aliases] = swarmHashes(infoHashes) as [Uint8Array, ...Uint8Array[]];
      const name = printable(info.name, LONGEST_NAME);
      await changeTorrents(context.service.repository.torrents, [
        // Another name of another name would lead nowhere.
        { infoHash, name, isRegistered: true, ...(aliases.length > 0 && { aliasOf: null }) },
        ...aliases.map((alias) => ({ infoHash: alias, name, isRegistered: true, aliasOf: infoHash })),
      ]);
      const answer = { infoHash: toHex(infoHash), aliases: aliases.map(toHex), name };
      return { answer, changed: answer };
    },
  });
}
