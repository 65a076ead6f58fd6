/** Making torrents of files on the client's machine. */
import { dirname } from 'node:path';
import * as z from 'zod';
import { hashOf } from '../../client/index.ts';
import { apiError } from '../../http-api/index.ts';
import { line, nothing, seconds, wholeNumber } from '../../openapi/index.ts';
import { attachment } from '../content-disposition.ts';
import type { CreationTask } from '../creation-tasks.ts';
import { addRoute, bareContent, path, type V1Context } from './route.ts';
import { trackerTiers } from './torrent-schemas.ts';

const task = z
  .object({
    id: z.int(),
    path: z.string(),
    state: z.enum(['waiting', 'running', 'done', 'failed']),
    hashed: z.number().describe('bytes'),
    total: z.number().describe('bytes; 0: not known yet'),
    createdAt: seconds,
    hash: z.string().nullable().describe('info hash, 40 digits; null until it is done'),
    skipped: z.array(z.object({ path: z.string(), reason: z.string() })).describe('files that are not part of it'),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  })
  .meta({ id: 'CreationTask' });

const creation = z.strictObject({
  path: path.describe('absolute path of the file or folder'),
  name: line.min(1).max(255).optional(),
  format: z.enum(['v1', 'v2', 'hybrid']).default('v1'),
  pieceLength: z
    .int()
    .min(16_384)
    .max(512 * 1024 * 1024)
    .refine((length) => Number.isInteger(Math.log2(length)), 'a power of two is wanted')
    .optional()
    .describe('bytes'),
  trackers: trackerTiers.default([]),
  webSeeds: z.array(z.string().min(1).max(2048)).max(100).default([]),
  comment: z.string().max(10_000).optional(),
  source: line.max(255).optional(),
  isPrivate: z.boolean().default(false),
  seeds: z.boolean().default(false).describe('adds the torrent, whose data is there'),
});

const one = z.strictObject({ id: wholeNumber(1) });

const viewOf = ({
  result,
  options: _options,
  startedAt: _startedAt,
  finishedAt: _finishedAt,
  ...rest
}: CreationTask): z.output<typeof task> => ({
  ...rest,
  hash: result === null ? null : hashOf(result.metainfo.infoHashes),
  skipped: result === null ? [] : result.skipped.map((skipped) => ({ ...skipped })),
});

export function addCreation(context: V1Context): void {
  const tasks = context.creations;
  const existing = (id: number): CreationTask => {
    const found = tasks.find(id);
    if (found === null) throw apiError('API_NOT_FOUND', 'there is no such task');
    return found;
  };
  addStarting(context);
  addRoute(context, {
    method: 'GET',
    path: '/create',
    scope: 'control',
    summary: 'Lists the torrents that are being made, or were lately',
    result: z.object({ items: z.array(task) }),
    handle: () => ({ items: tasks.all().map(viewOf) }),
  });
  addRoute(context, {
    method: 'GET',
    path: '/create/:id',
    scope: 'control',
    summary: 'Shows how far it is',
    params: one,
    result: task,
    handle: ({ params }) => viewOf(existing(params.id)),
  });
  addRoute(context, {
    method: 'GET',
    path: '/create/:id/torrent',
    scope: 'control',
    summary: 'Gives the torrent file that was made',
    params: one,
    result: bareContent,
    produces: ['application/x-bittorrent'],
    handle: ({ params, reply }) => {
      const { result } = existing(params.id);
      if (result === null) throw apiError('API_CONFLICT', 'the torrent is not made yet');
      return reply
        .type('application/x-bittorrent')
        .header('content-disposition', attachment(`${result.metainfo.info.name}.torrent`))
        .send(Buffer.from(result.bytes));
    },
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/create/:id',
    scope: 'control',
    summary: 'Ends the work, and forgets it',
    params: one,
    status: 204,
    result: nothing,
    handle: ({ params }) => {
      if (!tasks.remove(params.id)) throw apiError('API_NOT_FOUND', 'there is no such task');
    },
  });
}

function addStarting(context: V1Context): void {
  const { client, creations: tasks } = context;
  addRoute(context, {
    method: 'POST',
    path: '/create',
    scope: 'control',
    summary: 'Begins to make a torrent of a file or folder',
    body: creation,
    status: 202,
    result: task,
    handle: async ({ body, reply }) => {
      const { path: of, seeds, name, pieceLength, comment, source, ...rest } = body;
      // Rejects for what is outside of the folders that callers may name.
      await client.space(of);
      const options = {
        ...rest,
        ...(name !== undefined && { name }),
        ...(pieceLength !== undefined && { pieceLength }),
        ...(comment !== undefined && { comment }),
        ...(source !== undefined && { source }),
      };
      const begun = tasks.add(of, options, async ({ bytes }) => {
        if (seeds) await client.torrents.add({ source: bytes, savePath: dirname(of) });
      });
      void reply.header('location', `/api/v1/create/${begun.id}`);
      return viewOf(begun);
    },
  });
}
