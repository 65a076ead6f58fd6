/**
 * Adding a torrent: a magnet link, an info hash or a torrent file, as JSON, as a form with a file, or as the bare bytes
 * of the file. No address of the web: whoever could have one fetched by us could ask our network for anything.
 */
import multipart from '@fastify/multipart';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { parseAddress } from '../../../base/address.ts';
import { DstError, messageOf } from '../../../base/errors.ts';
import type { ByteCount } from '../../../base/units.ts';
import { defaultTorrentSettings, type NewTorrent, type NewTorrentSource } from '../../client/index.ts';
import { apiError } from '../../http-api/index.ts';
import { line, LONGEST_NAME } from '../../openapi/index.ts';
import { addRoute, path, type V1Context } from './route.ts';
import {
  filePaths,
  priorities,
  refusedPeers,
  refusedPeersView,
  settingsChange,
  settingsOf,
  torrentView,
  trackerTiers,
} from './torrent-schemas.ts';

const TORRENT_FILE = 'application/x-bittorrent';
const FORM = 'multipart/form-data';
/** Largest torrent file, bytes: the largest known ones have some megabytes. */
const LARGEST_FILE: ByteCount = 32 * 1024 * 1024;
/** As base64 in JSON, and what stands around it. */
const LONGEST_BODY: ByteCount = 44 * 1024 * 1024;
/** Longest field of a form that is no file. */
const LONGEST_FIELD: ByteCount = 256 * 1024;
const LONGEST_LINK = 16_384;

const fileBytes = z
  .union([z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64'))), z.instanceof(Uint8Array)])
  .describe('a torrent file, in JSON as base64');

const body = z
  .strictObject({
    magnet: z
      .string()
      .max(LONGEST_LINK)
      .regex(
        /^(magnet:\?.*|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[a-zA-Z2-7]{32})$/s,
        'a magnet link or an info hash is wanted',
      )
      .optional()
      .describe('magnet link or info hash'),
    torrent: fileBytes.optional(),
    sealedContent: z.base64().optional().describe('what was sealed in a .dst that its reader has opened'),
    savePath: path.optional(),
    name: line.min(1).max(LONGEST_NAME).optional(),
    settings: settingsChange.optional(),
    isStopped: z.boolean().optional().describe('added, not started'),
    isFirst: z.boolean().optional().describe('at the head of the queue'),
    isCheckSkipped: z.boolean().optional().describe('data that is there is believed to be good by its sizes'),
    select: z.array(z.int().min(0)).max(1_000_000).optional().describe('indices of wanted files; default: all'),
    priorities: priorities.optional().describe('0 to 7 by index of a file'),
    paths: filePaths.optional().describe('by index, below the save path, with slashes: of files that were renamed'),
    trackers: trackerTiers.optional(),
    peers: z.array(z.string().max(64)).max(1000).optional().describe('addresses with ports'),
  })
  .refine(
    ({ magnet, torrent, sealedContent }) =>
      [magnet, torrent, sealedContent].filter((one) => one !== undefined).length === 1,
    {
      error: 'one of magnet, torrent and sealedContent is wanted',
    },
  );
type Body = z.output<typeof body>;

/** Fields whose value is a text, as it stands, where they stand in a form or an address. All others are JSON there. */
const TEXTS = ['magnet', 'savePath', 'name', 'torrent', 'sealedContent'];
const SETTING_TEXTS = ['category', 'labels'];
const SOURCES = ['magnet', 'torrent', 'sealedContent'];

/** What an address says beside the bare bytes of a torrent file. */
const besideBytes = z.strictObject(
  Object.fromEntries(
    [...Object.keys(body.shape), ...SETTING_TEXTS]
      .filter((field) => !SOURCES.includes(field))
      .map((field) => [field, inAddress(field).optional()]),
  ),
);

/** What a form says. */
const form = besideBytes.extend({
  magnet: body.shape.magnet,
  torrent: z.unknown().optional().describe('a torrent file, as it is'),
  sealedContent: body.shape.sealedContent,
});

function inAddress(field: string): z.ZodString {
  if (field === 'labels') return z.string().describe('with commas between them');
  return [...TEXTS, ...SETTING_TEXTS].includes(field) ? z.string() : z.string().describe('as JSON');
}

const result = z.object({
  torrent: torrentView,
  isDuplicate: z.boolean().describe('it was here before, and was left as it was but for new trackers and peers'),
  refused: refusedPeers,
});

/** `app` is to have no other routes: it takes forms and torrent files. */
export async function addTorrentAdding(context: V1Context): Promise<void> {
  const { app, client } = context;
  await app.register(multipart, {
    limits: { fileSize: LARGEST_FILE, files: 1, fields: 20, parts: 20, fieldSize: LONGEST_FIELD, headerPairs: 20 },
  });
  app.addContentTypeParser(TORRENT_FILE, { parseAs: 'buffer' }, (_request, bytes, done) => {
    // A plain array: slices of a Buffer would share its memory.
    done(null, new Uint8Array(bytes as Buffer));
  });
  addBodies(app);
  addRoute(context, {
    method: 'POST',
    path: '/torrents',
    scope: 'control',
    summary: 'Adds a torrent; the fields of a form, or of the address beside bare bytes, are those of the JSON',
    query: besideBytes,
    body,
    consumes: [FORM, TORRENT_FILE],
    form,
    bodyLimit: LONGEST_BODY,
    status: 201,
    result,
    otherResults: { 200: result.describe('it was here before') },
    handle: async ({ body: asked, reply }) => {
      const { torrent, isDuplicate, refused } = await client.torrents.add(await newTorrentOf(asked));
      if (isDuplicate) void reply.code(200);
      void reply.header('location', `/api/v1/torrents/${torrent.hash}`);
      return { torrent: torrent.view(), isDuplicate, refused: refusedPeersView(refused) };
    },
  });
}

async function newTorrentOf(asked: Body): Promise<NewTorrent> {
  const { settings = {}, peers = [], magnet: _magnet, torrent: _torrent, sealedContent: _sealed, ...rest } = asked;
  return {
    ...rest,
    source: await sourceOf(asked),
    settings: settingsOf(settings, defaultTorrentSettings.goals),
    peers: peers.map((text) => {
      const address = parseAddress(text);
      if (address === null) throw apiError('API_INVALID', `body/peers: ${text} is no address with a port`);
      return address;
    }),
  };
}

async function sourceOf({ magnet, torrent, sealedContent }: Body): Promise<NewTorrentSource> {
  if (magnet !== undefined) return magnet;
  if (torrent !== undefined) return torrent;
  const { decodeSealedContent } = await import('../../sealed-torrent/index.ts');
  const sealed = new Uint8Array(Buffer.from(sealedContent ?? '', 'base64'));
  return { metainfo: decodeSealedContent(sealed), content: sealed };
}

/** Makes of a form, and of bare bytes with what the address says, a body as JSON has it. */
function addBodies(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    if (request.isMultipart()) request.body = await readForm(request);
    else if (request.body instanceof Uint8Array) {
      request.body = { ...fieldsOf(Object.entries(request.query as object)), torrent: request.body };
    } else if (Object.keys(request.query as object).length > 0) {
      throw apiError('API_INVALID', 'query: with JSON all that is to be said stands in the body');
    }
  });
}

async function readForm(request: FastifyRequest): Promise<object> {
  const fields: [string, unknown][] = [];
  let torrent: Uint8Array | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') torrent = new Uint8Array(await part.toBuffer());
      else if (part.valueTruncated) throw apiError('API_TOO_LARGE', `body/${part.fieldname} is too long`);
      else fields.push([part.fieldname, part.value]);
    }
  } catch (error) {
    const isTold = error instanceof DstError || ((error as FastifyError).statusCode ?? 500) < 500;
    throw isTold ? error : apiError('API_INVALID', `body: the form is broken: ${messageOf(error)}`);
  }
  return { ...fieldsOf(fields), ...(torrent !== undefined && { torrent }) };
}

/** Values of fields that are texts as values of JSON; category and labels (with commas) may stand beside the settings. */
function fieldsOf(entries: readonly (readonly [string, unknown])[]): object {
  const fields = new Map<string, unknown>();
  const settings = new Map<string, unknown>();
  for (const [name, value] of entries) {
    if (typeof value !== 'string' || fields.has(name) || settings.has(name)) {
      throw apiError('API_INVALID', `${name} stands there twice`);
    }
    if (SETTING_TEXTS.includes(name)) settings.set(name, name === 'labels' ? value.split(',').filter(Boolean) : value);
    else fields.set(name, TEXTS.includes(name) ? value : jsonOf(name, value));
  }
  if (settings.size > 0) {
    fields.set('settings', { ...(fields.get('settings') as object | undefined), ...Object.fromEntries(settings) });
  }
  return Object.fromEntries(fields);
}

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw apiError('API_INVALID', `${name} is to be written as JSON`);
  }
}
