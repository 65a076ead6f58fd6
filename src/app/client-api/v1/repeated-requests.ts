/**
 * A request whose answer got lost can be repeated: with the same `Idempotency-Key` it is done once and answered again
 * (draft-ietf-httpapi-idempotency-key-header). Answers are kept in memory for a day, so many and so long ones.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { equalBytes, toHex } from '../../../base/bytes.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ByteCount, Millis } from '../../../base/units.ts';
import type { Caller } from '../../access/index.ts';
import { apiError, hashOfSecret } from '../../http-api/index.ts';
import { sessionIdOf } from '../callers.ts';

const LIFETIME: Millis = 24 * 3_600_000;
const MOST_KEYS = 1000;
/** Of all answers that are kept. */
const MOST_BYTES: ByteCount = 4 * 1024 * 1024;
const KEY = /^[\x21-\x7e]{1,255}$/;

interface Kept {
  readonly at: Millis;
  /** SHA-256 of what was asked. */
  readonly asked: Uint8Array;
  /** Null while the request is under way. */
  answer: { readonly status: number; readonly location: string | null; readonly body: string | undefined } | null;
}

export class RepeatedRequests {
  readonly #clock: Pick<Clock, 'now'>;
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();
  #bytes: ByteCount = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The answer to a request, from `handle` unless it was given before. Rejects API_KEY_REUSED, API_CONFLICT, API_INVALID. */
  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller,
    handle: () => Promise<unknown>,
  ): Promise<unknown> {
    const shown = request.headers['idempotency-key'];
    if (shown === undefined) return await handle();
    if (typeof shown !== 'string' || !KEY.test(shown)) {
      throw apiError('API_INVALID', 'an Idempotency-Key has 1 to 255 visible characters');
    }
    const key = `${caller.kind} ${caller.user} ${proofOf(request)} ${request.url} ${shown}`;
    const asked = hashOfSecret(JSON.stringify(request.body, asJson) ?? '');
    this.#forgetOld();
    const known = this.#kept.get(key);
    if (known !== undefined) return this.#repeat(known, asked, reply);
    const kept: Kept = { at: this.#clock.now(), asked, answer: null };
    this.#kept.set(key, kept);
    try {
      const result = await handle();
      const location = reply.getHeader('location');
      kept.answer = {
        status: reply.statusCode,
        location: typeof location === 'string' ? location : null,
        // What was sent by itself is a stream or bytes: such routes are not repeated.
        body: result === reply ? undefined : JSON.stringify(result),
      };
      // It may have been pushed out meanwhile.
      if (this.#kept.get(key) === kept) this.#bytes += sizeOf(kept);
      this.#forgetOld();
      return result;
    } catch (error) {
      // It may go better the next time.
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      throw error;
    }
  }

  #repeat({ asked: before, answer }: Kept, asked: Uint8Array, reply: FastifyReply): unknown {
    if (!equalBytes(before, asked)) {
      throw apiError('API_KEY_REUSED', 'the Idempotency-Key was used for another request');
    }
    if (answer === null) throw apiError('API_CONFLICT', 'the first request with this Idempotency-Key is under way');
    void reply.code(answer.status);
    void reply.header('idempotent-replayed', 'true');
    if (answer.location !== null) void reply.header('location', answer.location);
    return answer.body === undefined ? undefined : (JSON.parse(answer.body) as unknown);
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    for (const [key, kept] of this.#kept) {
      const isFull = this.#kept.size > MOST_KEYS || this.#bytes > MOST_BYTES;
      if (!isFull && now - kept.at < LIFETIME) break;
      this.#kept.delete(key);
      this.#bytes -= sizeOf(kept);
    }
  }
}

const sizeOf = ({ answer }: Kept): ByteCount => answer?.body?.length ?? 0;

/** What the caller shows, as a hash: another token or session may belong to another one with the same name. */
const proofOf = (request: FastifyRequest): string =>
  toHex(hashOfSecret(request.headers.authorization ?? sessionIdOf(request) ?? ''));

/** What JSON has no form for, or an empty one: a torrent file in a body, and numbers by file. */
const asJson = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array
    ? Buffer.from(value).toString('base64')
    : value instanceof Map
      ? [...(value as Map<unknown, unknown>)]
      : value;
