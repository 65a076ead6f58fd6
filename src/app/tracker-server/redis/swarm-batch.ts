/** Announces and scrapes that go to Redis together: their entries for the script, and where its answers go. */
import type { AnnounceCall, ByteSink, SwarmCounts, SwarmStore } from '../../../tracker/index.ts';
import type { OwnCounts } from './own-counts.ts';
import { ANSWER_HEAD, AnswerField, ENTRY, EntryField, EntryFlag, Operation } from './swarm-script.ts';

/** Entries of a batch at the most: Redis is busy with one for about a millisecond. */
export const BATCH = 64;

const KEY_START = Buffer.from('{t');
const KEY_END = Buffer.from('}');
const KEY = KEY_START.length + 20 + KEY_END.length;
const noAnswer = (): Error => new Error('the script answered something else than was asked');

export class SwarmBatch {
  /** Resolves when all calls have their answers, wherever from; never rejects. */
  readonly done: Promise<void>;
  /** One for each entry. */
  readonly keys: Buffer[] = [];
  isSettled = false;
  readonly #own: OwnCounts;
  readonly #calls: AnnounceCall[] = [];
  readonly #scrapes: { readonly infoHash: Int32Array; readonly counts: SwarmCounts }[] = [];
  /** In the order of the entries. */
  readonly #isAnnounce: boolean[] = [];
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
    const at = this.#begin(swarm, true);
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
    this.#calls.push(call);
  }

  addScrape(infoHash: Int32Array, swarm: Int32Array, counts: SwarmCounts): void {
    const at = this.#begin(swarm, false);
    this.#entries.fill(0, at, at + ENTRY);
    this.#entries[at] = Operation.scrape;
    this.#scrapes.push({ infoHash, counts });
  }

  #begin(swarm: Int32Array, isAnnounce: boolean): number {
    this.#isAnnounce.push(isAnnounce);
    return ENTRY * (this.keys.push(keyOf(swarm)) - 1);
  }

  /** Hands the script's answers out; throws when they are none, and has touched nothing then. */
  settle(answers: Uint8Array): void {
    this.#check(answers);
    const view = new DataView(answers.buffer, answers.byteOffset, answers.byteLength);
    let at = 0;
    let announced = 0;
    let scraped = 0;
    for (const [i, isAnnounce] of this.#isAnnounce.entries()) {
      if (isAnnounce) {
        const call = this.#calls[announced++] as AnnounceCall;
        const marks = answers[at + AnswerField.marks] as number;
        at = readAnnounce(answers, view, at, call);
        this.#own.answered(call, marks, this.#wasTaken(i));
      } else {
        const { infoHash, counts } = this.#scrapes[scraped++] as { infoHash: Int32Array; counts: SwarmCounts };
        readCounts(view, at, counts);
        this.#own.scraped(infoHash, counts);
        at += ANSWER_HEAD;
      }
    }
    this.#finish();
  }

  /** Throws unless there is an answer for each entry: what is counted of some of them would be counted again. */
  #check(answers: Uint8Array): void {
    let at = 0;
    let announced = 0;
    for (const isAnnounce of this.#isAnnounce) {
      if (at + ANSWER_HEAD > answers.length) throw noAnswer();
      at += isAnnounce ? lengthOf(answers, at, this.#calls[announced++] as AnnounceCall) : ANSWER_HEAD;
    }
    if (at !== answers.length) throw noAnswer();
  }

  #wasTaken(entry: number): boolean {
    return ((this.#entries[entry * ENTRY + EntryField.flags] as number) & EntryFlag.knownOnly) === 0;
  }

  /** Answers from another store, which answers at once. */
  settleFrom(store: SwarmStore): void {
    let announced = 0;
    for (const [i, isAnnounce] of this.#isAnnounce.entries()) {
      if (isAnnounce) this.#own.unanswered(this.#calls[announced++] as AnnounceCall, this.#wasTaken(i));
    }
    for (const call of this.#calls) void store.announce(call);
    for (const { infoHash, counts } of this.#scrapes) void store.scrape(infoHash, counts);
    this.#finish();
  }

  #finish(): void {
    this.isSettled = true;
    this.#resolve();
  }
}

/** The name that a swarm's keys begin with. */
export function keyOf(swarm: Int32Array): Buffer {
  const key = Buffer.allocUnsafe(KEY);
  KEY_START.copy(key);
  copy(new Uint8Array(swarm.buffer, swarm.byteOffset, 20), 0, key, KEY_START.length, 20);
  KEY_END.copy(key, KEY - KEY_END.length);
  return key;
}

function readCounts(view: DataView, at: number, counts: Omit<SwarmCounts, 'completed'>): void {
  counts.complete = view.getUint32(at + AnswerField.complete);
  counts.incomplete = view.getUint32(at + AnswerField.incomplete);
  counts.downloaders = view.getUint32(at + AnswerField.downloaders);
}

function lengthOf(answers: Uint8Array, at: number, { wantsPeerIds }: AnnounceCall): number {
  const [count4, count6] = countsIn(answers, at);
  return ANSWER_HEAD + 6 * count4 + 18 * count6 + (wantsPeerIds ? 20 * (count4 + count6) : 0);
}

const countsIn = (answers: Uint8Array, at: number): [count4: number, count6: number] => [
  answers[at + AnswerField.count4] as number,
  answers[at + AnswerField.count6] as number,
];

/** Answers with where the next answer begins. */
function readAnnounce(answers: Uint8Array, view: DataView, from: number, call: AnnounceCall): number {
  call.complete = view.getUint32(from + AnswerField.complete);
  call.incomplete = view.getUint32(from + AnswerField.incomplete);
  const [count4, count6] = countsIn(answers, from);
  const end = from + lengthOf(answers, from, call);
  let at = from + ANSWER_HEAD;
  at = fill(call.peers4, answers, at, 6 * count4);
  at = fill(call.peers6, answers, at, 18 * count6);
  fill(call.peerIds, answers, at, end - at);
  return end;
}

function fill(sink: ByteSink, bytes: Uint8Array, at: number, length: number): number {
  copy(bytes, at, sink.bytes, 0, length);
  sink.at = length;
  return at + length;
}

function copy(from: Uint8Array, at: number, to: Uint8Array, start: number, length: number): void {
  for (let i = 0; i < length; i++) to[start + i] = from[at + i] as number;
}
