/** Playlists for media players: the films and music of torrents, with links that a player can follow (M3U, RFC 8216 §4.1). */
import type { FastifyRequest } from 'fastify';
import { printable } from '../../../base/printable.ts';
import type { ManagedTorrent } from '../../client/index.ts';
import { contentTypeOf, isPlayable } from '../content-type.ts';
import { addRoute, bareContent, hashParams, torrentOf, type V1Context } from './route.ts';

const TYPE = 'audio/x-mpegurl';
const LONGEST_TITLE = 300;

export function addPlaylists(context: V1Context): void {
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/playlist.m3u8',
    scope: 'read',
    summary: 'Gives the films and music of a torrent as a playlist whose links are good for a day',
    params: hashParams,
    result: bareContent,
    produces: [TYPE],
    handle: ({ params, request, reply }) =>
      reply.type(`${TYPE}; charset=utf-8`).send(playlistOf(context, request, [torrentOf(context, params.hash)])),
  });
  addRoute(context, {
    method: 'GET',
    path: '/playlist.m3u8',
    scope: 'read',
    summary: 'Gives the films and music of all torrents as a playlist whose links are good for a day',
    result: bareContent,
    produces: [TYPE],
    handle: ({ request, reply }) =>
      reply.type(`${TYPE}; charset=utf-8`).send(playlistOf(context, request, context.client.torrents.all())),
  });
}

function playlistOf({ access }: V1Context, request: FastifyRequest, torrents: readonly ManagedTorrent[]): string {
  const { protocol, headers } = request;
  const base = `${protocol}://${headers.host ?? 'localhost'}`;
  const entries = torrents.flatMap((torrent) =>
    torrent
      .files()
      .filter(({ path, priority }) => priority > 0 && isPlayable(contentTypeOf(path)))
      .toSorted((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }))
      .map(({ index, path }) => {
        const link = `/api/v1/torrents/${torrent.hash}/files/${index}/content`;
        const title = printable(path.split('/').at(-1) as string, LONGEST_TITLE) ?? String(index);
        return `#EXTINF:-1,${title}\n${base}${link}?ticket=${access.ticketFor(link)}\n`;
      }),
  );
  return `#EXTM3U\n${entries.join('')}`;
}
