/** What can be done with torrents, one or many at a time. */
import * as z from 'zod';
import { DstError } from '../../../base/errors.ts';
import { clientError, type ManagedTorrent } from '../../client/index.ts';
import { problemOf } from '../../http-api/index.ts';
import { nothing } from '../../openapi/index.ts';
import { eachTorrent } from '../each-torrent.ts';
import { addRoute, hashParams, path, torrentOf, type V1Context } from './route.ts';
import { settingsChange, settingsOf } from './torrent-schemas.ts';

/** Most torrents that one request names; `all` has no limit. */
const MOST_HASHES = 10_000;

const start = z.strictObject({ isForced: z.boolean().optional().describe('at once, whatever the queue says') });
const move = z.strictObject({
  savePath: path,
  movesData: z.boolean().default(true).describe('false: the data is there already, and is checked'),
});
const rename = z.strictObject({
  path: z.string().min(1).max(4096).describe('of a file or folder, below the save path'),
  name: z.string().max(4096).describe('its new name, at most 255 bytes of UTF-8'),
});
const queue = z.strictObject({
  to: z.union([z.enum(['top', 'up', 'down', 'bottom']), z.strictObject({ position: z.int().min(0) })]),
});
const empty = z.strictObject({});

interface Action<Body extends z.ZodObject> {
  readonly summary: string;
  readonly body: Body;
  readonly run: (torrent: ManagedTorrent, body: z.output<Body>) => void | Promise<void>;
}

const action = <Body extends z.ZodObject>(made: Action<Body>): Action<Body> => made;

function askTrackers(torrent: ManagedTorrent): void {
  if (!torrent.reannounce()) {
    throw clientError('CLIENT_NOT_RUNNING', `nothing was announced: it does not run (${torrent.view().state})`);
  }
  if (torrent.trackers().length === 0) throw clientError('CLIENT_NO_TRACKER', 'nothing was announced: no tracker');
}

/** What is done with each torrent by itself. */
const actions = {
  start: action({
    summary: 'Lets it run when the queue says so',
    body: start,
    run: (torrent, { isForced = false }) => torrent.start({ isForced }),
  }),
  stop: action({ summary: 'Stops it until it is started again', body: empty, run: (torrent) => torrent.stop() }),
  verify: action({ summary: 'Hashes all data that is there', body: empty, run: (torrent) => torrent.verify() }),
  reannounce: action({ summary: 'Asks all trackers now', body: empty, run: askTrackers }),
  move: action({
    summary: 'Brings its files to another folder',
    body: move,
    run: (torrent, { savePath, movesData }) => torrent.setSavePath(savePath, { movesData }),
  }),
};

export function addTorrentActions(context: V1Context): void {
  for (const [name, { summary, body, run }] of Object.entries(actions) as [string, Action<z.ZodObject>][]) {
    addRoute(context, {
      method: 'POST',
      path: `/torrents/:hash/actions/${name}`,
      scope: 'control',
      summary,
      params: hashParams,
      // A request without a body is one without wishes.
      body: z.preprocess((given) => given ?? {}, body),
      status: 204,
      result: nothing,
      handle: async ({ params, body: asked }) => await run(torrentOf(context, params.hash), asked),
    });
    addMany(context, name, summary, body, (torrents, asked) => each(torrents, (torrent) => run(torrent, asked)));
  }
  addRoute(context, {
    method: 'POST',
    path: '/torrents/:hash/actions/rename',
    scope: 'control',
    summary: 'Renames a file or folder of it, on the disk too',
    params: hashParams,
    body: rename,
    status: 204,
    result: nothing,
    handle: ({ params, body }) => torrentOf(context, params.hash).rename(body.path, body.name),
  });
  addQueueing(context);
  addManyOnly(context);
}

function addQueueing(context: V1Context): void {
  const { torrents: all } = context.client;
  const summary = 'Moves it in the queue';
  addRoute(context, {
    method: 'POST',
    path: '/torrents/:hash/actions/queue',
    scope: 'control',
    summary,
    params: hashParams,
    body: queue,
    status: 204,
    result: nothing,
    handle: ({ params, body }) => all.moveInQueue([torrentOf(context, params.hash)], body.to),
  });
  addMany(context, 'queue', summary, queue, async (torrents, { to }) => {
    await all.moveInQueue(torrents, to);
    return [];
  });
}

function addManyOnly(context: V1Context): void {
  const removal = z.strictObject({ deleteData: z.boolean().default(false) });
  addMany(context, 'remove', 'Removes them', removal, async (torrents, { deleteData }) => {
    const failures = await context.client.torrents.remove(torrents, { deleteData });
    return failures.map(({ hash, error }) => failureOf(hash, error));
  });
  const changing = z.strictObject({ settings: settingsChange });
  addMany(context, 'change', 'Changes settings', changing, (torrents, { settings }) =>
    each(torrents, (torrent) => torrent.change(settingsOf(settings, torrent.view().settings.goals))),
  );
}

const outcome = z.object({
  done: z.int().describe('torrents with which it went well'),
  failed: z.array(z.object({ hash: z.string(), code: z.string(), detail: z.string() })),
});
type Failures = z.output<typeof outcome>['failed'];

/** The same for many torrents at a time; with one that fails it goes on. */
function addMany<Body extends z.ZodObject>(
  context: V1Context,
  name: string,
  summary: string,
  body: Body,
  run: (torrents: ManagedTorrent[], body: z.output<Body>) => Promise<Failures>,
): void {
  const hashes = z.union([z.literal('all'), z.array(hashParams.shape.hash).min(1).max(MOST_HASHES)]);
  addRoute(context, {
    method: 'POST',
    path: `/torrents/actions/${name}`,
    scope: 'control',
    summary: `${summary} (many torrents)`,
    body: body.extend({ hashes }),
    result: outcome,
    handle: async ({ body: asked }) => {
      const { hashes: named, ...rest } = asked as { hashes: z.output<typeof hashes> };
      const torrents =
        named === 'all' ? [...context.client.torrents.all()] : named.map((hash) => torrentOf(context, hash));
      const failed = await run(torrents, rest as z.output<Body>);
      return { done: torrents.length - failed.length, failed };
    },
  });
}

function failureOf(hash: string, error: Error): Failures[number] {
  const { code, detail = '' } = problemOf(error);
  return { hash, code, detail };
}

async function each(
  torrents: readonly ManagedTorrent[],
  run: (torrent: ManagedTorrent) => void | Promise<void>,
): Promise<Failures> {
  const outcomes = await eachTorrent(torrents, async (torrent) => {
    try {
      await run(torrent);
      return null;
    } catch (error) {
      // What is wrong with the request is wrong with all.
      if (!(error instanceof DstError)) throw error;
      return failureOf(torrent.hash, error);
    }
  });
  return outcomes.filter((failure) => failure !== null);
}
