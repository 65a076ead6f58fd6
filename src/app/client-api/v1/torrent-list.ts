/**
 * The list of torrents: filtered, sorted, in parts, or only what has changed. A long list is
 * sent part by part, so that others are answered meanwhile, and parts that are as they were are not written anew.
 */
import { Readable } from 'node:stream';
import * as z from 'zod';
import { utf8 } from '../../../base/bytes.ts';
import type { Torrents, TorrentView } from '../../client/index.ts';
import { apiError } from '../../http-api/index.ts';
import { wholeNumber } from '../../openapi/index.ts';
import { CallerShares } from '../caller-shares.ts';
import { addRoute, type V1Context } from './route.ts';
import { torrentFields, torrentPart } from './torrent-schemas.ts';

/** Most hashes in one address. */
const MOST_HASHES = 500;
/** Torrents that are sent at once, some 1.3 KB each. */
const AT_ONCE = 128;
/** Long lists under way: who takes one slowly keeps torrents as they were from being forgotten, some 5 MB of 10,000. */
const MOST_LISTS = 32;
const MOST_OF_CALLER = 8;

const isComplete = (view: TorrentView): boolean => view.hasMetadata && view.wantedDone >= view.wantedSize;

/** Words for `filter`, and whether a torrent belongs to them. */
const filters = {
  all: () => true,
  active: ({ downloadRate, uploadRate }) => downloadRate > 0 || uploadRate > 0,
  stalled: ({ isStalled }) => isStalled,
  downloading: ({ state }) => state === 'downloading' || state === 'fetching-metadata',
  seeding: ({ state }) => state === 'seeding',
  complete: isComplete,
  incomplete: (view) => !isComplete(view),
  stopped: ({ state }) => state === 'stopped',
  queued: ({ state }) => state === 'queued',
  checking: ({ state }) => state === 'checking' || state === 'waiting-to-check',
  moving: ({ state }) => state === 'moving',
  'move-failed': ({ moveProblem }) => moveProblem !== null,
  failed: ({ state }) => state === 'failed',
} satisfies Record<string, (view: TorrentView) => boolean>;

type FilterName = keyof typeof filters;
const filterNames = Object.keys(filters) as [FilterName, ...FilterName[]];

/** Fields that have an order. */
const sortable = torrentFields.filter((field) => !['settings', 'problem', 'moveProblem'].includes(field));

const fieldList = z
  .string()
  .max(2000)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(torrentFields)).min(1))
  .describe('names of fields with commas between them; default: all');

const query = z.strictObject({
  filter: z.enum(filterNames).default('all'),
  category: z.string().max(255).optional().describe('empty: those without one'),
  label: z.string().max(255).optional(),
  search: z.string().min(1).max(500).optional().describe('part of the name, in any letter case'),
  hashes: z
    .string()
    .max(MOST_HASHES * 65)
    .transform((text) => text.toLowerCase().split(','))
    .optional()
    .describe('hashes of 40 digits with commas between them'),
  sort: z.enum(sortable).default('queuePosition'),
  order: z.enum(['asc', 'desc']).default('asc'),
  offset: wholeNumber(0).default(0),
  limit: wholeNumber(1).optional().describe('default: all'),
  fields: fieldList.optional(),
  since: wholeNumber(0)
    .optional()
    .describe('revision of an earlier answer: only what has changed since then; goes with `fields` alone'),
});
type Query = z.output<typeof query>;

const result = z.object({
  revision: z.int().describe('for `since` of the next request'),
  isFull: z.boolean().describe('all torrents were looked at; false: these are changes'),
  total: z.int().describe('torrents that fit, before `offset` and `limit`'),
  torrents: z.array(torrentPart),
  removed: z
    .array(z.object({ id: z.int(), hash: z.string() }))
    .describe('gone since then; one of them that came again is in `torrents`, so these are first'),
});

export function addTorrentList(context: V1Context): void {
  const { torrents } = context.client;
  const sent = new SentParts();
  const lists = new CallerShares(MOST_LISTS, MOST_OF_CALLER);
  addRoute(context, {
    method: 'GET',
    path: '/torrents',
    scope: 'read',
    summary: 'Lists torrents, or what has changed of them since an earlier answer',
    query,
    result,
    handle: ({ query: asked, caller, reply }) => {
      const found = find(torrents, asked);
      if (asked.fields !== undefined) return { ...found, torrents: pick(found.torrents, asked.fields) };
      if (found.torrents.length > AT_ONCE) {
        const place = lists.take(caller, 'long lists under way');
        reply.raw.once('close', () => place[Symbol.dispose]());
      }
      return reply.type('application/json; charset=utf-8').send(Readable.from(bytesOf(found, sent)));
    },
  });
}

type Found = Omit<z.output<typeof result>, 'torrents'> & { readonly torrents: readonly TorrentView[] };

function find(torrents: Torrents, asked: Query): Found {
  if (asked.since !== undefined) requireAlone(asked);
  const { revision, isFull, changed, removed } = torrents.changes(asked.since ?? 0);
  if (asked.since !== undefined && !isFull) {
    const views = changed.map((torrent) => torrent.view());
    return { revision, isFull, total: views.length, torrents: views, removed: [...removed] };
  }
  const fitting = select(
    torrents.all().map((torrent) => torrent.view()),
    asked,
  );
  const { offset, limit = fitting.length } = asked;
  const page = offset === 0 && limit >= fitting.length ? fitting : fitting.slice(offset, offset + limit);
  return { revision, isFull: true, total: fitting.length, torrents: page, removed: [] };
}

/**
 * Parts of the last long list as they were sent, by their number: clients ask for the same list again and again, and most
 * of it is as it was. Views do not change: when something does, its torrent has another one.
 */
class SentParts {
  #parts: { readonly views: readonly TorrentView[]; readonly bytes: Uint8Array }[] = [];

  bytesOf(number: number, views: readonly TorrentView[]): Uint8Array {
    const known = this.#parts[number];
    if (known?.views.length === views.length && known.views.every((view, i) => view === views[i])) return known.bytes;
    const bytes = utf8(partText(number, views));
    this.#parts[number] = { views, bytes };
    return bytes;
  }

  /** Forgets those from this number on. */
  cut(number: number): void {
    this.#parts.length = Math.min(this.#parts.length, number);
  }
}

const partText = (number: number, views: readonly unknown[]): string =>
  `${number === 0 ? '' : ','}${JSON.stringify(views).slice(1, -1)}`;

/** The answer as JSON, bit by bit; as bytes, which sockets take in half of the time that strings need. */
function* bytesOf({ torrents, ...rest }: Found, sent: SentParts): Generator<Uint8Array> {
  yield utf8(`${JSON.stringify(rest).slice(0, -1)},"torrents":[`);
  const count = Math.ceil(torrents.length / AT_ONCE);
  for (let number = 0; number < count; number++) {
    const views = torrents.slice(number * AT_ONCE, (number + 1) * AT_ONCE);
    yield count === 1 ? utf8(partText(0, views)) : sent.bytesOf(number, views);
  }
  if (count > 1) sent.cut(count);
  yield utf8(']}');
}

/** Whoever gets changes of a part could not know what has left it. */
function requireAlone({ filter, category, label, search, hashes, offset, limit }: Query): void {
  const isAlone = [category, label, search, hashes, limit].every((part) => part === undefined);
  if (!isAlone || filter !== 'all' || offset > 0) {
    throw apiError('API_INVALID', 'query/since: changes are those of all torrents; it goes with fields alone');
  }
}

function select(views: TorrentView[], asked: Query): TorrentView[] {
  const { filter, category, label, hashes, sort, order } = asked;
  const search = asked.search?.toLowerCase();
  const wanted = hashes && new Set(hashes);
  const fits = filters[filter];
  const found =
    filter === 'all' && [category, label, search, wanted].every((part) => part === undefined)
      ? views
      : views.filter(
          (view) =>
            fits(view) &&
            (category === undefined || view.settings.category === category) &&
            (label === undefined || view.settings.labels.includes(label)) &&
            (search === undefined || view.name.toLowerCase().includes(search)) &&
            (wanted === undefined || wanted.has(view.hash)),
        );
  // That is the order in which they come.
  if (sort === 'queuePosition' && order === 'asc') return found;
  const direction = order === 'asc' ? 1 : -1;
  return found.sort((a, b) => direction * compare(a[sort], b[sort]));
}

type Field = TorrentView[keyof TorrentView];

/** Unknown values come first. */
function compare(a: Field, b: Field): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function pick(views: readonly TorrentView[], fields: readonly (keyof TorrentView)[]): Partial<TorrentView>[] {
  return views.map((view) => {
    const part: Record<string, Field> = {};
    for (const field of fields) part[field] = view[field];
    return part;
  });
}
