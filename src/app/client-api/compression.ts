/**
 * Answers as gzip (RFC 9110, 8.4.1), for those who ask for it: long lists are a tenth of their size then. What says how
 * long it is (files and their ranges) and what never ends stays as it is.
 */
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import type { ByteCount } from '../../base/units.ts';

/** What is shorter fits in a packet anyway. */
const SHORT: ByteCount = 1400;
/** The next levels take two to five times as long for a tenth less. */
const options = { level: constants.Z_BEST_SPEED };
const TEXT = /^(?:application\/(?:[\w.-]+\+)?json|text\/(?:plain|html))\b/;

const compressed = promisify(gzip) as (text: string | Buffer, how: typeof options) => Promise<Buffer>;

export function addCompression(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const isLong = payload instanceof Readable || (isBytes(payload) && payload.length >= SHORT);
    if (!isLong || request.method === 'HEAD' || reply.hasHeader('content-length')) return payload;
    if (!TEXT.test(String(reply.getHeader('content-type')))) return payload;
    void reply.header('vary', 'Accept-Encoding');
    if (!takesGzip(request.headers['accept-encoding'])) return payload;
    void reply.header('content-encoding', 'gzip');
    if (!(payload instanceof Readable)) return await compressed(payload, options);
    // Who reads it learns of a failure, and ends what it comes from when nobody reads any more.
    return pipeline(payload, createGzip(options), () => undefined);
  });
}

const isBytes = (payload: unknown): payload is string | Buffer =>
  typeof payload === 'string' || Buffer.isBuffer(payload);

/** Said by name: who takes anything (`*`) or says nothing gets what costs nothing. */
const takesGzip = (accepted: string | string[] = ''): boolean =>
  String(accepted)
    .toLowerCase()
    .split(',')
    .some((one) => {
      const [name, weight = ''] = one.split(';').map((part) => part.trim());
      return (name === 'gzip' || name === 'x-gzip') && !/^q=0(?:\.0*)?$/.test(weight);
    });
