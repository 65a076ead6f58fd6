/** What happens, as it happens. */
import * as z from 'zod';
import { isEventPattern } from '../../client/index.ts';
import { apiError, safeHeaders } from '../../http-api/index.ts';
import { wholeNumber } from '../../openapi/index.ts';
import { CallerShares } from '../caller-shares.ts';
import { EventStream } from '../event-stream.ts';
import { addRoute, bareContent, type V1Context } from './route.ts';

/** Listeners at the same time. */
const MOST_STREAMS = 100;
/** Of one caller: every open page of a browser is one. */
const MOST_OF_CALLER = 25;

const TYPE = 'text/event-stream';

/** Hooks that add headers do not see an answer that is written by hand. */
const EVENT_HEADERS = {
  ...safeHeaders,
  'content-type': `${TYPE}; charset=utf-8`,
  // Else proxies keep what is to be sent at once.
  'x-accel-buffering': 'no',
};

/** `torrent.added`, `torrent.*`, `*`. */
export const eventPattern: z.ZodString = z
  .string()
  .max(50)
  .regex(/^(\*|[a-z]+\.(\*|[a-z-]+))$/, 'a name of an event is wanted, or its beginning with a star: torrent.*');

const query = z.strictObject({
  names: z
    .string()
    .max(1000)
    .transform((text) => text.split(','))
    .pipe(z.array(eventPattern).max(50))
    .optional()
    .describe('names of events with commas between them, or their beginnings with a star; default: all'),
  after: wholeNumber(0)
    .optional()
    .describe('id of the last known event; so has the header Last-Event-ID, which counts more. Default: only new ones'),
});
const headers = z.looseObject({ 'last-event-id': z.string().optional().describe('id of the last known event') });

export function addEvents(context: V1Context): void {
  const { client, clock, logger } = context;
  const shares = new CallerShares(MOST_STREAMS, MOST_OF_CALLER);
  const streams = new Set<EventStream>();
  context.app.addHook('preClose', () => {
    for (const stream of streams) stream.end();
  });
  addRoute(context, {
    method: 'GET',
    path: '/events',
    scope: 'read',
    isEndless: true,
    summary: 'Sends events as they happen (server-sent events), from the one after Last-Event-ID on',
    query,
    headers,
    result: bareContent,
    produces: [TYPE],
    handle: ({ query: { names = ['*'], after }, caller, request, reply }) => {
      const unknown = names.find((pattern) => !isEventPattern(pattern));
      if (unknown !== undefined) throw apiError('API_INVALID', `query/names: there is no event ${unknown}`);
      const known = request.headers['last-event-id'];
      if (known !== undefined && !/^\d{1,15}$/.test(String(known))) {
        throw apiError('API_INVALID', 'Last-Event-ID: the id of an event is a number');
      }
      const from = known === undefined ? (after ?? client.events.last) : Number(known);
      const place = shares.take(caller, 'listeners');
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, EVENT_HEADERS);
      const stream = new EventStream(raw, {
        events: client.events,
        clock,
        from,
        wants: (name) => names.some((pattern) => isOf(name, pattern)),
        isAllowed: () => caller.isValid(),
      });
      streams.add(stream);
      raw.once('close', () => {
        streams.delete(stream);
        place[Symbol.dispose]();
      });
      logger.debug('events: a listener came', { caller: caller.name });
      return reply;
    },
  });
}

const isOf = (name: string, pattern: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
