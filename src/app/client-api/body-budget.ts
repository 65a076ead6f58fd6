/**
 * Bodies stay in memory until they are answered. Whoever may only look sends short ones; the long ones of all others share
 * a budget, and short ones pass whatever is under way.
 */
import { type Readable, Transform } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ByteCount } from '../../base/units.ts';
import { allows, type Scope } from '../access/index.ts';
import { apiError } from '../http-api/index.ts';

/** Longest body of callers without the scope `control`; up to it nothing is counted. */
const SHORT: ByteCount = 64 * 1024;
/** A form whose length is not said counts as one so long; no route takes more. */
const LONGEST: ByteCount = 64 * 1024 * 1024;
/** All long bodies that are under way at a time. */
const BUDGET: ByteCount = 96 * 1024 * 1024;

export class BodyBudget {
  #left: ByteCount;

  constructor(budget: ByteCount = BUDGET) {
    this.#left = budget;
  }

  /** Holds the bodies of an app against it, once its hooks know who asks; the scope is null of who is nobody. */
  addTo(app: FastifyInstance, scopeOf: (request: FastifyRequest) => Scope | null): void {
    app.addHook('preParsing', (request, reply, payload: Readable, done) => {
      const { 'content-length': declared, 'transfer-encoding': encoding } = request.headers;
      if (declared === undefined && encoding === undefined) {
        done(null, payload);
        return;
      }
      const scope = scopeOf(request);
      const isLongAllowed = scope !== null && allows(scope, 'control');
      const grow = this.#account(reply, isLongAllowed);
      // A form is read past what this hook gives.
      const isForm = /^multipart\//i.test(request.headers['content-type'] ?? '');
      if (declared === undefined && !isForm) {
        done(null, counted(payload, grow));
        return;
      }
      done(grow(Math.min(declared === undefined ? LONGEST : Number(declared), LONGEST)), payload);
    });
  }

  /** Takes more bytes of one body; gives the reason when they may not come. They are given back when it is answered. */
  #account(reply: FastifyReply, isLongAllowed: boolean): (bytes: ByteCount) => Error | null {
    let size: ByteCount = 0;
    let taken: ByteCount = 0;
    reply.raw.once('close', () => {
      this.#left += taken;
    });
    return (bytes) => {
      size += bytes;
      if (size <= SHORT) return null;
      if (!isLongAllowed)
        return apiError('API_TOO_LARGE', `without the scope control a body has at most ${SHORT} bytes`);
      if (size - taken > this.#left) return apiError('API_BUSY', 'too many long bodies are under way');
      this.#left -= size - taken;
      taken = size;
      return null;
    };
  }
}

function counted(payload: Readable, grow: (bytes: ByteCount) => Error | null): Readable {
  const stream = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      const refused = grow(chunk.length);
      if (refused === null) done(null, chunk);
      else done(refused);
    },
  });
  payload.once('error', (error) => stream.destroy(error));
  // Who reads it is told; where nobody does (who asks has gone before), an error without a listener would end the program.
  stream.on('error', () => {});
  return payload.pipe(stream);
}
