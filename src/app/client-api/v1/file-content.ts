/** The content of a file of a torrent (send-file.ts). */
import * as z from 'zod';
import { sendFile } from '../send-file.ts';
import { addRoute, bareContent, flag, hashParams, torrentOf, type V1Context } from './route.ts';

const params = hashParams.extend({ index: z.coerce.number().int().min(0).max(1_000_000) });
const query = z.strictObject({
  ticket: z.string().max(200).optional().describe('of a playlist: stands in for a token'),
  download: flag.default(false).describe('to be saved, not shown'),
});

export function addFileContent(context: V1Context): void {
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/files/:index/content',
    scope: 'read',
    takesTicket: true,
    answersHead: true,
    summary: 'Gives a file, or ranges of it, also while it is downloading',
    params,
    query,
    result: bareContent,
    handle: ({ params: { hash, index }, query: { download }, caller, request, reply }) =>
      sendFile({ torrent: torrentOf(context, hash), index, isSaved: download }, { caller, request, reply, ...context }),
  });
}
