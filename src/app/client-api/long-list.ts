/**
 * Long lists within the answers of other programs' dialects. They become JSON while they are sent, a part at a time, and
 * others are answered between two parts; items are as they are when it is their turn.
 */
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { utf8 } from '../../base/bytes.ts';

/** Items that are written at once, some 2 KB each. */
const AT_ONCE = 100;

export class LongList<T> {
  readonly #items: readonly T[];
  readonly #read: (items: readonly T[]) => object;

  /** `read`: items as a list, or as an object with a member each. */
  constructor(items: readonly T[], read: (items: readonly T[]) => object) {
    this.#items = items;
    this.#read = read;
  }

  get length(): number {
    return this.#items.length;
  }

  /** For an answer that is short. */
  toJSON(): object {
    return this.#read(this.#items);
  }

  async *parts(): AsyncGenerator<string> {
    const [open, close] = JSON.stringify(this.#read([])) as unknown as [string, string];
    yield open;
    for (let i = 0; i < this.#items.length; i += AT_ONCE) {
      await setImmediate();
      const text = JSON.stringify(this.#read(this.#items.slice(i, i + AT_ONCE))).slice(1, -1);
      yield i === 0 ? text : `,${text}`;
    }
    yield close;
  }
}

/** Several answers as one list, of which each may have such lists in it. */
export class AnswerList {
  readonly answers: readonly object[];

  constructor(answers: readonly object[]) {
    this.answers = answers;
  }

  /** For answers that are short. */
  toJSON(): object {
    return this.answers;
  }
}

/** Sends an answer that may have such lists in it. */
export function sendLong(reply: FastifyReply, answer: object): FastifyReply {
  void reply.type('application/json; charset=utf-8');
  return reply.send(isLong(answer) ? Readable.from(bytesOf(answer)) : answer);
}

function isLong(value: unknown): boolean {
  if (value instanceof LongList) return value.length > AT_ONCE;
  if (value instanceof AnswerList) return value.answers.some(isLong);
  return isRecord(value) && Object.values(value).some(isLong);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function* bytesOf(answer: object): AsyncGenerator<Uint8Array> {
  for await (const text of textOf(answer)) yield utf8(text);
}

async function* textOf(value: unknown): AsyncGenerator<string> {
  if (value instanceof LongList) return yield* value.parts();
  if (!isRecord(value) || !isLong(value)) return yield JSON.stringify(value);
  if (value instanceof AnswerList) return yield* listOf(value.answers);
  let before = '{';
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    yield* textOf(member);
    before = ',';
  }
  yield '}';
}

async function* listOf(answers: readonly object[]): AsyncGenerator<string> {
  let before = '[';
  for (const answer of answers) {
    yield before;
    yield* textOf(answer);
    before = ',';
  }
  yield ']';
}
