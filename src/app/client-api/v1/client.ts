/** The client as a whole: figures, folders, blocklist, bans, its end. */
import * as z from 'zod';
import { formatHost, parseHost } from '../../../base/address.ts';
import { version } from '../../../base/version.ts';
import { apiError } from '../../http-api/index.ts';
import { nothing } from '../../openapi/index.ts';
import { addRoute, path, type V1Context } from './route.ts';

const totals = z.object({
  downloaded: z.number().describe('bytes'),
  uploaded: z.number().describe('bytes'),
  sessions: z.int().describe('runs of the program'),
  seconds: z.number(),
  torrentsAdded: z.int(),
});

const stats = z.object({
  version: z.string(),
  startedAt: z.int().describe('unix seconds'),
  downloadRate: z.int().describe('bytes/s'),
  uploadRate: z.int().describe('bytes/s'),
  peersConnected: z.int(),
  torrents: z.object({ all: z.int(), active: z.int(), stopped: z.int(), failed: z.int() }),
  run: totals.describe('of this run'),
  ever: totals.describe('of all runs'),
  freeSpace: z.number().nullable().describe('bytes; null: unknown'),
  listening: z.array(z.string()).describe('where peers are accepted'),
  isReachable: z.boolean().describe('somebody has connected to us since the start'),
  usesAltLimits: z.boolean(),
});

const entry = z.object({
  name: z.string(),
  isFolder: z.boolean(),
  size: z.number().nullable().describe('bytes; null: a folder'),
});

const bans = z.object({ items: z.array(z.string()) });

function hostOf(text: string): string {
  const bytes = parseHost(text);
  if (bytes === null) throw apiError('API_INVALID', `${text} is no IP address`);
  return formatHost(bytes);
}

export function addClient(context: V1Context): void {
  const { client } = context;
  addRoute(context, {
    method: 'GET',
    path: '/stats',
    scope: 'read',
    summary: 'Shows the figures of the client',
    result: stats,
    handle: () => {
      const { listening, ...rest } = client.stats();
      return { version, ...rest, listening: [...listening] };
    },
  });
  addRoute(context, {
    method: 'GET',
    path: '/free-space',
    scope: 'read',
    summary: 'Shows the space where a folder lies',
    query: z.strictObject({ path }),
    result: z.object({ free: z.number().describe('bytes'), total: z.number().describe('bytes') }),
    handle: ({ query }) => client.space(query.path),
  });
  addRoute(context, {
    method: 'GET',
    path: '/fs',
    scope: 'control',
    summary: 'Lists a folder, for people who choose one',
    query: z.strictObject({ path }),
    result: z.object({ items: z.array(entry) }),
    handle: async ({ query }) => ({ items: [...(await client.browse(query.path))] }),
  });
  addOperations(context);
}

function addOperations(context: V1Context): void {
  const { client } = context;
  addRoute(context, {
    method: 'POST',
    path: '/blocklist/refresh',
    scope: 'control',
    summary: 'Reads the blocklist again',
    result: z.object({ ranges: z.int() }),
    handle: async () => ({ ranges: await client.refreshBlocklist() }),
  });
  addRoute(context, {
    method: 'GET',
    path: '/bans',
    scope: 'read',
    summary: 'Lists the addresses that were banned',
    result: bans,
    handle: () => ({ items: [...client.banned] }),
  });
  addRoute(context, {
    method: 'POST',
    path: '/bans',
    scope: 'control',
    summary: 'Closes connections with addresses and takes no more from them',
    body: z.strictObject({ hosts: z.array(z.string().max(64)).min(1).max(1000) }),
    result: bans,
    handle: async ({ body }) => {
      await client.ban(body.hosts.map(hostOf));
      return { items: [...client.banned] };
    },
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/bans/:host',
    scope: 'control',
    summary: 'Takes connections from an address again',
    params: z.strictObject({ host: z.string().max(64) }),
    status: 204,
    result: nothing,
    handle: async ({ params }) => {
      const host = hostOf(params.host);
      if (!client.banned.includes(host)) throw apiError('API_NOT_FOUND', 'this address is not banned');
      await client.unban([host]);
    },
  });
  addRoute(context, {
    method: 'POST',
    path: '/shutdown',
    scope: 'admin',
    summary: 'Ends the program in order',
    status: 202,
    result: z.object({}),
    handle: ({ reply }) => {
      // Once the answer is out, or whoever asked has gone.
      reply.raw.once('close', () => client.shutDown());
      return {};
    },
  });
}
