/** One torrent: what it is, and what can be said of it at once. */
import * as z from 'zod';
import { addressKey, parseAddress } from '../../../base/address.ts';
import { clientError } from '../../client/index.ts';
import { apiError } from '../../http-api/index.ts';
import { LONGEST_NAME, line, nothing } from '../../openapi/index.ts';
import { attachment } from '../content-disposition.ts';
import { addRoute, bareContent, flag, hashParams, torrentOf, type V1Context } from './route.ts';
import {
  fileView,
  peerView,
  priorities,
  refusedPeers,
  refusedPeersView,
  settingsChange,
  settingsOf,
  torrentDetails,
  torrentView,
  trackerTiers,
  trackerView,
} from './torrent-schemas.ts';

const listOf = <Item extends z.ZodType>(item: Item): z.ZodObject<{ items: z.ZodArray<Item> }> =>
  z.object({ items: z.array(item) });

const change = z.strictObject({
  name: line.min(1).max(LONGEST_NAME).optional(),
  settings: settingsChange.optional(),
});

const finding = z.object({
  code: z.string(),
  weight: z.enum(['blocks', 'slows', 'note']),
  message: z.string(),
  advice: z.string().nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

const event = z.object({
  id: z.int(),
  at: z.int().describe('unix seconds'),
  name: z.string(),
  data: z.record(z.string(), z.unknown()).describe('by name, see docs/events.md'),
});

const pieces = z.object({
  count: z.int(),
  have: z.string().describe('base64 of a bit for each piece, the first one highest (BEP 3)'),
  active: z.array(z.int()).describe('pieces under way'),
  availability: z.array(z.int()).describe('copies at connected peers, by piece; empty: unknown'),
});

export function addTorrent(context: V1Context): void {
  addShowing(context);
  addChanging(context);
  addDetails(context);
  addExport(context);
}

function addShowing(context: V1Context): void {
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash',
    scope: 'read',
    summary: 'Shows a torrent',
    params: hashParams,
    result: torrentDetails,
    handle: ({ params }) => {
      const torrent = torrentOf(context, params.hash);
      return { ...torrent.view(), magnetLink: torrent.magnetLink() };
    },
  });
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/why',
    scope: 'read',
    summary: 'Says why a torrent is slow or stands still',
    params: hashParams,
    result: z.object({ summary: z.string(), findings: z.array(finding) }),
    handle: ({ params }) => {
      const { summary, findings } = torrentOf(context, params.hash).why();
      return { summary, findings: [...findings] };
    },
  });
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/log',
    scope: 'read',
    summary: 'Lists the events of a torrent, oldest first, as far as they are not forgotten',
    params: hashParams,
    result: listOf(event),
    handle: ({ params }) => {
      const { hash } = torrentOf(context, params.hash);
      const { events } = context.client.events.since(0);
      return { items: events.filter(({ data }) => 'hash' in data && data.hash === hash) };
    },
  });
}

function addChanging(context: V1Context): void {
  addRoute(context, {
    method: 'PATCH',
    path: '/torrents/:hash',
    scope: 'control',
    summary: 'Changes the name or settings of a torrent; what is not named stays',
    params: hashParams,
    body: change,
    result: torrentView,
    handle: async ({ params, body: { name, settings } }) => {
      const torrent = torrentOf(context, params.hash);
      if (settings !== undefined) await torrent.change(settingsOf(settings, torrent.view().settings.goals));
      if (name !== undefined) await torrent.setName(name);
      return torrent.view();
    },
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/torrents/:hash',
    scope: 'control',
    summary: 'Removes a torrent; its data stays unless `data=true`',
    params: hashParams,
    query: z.strictObject({ data: flag.default(false).describe('deletes the data too') }),
    status: 204,
    result: nothing,
    handle: async ({ params, query }) => {
      const torrents = [torrentOf(context, params.hash)];
      const [failure] = await context.client.torrents.remove(torrents, { deleteData: query.data });
      if (failure !== undefined) throw failure.error;
    },
  });
}

function addDetails(context: V1Context): void {
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/files',
    scope: 'read',
    summary: 'Lists the files of a torrent',
    params: hashParams,
    result: listOf(fileView),
    handle: ({ params }) => ({ items: [...torrentOf(context, params.hash).files()] }),
  });
  addRoute(context, {
    method: 'PATCH',
    path: '/torrents/:hash/files',
    scope: 'control',
    summary: 'Changes the priorities of files: 0 is not wanted, 4 normal, 7 highest',
    params: hashParams,
    body: z.strictObject({ priorities: priorities.describe('by index of the file') }),
    result: listOf(fileView),
    handle: async ({ params, body }) => {
      const torrent = torrentOf(context, params.hash);
      await torrent.setPriorities(body.priorities);
      return { items: [...torrent.files()] };
    },
  });
  addPeers(context);
  addTrackers(context);
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/webseeds',
    scope: 'read',
    summary: 'Lists the web seeds of a torrent',
    params: hashParams,
    result: listOf(z.string()),
    handle: ({ params }) => ({ items: [...torrentOf(context, params.hash).webSeeds()] }),
  });
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/pieces',
    scope: 'read',
    summary: 'Shows which pieces are there, under way, and at peers',
    params: hashParams,
    result: pieces,
    handle: ({ params }) => {
      const map = torrentOf(context, params.hash).pieces();
      if (map === null) throw apiError('API_CONFLICT', 'the pieces are known when the metadata is there');
      const { have, active, availability } = map;
      return {
        count: have.size,
        have: Buffer.from(have.bytes).toString('base64'),
        active: [...active],
        availability: [...availability],
      };
    },
  });
}

function addPeers(context: V1Context): void {
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/peers',
    scope: 'read',
    summary: 'Lists the connected peers of a torrent',
    params: hashParams,
    result: listOf(peerView),
    handle: ({ params }) => ({ items: [...torrentOf(context, params.hash).peers()] }),
  });
  addRoute(context, {
    method: 'POST',
    path: '/torrents/:hash/peers',
    scope: 'control',
    summary: 'Tells a torrent of peers; those that are refused are named with the reason, and it fails when all are',
    params: hashParams,
    body: z.strictObject({ peers: z.array(z.string().max(64)).min(1).max(1000).describe('addresses with ports') }),
    result: z.object({ added: z.array(z.string()), refused: refusedPeers }),
    handle: async ({ params, body }) => {
      const addresses = body.peers.map((text) => parseAddress(text));
      const wrong = addresses.indexOf(null);
      if (wrong >= 0) throw apiError('API_INVALID', `body/peers: ${body.peers[wrong]} is no address with a port`);
      const known = addresses.filter((address) => address !== null);
      const refused = await torrentOf(context, params.hash).addPeers(known);
      const views = refusedPeersView(refused);
      if (refused.length === known.length) {
        throw clientError('CLIENT_PEER_REFUSED', views.map(({ peer, reason }) => `${peer}: ${reason}`).join('; '));
      }
      const isRefused = new Set(views.map(({ peer }) => peer));
      return { added: known.map(addressKey).filter((peer) => !isRefused.has(peer)), refused: views };
    },
  });
}

function addTrackers(context: V1Context): void {
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/trackers',
    scope: 'read',
    summary: 'Lists the trackers of a torrent',
    params: hashParams,
    result: listOf(trackerView),
    handle: ({ params }) => ({ items: [...torrentOf(context, params.hash).trackers()] }),
  });
  addRoute(context, {
    method: 'PUT',
    path: '/torrents/:hash/trackers',
    scope: 'control',
    summary: 'Sets the trackers of a torrent: tiers, of which the first is asked first',
    params: hashParams,
    body: z.strictObject({ tiers: trackerTiers }),
    result: listOf(trackerView),
    handle: async ({ params, body }) => {
      const torrent = torrentOf(context, params.hash);
      await torrent.setTrackers(body.tiers);
      return { items: [...torrent.trackers()] };
    },
  });
}

function addExport(context: V1Context): void {
  addRoute(context, {
    method: 'GET',
    path: '/torrents/:hash/metainfo',
    scope: 'read',
    summary: 'Gives the torrent file',
    params: hashParams,
    result: bareContent,
    produces: ['application/x-bittorrent'],
    handle: ({ params, reply }) => {
      const torrent = torrentOf(context, params.hash);
      const bytes = torrent.torrentFile();
      if (bytes === null) throw apiError('API_CONFLICT', 'there is a torrent file when the metadata is there');
      return reply
        .type('application/x-bittorrent')
        .header('content-disposition', attachment(`${torrent.view().name}.torrent`))
        .send(Buffer.from(bytes));
    },
  });
}
