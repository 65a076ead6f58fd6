/** Announces and scrapes that go to Redis together: their entries for the script, and where its answers go. */
import type { AnnounceCall, ByteSink, SwarmCounts, SwarmStore } from '../../../tracker/index.ts';
import type { OwnCounts } from './own-counts.ts';
import {
  ANSWER_HEAD,
  AnswerField,
  AnswerMark,
  ENTRY,
  EntryField,
  EntryFlag,
  KEY_END,
  KEY_START,
  Operation,
} from './swarm-script.ts';

/** Entries of a batch at the most: Redis is busy with one for about a millisecond. */
export const BATCH = 64;

const HASH_START = KEY_START.length;
const HASH_END: number = HASH_START + 20;
/** The key of a probe, which is none of a swarm. */
const PROBE: Buffer = Buffer.from(KEY_START + KEY_END);
const noAnswer = (): Error => new Error('the script answered something else than was asked');

interface Scrape {
  readonly infoHash: Int32Array;
  readonly counts: SwarmCounts;
}

/** What an entry is of; null: a probe. */
type Asked = AnnounceCall | Scrape | null;
const isAnnounce = (asked: Asked): asked is AnnounceCall => asked !== null && 'event' in asked;

export class SwarmBatch {
  /** Resolves when all calls have their answers, wherever from; never rejects. */
  readonly done: Promise<void>;
  /** One for each entry. */
  readonly keys: Buffer[] = [];
  isSettled = false;
  readonly #own: OwnCounts;
  /** In the order of the entries. */
  readonly #asked: Asked[] = [];
  readonly #entries = Buffer.allocUnsafe(BATCH * ENTRY);
  readonly #resolve: () => void;

  constructor(own: OwnCounts) {
    this.#own = own;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#resolve = resolve;
  }

  get isFull(): boolean {
    return this.keys.length === BATCH;
  }

  get entries(): Buffer {
    return this.#entries.subarray(0, this.keys.length * ENTRY);
  }

  /** `swarm`: info hash of the swarm, which the call may have by another name. */
  addAnnounce(call: AnnounceCall, swarm: Int32Array): void {
    const { event, role } = call;
    const at = this.#begin(keyOf(swarm), call);
    const entries = this.#entries;
    const hasCompleted = event === 'completed' && role === 'seeding';
    entries[at + EntryField.operation] = event === 'stopped' ? Operation.stopped : Operation[role];
    entries[at + EntryField.flags] =
      (call.family === 6 ? EntryFlag.ipv6 : 0) |
      (event === 'started' ? EntryFlag.started : 0) |
      (hasCompleted ? EntryFlag.completed : 0) |
      (call.isForBothFamilies ? EntryFlag.bothFamilies : 0) |
      (call.wantsPeerIds ? EntryFlag.peerIds : 0) |
      (this.#own.take(call) ? 0 : EntryFlag.knownOnly);
    entries[at + EntryField.want] = Math.max(0, call.want);
    copy(call.addressBytes, 0, entries, at + EntryField.address, 18);
    copy(call.peerIdBytes, 0, entries, at + EntryField.peerId, 20);
  }

  addScrape(infoHash: Int32Array, swarm: Int32Array, counts: SwarmCounts): void {
    const at = this.#begin(keyOf(swarm), { infoHash, counts });
    this.#entries.fill(0, at, at + ENTRY);
    this.#entries[at + EntryField.operation] = Operation.scrape;
  }

  /** Asks whether the server takes writes. */
  addProbe(): void {
    const at = this.#begin(PROBE, null);
    this.#entries.fill(0, at, at + ENTRY);
    this.#entries[at + EntryField.operation] = Operation.probe;
  }

  /** Answers with where the entry begins. */
  #begin(key: Buffer, asked: Asked): number {
    this.#asked.push(asked);
    return ENTRY * (this.keys.push(key) - 1);
  }

  /**
   * Hands the script's answers out, and those of `store`, which answers at once, where the script could not. Returns the
   * first reason why, or null. Throws when these are no answers, and has touched nothing then.
   */
  settle(answers: Uint8Array, store: SwarmStore): string | null {
    this.#check(answers);
    const view = new DataView(answers.buffer, answers.byteOffset, answers.byteLength);
    let reason: string | null = null;
    let at = 0;
    for (const [i, asked] of this.#asked.entries()) {
      const end = at + lengthOf(answers, view, at, asked);
      if (hasFailed(answers, at)) {
        reason ??= this.#reasonOf(i, answers.subarray(at + ANSWER_HEAD, end));
        this.#answerFrom(store, i);
      } else if (isAnnounce(asked)) {
        readAnnounce(answers, view, at, end, asked);
        this.#own.answered(asked, answers[at + AnswerField.marks] as number, this.#wasTaken(i));
      } else if (asked !== null) {
        readCounts(view, at, asked.counts);
        this.#own.scraped(asked.infoHash, asked.counts);
      }
      at = end;
    }
    this.#finish();
    return reason;
  }

  /** Throws unless there is an answer for each entry: what is counted of some of them would be counted again. */
  #check(answers: Uint8Array): void {
    const view = new DataView(answers.buffer, answers.byteOffset, answers.byteLength);
    let at = 0;
    for (const asked of this.#asked) {
      if (at + ANSWER_HEAD > answers.length) throw noAnswer();
      at += lengthOf(answers, view, at, asked);
    }
    if (at !== answers.length) throw noAnswer();
  }

  #reasonOf(entry: number, text: Uint8Array): string {
    const reason = new TextDecoder().decode(text);
    if (this.#asked[entry] === null) return reason;
    return `${reason} (swarm ${this.keys[entry]?.toString('hex', HASH_START, HASH_END)})`;
  }

  #wasTaken(entry: number): boolean {
    return ((this.#entries[entry * ENTRY + EntryField.flags] as number) & EntryFlag.knownOnly) === 0;
  }

  /** Answers from another store, which answers at once. */
  settleFrom(store: SwarmStore): void {
    for (const i of this.#asked.keys()) this.#answerFrom(store, i);
    this.#finish();
  }

  #answerFrom(store: SwarmStore, entry: number): void {
    const asked = this.#asked[entry] as Asked;
    if (isAnnounce(asked)) {
      this.#own.unanswered(asked, this.#wasTaken(entry));
      void store.announce(asked);
    } else if (asked !== null) {
      void store.scrape(asked.infoHash, asked.counts);
    }
  }

  #finish(): void {
    this.isSettled = true;
    this.#resolve();
  }
}

/** The name that a swarm's keys begin with. */
export function keyOf(swarm: Int32Array): Buffer {
  const key = Buffer.allocUnsafe(HASH_END + KEY_END.length);
  key.write(KEY_START, 'latin1');
  copy(new Uint8Array(swarm.buffer, swarm.byteOffset, 20), 0, key, HASH_START, 20);
  key.write(KEY_END, HASH_END, 'latin1');
  return key;
}

function readCounts(view: DataView, at: number, counts: Omit<SwarmCounts, 'completed'>): void {
  counts.complete = view.getUint32(at + AnswerField.complete);
  counts.incomplete = view.getUint32(at + AnswerField.incomplete);
  counts.downloaders = view.getUint32(at + AnswerField.downloaders);
}

const hasFailed = (answers: Uint8Array, at: number): boolean =>
  ((answers[at + AnswerField.marks] as number) & AnswerMark.failed) !== 0;

/** Length of the answer that begins at `at`. */
function lengthOf(answers: Uint8Array, view: DataView, at: number, asked: Asked): number {
  if (hasFailed(answers, at)) return ANSWER_HEAD + view.getUint32(at + AnswerField.complete);
  if (!isAnnounce(asked)) return ANSWER_HEAD;
  const [count4, count6] = countsIn(answers, at);
  return ANSWER_HEAD + 6 * count4 + 18 * count6 + (asked.wantsPeerIds ? 20 * (count4 + count6) : 0);
}

const countsIn = (answers: Uint8Array, at: number): [count4: number, count6: number] => [
  answers[at + AnswerField.count4] as number,
  answers[at + AnswerField.count6] as number,
];

function readAnnounce(answers: Uint8Array, view: DataView, from: number, end: number, call: AnnounceCall): void {
  call.complete = view.getUint32(from + AnswerField.complete);
  call.incomplete = view.getUint32(from + AnswerField.incomplete);
  const [count4, count6] = countsIn(answers, from);
  let at = from + ANSWER_HEAD;
  at = fill(call.peers4, answers, at, 6 * count4);
  at = fill(call.peers6, answers, at, 18 * count6);
  fill(call.peerIds, answers, at, end - at);
}

function fill(sink: ByteSink, bytes: Uint8Array, at: number, length: number): number {
  copy(bytes, at, sink.bytes, 0, length);
  sink.at = length;
  return at + length;
}

function copy(from: Uint8Array, at: number, to: Uint8Array, start: number, length: number): void {
  for (let i = 0; i < length; i++) to[start + i] = from[at + i] as number;
}
