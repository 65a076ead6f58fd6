/** The content of a file of a torrent (send-file.ts). */
import * as z from 'zod';
import { nothing, wholeNumber } from '../../openapi/index.ts';
import { sendFile } from '../send-file.ts';
import { addRoute, bareContent, flag, hashParams, torrentOf, type V1Context } from './route.ts';

const params = hashParams.extend({ index: wholeNumber(0, 1_000_000) });
const query = z.strictObject({
  ticket: z.string().max(200).optional().describe('of a playlist: stands in for a token'),
  download: flag.default(false).describe('to be saved, not shown'),
});
const headers = z.looseObject({
  range: z.string().optional().describe('of bytes, one or several: bytes=0-1023'),
  'if-range': z.string().optional().describe('the tag of the file that the range is wanted of'),
  'if-none-match': z.string().optional().describe('tags of what the caller has'),
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
    headers,
    result: bareContent,
    // By the name of the file; of several ranges multipart/byteranges.
    produces: ['*/*'],
    otherResults: {
      206: bareContent.describe('the ranges that were asked for'),
      304: nothing.describe('it is the one that the caller has (If-None-Match)'),
    },
    handle: ({ params: { hash, index }, query: { download }, caller, request, reply }) =>
      sendFile({ torrent: torrentOf(context, hash), index, isSaved: download }, { caller, request, reply, ...context }),
  });
}
