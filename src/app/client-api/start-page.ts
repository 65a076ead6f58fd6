/** What a browser shows at the address that the daemon prints: by what the daemon is driven. Strangers learn no more. */
import type { FastifyInstance } from 'fastify';
import { pagePolicy } from '../http-api/index.ts';
import { PAGE_STYLE } from './page-style.ts';

const PAGE =
  '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>DST Torrent</title>' +
  `<style>${PAGE_STYLE}</style><h1>DST Torrent</h1><p>The daemon is running. It is driven by</p><ul>` +
  '<li>the command line: <code>dst help</code>, <code>dst ls</code>, <code>dst top</code></li>' +
  '<li><a href="transmission/web/">Transmission’s web client</a>, where it is installed, and programs for Transmission: <code>/transmission/rpc</code></li>' +
  '<li>programs for qBittorrent: the address of this page</li>' +
  '<li>a REST API: <a href="api/v1/docs">its description</a>, for those with a token or a session</li></ul></html>\n';

export function addStartPage(app: FastifyInstance): void {
  app.get('/', (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', pagePolicy(PAGE_STYLE)).send(PAGE),
  );
}
