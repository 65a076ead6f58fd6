/** Torrents that the operator registers, refuses or names, and the swarms that belong to them. */
import * as z from 'zod';
import { toHex } from '../../../base/bytes.ts';
import { clientName } from '../../../codec/wire/index.ts';
import type { TorrentChange, TorrentRecord } from '../../../db/index.ts';
import { apiError } from '../../http-api/index.ts';
import { name, nothing, seconds } from '../../openapi/index.ts';
import { changeTorrents } from './aliases.ts';
import { type ApiContext, addChange, addReading } from './route.ts';
import { infoHash, infoHashText, limit, MOST_CHANGES, nextOf, pageOf, search } from './schemas.ts';

const settings = {
  name: name.nullable().optional(),
  isRegistered: z.boolean().optional().describe('served also by a tracker that serves only registered torrents'),
  isDenied: z.boolean().optional().describe('served to nobody'),
  aliasOf: infoHash.nullable().optional().describe('info hash of the torrent whose swarm this one means too'),
};

const torrent = z
  .object({
    infoHash: infoHashText,
    name: z.string().nullable(),
    isRegistered: z.boolean(),
    isDenied: z.boolean(),
    aliasOf: infoHashText.nullable(),
    completed: z.int().describe('finished downloads that are stored'),
    createdAt: seconds,
    updatedAt: seconds,
  })
  .meta({ id: 'Torrent' });

const torrentAndSwarm = torrent.extend({
  swarm: z
    .object({
      complete: z.int(),
      incomplete: z.int(),
      downloaders: z.int().describe('of the incomplete, those that download'),
      completed: z.int(),
    })
    .describe('its peers at present'),
});

const peer = z.object({
  host: z.string(),
  port: z.int(),
  peerId: z.string().describe('40 hexadecimal digits'),
  client: z.string().nullable().describe('what the peer id says of the program; it proves nothing'),
  role: z.enum(['downloading', 'seeding', 'paused']),
  silence: z.number().describe('seconds since it was last heard of'),
});

const one = z.strictObject({ infoHash });
const listQuery = z.strictObject({
  after: infoHash.optional(),
  limit,
  search: search.optional(),
  only: z.enum(['registered', 'denied', 'aliases']).optional(),
});
const changes = z.strictObject({
  changes: z
    .array(z.strictObject({ infoHash, ...settings }))
    .min(1)
    .max(MOST_CHANGES),
});

const view = (record: TorrentRecord): z.output<typeof torrent> => ({
  ...record,
  infoHash: toHex(record.infoHash),
  aliasOf: record.aliasOf === null ? null : toHex(record.aliasOf),
});

/** A torrent and what was said of it, as the log has it. */
const naming = ({ infoHash: bytes, aliasOf, ...rest }: TorrentChange): object => ({
  infoHash: toHex(bytes),
  ...rest,
  ...(aliasOf !== undefined && { aliasOf: aliasOf && toHex(aliasOf) }),
});

const unknown = (): Error => apiError('API_NOT_FOUND', 'the tracker does not know this torrent');

export function addTorrents(context: ApiContext): void {
  addTorrentReading(context);
  addTorrentChanging(context);
}

function addTorrentReading(context: ApiContext): void {
  const { service } = context;
  const { torrents } = service.repository;
  addReading(context, {
    path: '/torrents',
    scope: 'torrents:read',
    summary: 'Lists the torrents that the tracker remembers, in the order of info hashes',
    query: listQuery,
    result: pageOf(torrent, infoHashText),
    handle: async ({ query }) => {
      const records = await torrents.list(query);
      return { items: records.map(view), next: nextOf(records, query.limit, (last) => toHex(last.infoHash)) };
    },
  });
  addReading(context, {
    path: '/torrents/:infoHash',
    scope: 'torrents:read',
    summary: 'Shows a torrent and its swarm',
    params: one,
    result: torrentAndSwarm,
    handle: async ({ params }) => {
      const record = await torrents.find(params.infoHash);
      if (record === null) throw unknown();
      return { ...view(record), swarm: await service.scrape(params.infoHash) };
    },
  });
  addReading(context, {
    path: '/torrents/:infoHash/peers',
    scope: 'torrents:read',
    summary: 'Lists peers of a swarm; those on WebSockets have no address and are left out',
    params: one,
    query: z.strictObject({ limit }),
    result: pageOf(peer, z.string()),
    handle: async ({ params, query }) => {
      const peers = await service.peersOf(params.infoHash, query.limit);
      const items = peers.map((found) => ({
        ...found,
        peerId: toHex(found.peerId),
        client: clientName(found.peerId),
      }));
      return { items, next: null };
    },
  });
}

function addTorrentChanging(context: ApiContext): void {
  const { torrents } = context.service.repository;
  addChange(context, {
    method: 'PUT',
    path: '/torrents/:infoHash',
    scope: 'torrents:write',
    summary: 'Registers, denies, names or aliases a torrent; what is not named stays',
    params: one,
    body: z.strictObject(settings),
    // Not the torrent: when the last thing that was said of it is taken back, there is none to show.
    status: 204,
    result: nothing,
    handle: async ({ params, body }) => {
      const change = { infoHash: params.infoHash, ...body };
      await changeTorrents(torrents, [change]);
      return { changed: naming(change) };
    },
  });
  addChange(context, {
    method: 'PATCH',
    path: '/torrents',
    scope: 'torrents:write',
    summary: 'Changes many torrents at once, all or none: loads lists of registered or denied ones',
    body: changes,
    status: 204,
    result: nothing,
    handle: async ({ body }) => {
      await changeTorrents(torrents, body.changes);
      return { changed: { torrents: body.changes.map(naming) } };
    },
  });
  addChange(context, {
    method: 'DELETE',
    path: '/torrents/:infoHash',
    scope: 'torrents:write',
    summary: 'Forgets what was decided about a torrent, and its aliases',
    params: one,
    status: 204,
    result: nothing,
    handle: async ({ params }) => {
      if ((await torrents.remove([params.infoHash])) === 0) throw unknown();
      return { changed: naming(params) };
    },
  });
}
