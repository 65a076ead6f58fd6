import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, toHex } from '../../base/bytes.ts';
import { Geometry } from '../../codec/metainfo/index.ts';
import { decodeJournal, encodeHeader, encodeSnapshot, type JournalIdentity } from './journal-format.ts';
import {
  encodeCheckpoint,
  encodeDone,
  encodeForget,
  encodeIntent,
  encodeMove,
  encodeOrigin,
  encodePaths,
  encodeRecord,
  PATHS,
} from './journal-records.ts';
import { JournalState } from './journal-state.ts';

const pieceCount = 12;

function identityOf(lengths: readonly number[], pieceLength = 16384): JournalIdentity {
  let offset = 0;
  const files = lengths.map((length, i) => {
    const file = { path: [`${i}`], originalPath: [`${i}`], length, offset, isPad: false, isExecutable: false };
    offset += length;
    return { ...file, isHidden: false, symlink: null, piecesRoot: null };
  });
  const geometry = new Geometry({
    pieceLength,
    pieceCount: Math.ceil(offset / pieceLength),
    length: offset,
    files,
    hasV1: true,
  });
  return { geometry, infoHashes: { v1: new Uint8Array(20).fill(0x11), v2: null } };
}

const identity = identityOf([100_000, 90_000]);
const bootId = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const header = encodeHeader(identity, bootId);
const empty = encodeSnapshot(new JournalState(pieceCount));

/** A state as plain values. */
const plain = (state: JournalState | undefined): unknown =>
  state && {
    done: [...state.done],
    durable: [...state.durable],
    suspect: [...state.suspect],
    inFlight: [...state.inFlight],
    stamps: [...state.stamps],
    rest: [state.isClean, state.lastTime, state.moveTarget],
  };

const piece = fc.integer({ min: 0, max: pieceCount - 1 });
const pieces = fc.uniqueArray(piece, { minLength: 1, maxLength: 4 });
const time = fc.integer({ min: 0, max: 2 ** 41 });
const stamps = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 13 }), fc.double({ min: 0, max: 2 ** 41, noNaN: true })), { maxLength: 3 })
  .map((list) => list.flat());

/** Records and what each does to a state. */
const change: fc.Arbitrary<readonly [Uint8Array, (state: JournalState) => void]> = fc.oneof(
  fc
    .tuple(time, pieces)
    .map(([at, list]) => [encodeIntent(at, list), (s: JournalState) => s.markIntent(at, list)] as const),
  fc
    .tuple(pieces, stamps)
    .map(([list, at]) => [encodeDone(list, at), (s: JournalState) => s.markDone(list, at)] as const),
  pieces.map((list) => [encodeForget(list), (s: JournalState) => s.markForgotten(list)] as const),
  fc
    .tuple(time, pieces, stamps)
    .map(
      ([now, list, at]) =>
        [encodeCheckpoint(now, list, at), (s: JournalState) => s.markDurable(now, list, at)] as const,
    ),
);

/** State after all changes, starting from an empty snapshot. */
function stateAfter(changes: readonly (readonly [Uint8Array, (state: JournalState) => void])[]): JournalState {
  const state = new JournalState(pieceCount);
  for (const [, apply] of changes) apply(state);
  return state;
}

describe('a journal', () => {
  it('replays to the state that its records describe', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const bytes = concat([header, empty, ...changes.map(([record]) => record)]);
        assert.deepEqual(plain(decodeJournal(bytes, identity)?.state), plain(stateAfter(changes)));
      }),
    );
  });

  it('keeps the whole state in a snapshot but what was in flight', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.boolean(), (changes, isClean) => {
        const state = stateAfter(changes);
        state.isClean = isClean;
        for (const flying of [...state.inFlight.keys()]) state.inFlight.delete(flying);
        const read = decodeJournal(concat([header, encodeSnapshot(state)]), identity);
        assert.deepEqual(plain(read?.state), plain(state));
        assert.deepEqual(read?.bootId, bootId);
      }),
    );
  });

  it('cut at any byte tells exactly the records that are whole', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const records = changes.map(([record]) => record);
        const bytes = concat([header, empty, ...records]);
        for (let length = 0; length <= bytes.length; length++) {
          let end = header.length + empty.length;
          if (length < end) {
            assert.equal(decodeJournal(bytes.subarray(0, length), identity), null, `cut at ${length}`);
            continue;
          }
          let whole = 0;
          while (whole < records.length && end + (records[whole] as Uint8Array).length <= length) {
            end += (records[whole++] as Uint8Array).length;
          }
          const read = decodeJournal(bytes.subarray(0, length), identity);
          assert.deepEqual(plain(read?.state), plain(stateAfter(changes.slice(0, whole))), `cut at ${length}`);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('with any bit flipped is not believed', () => {
    const bytes = concat([header, empty, encodeIntent(5, [1]), encodeDone([1], [0, 7.5]), encodeForget([2])]);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.equal(decodeJournal(damaged, identity), null, `bit ${bit}`);
    }
  });

  it('ending in zeros, as a power cut may leave it, counts up to there', () => {
    const bytes = concat([header, empty, encodeDone([3], []), new Uint8Array(500)]);
    assert.deepEqual([...(decodeJournal(bytes, identity)?.state.done ?? [])], [3]);
  });

  it('of another torrent is not believed', () => {
    const bytes = concat([header, empty]);
    assert.notEqual(decodeJournal(bytes, identity), null);
    for (const other of [
      identityOf([100_000, 90_001]),
      identityOf([190_000]),
      identityOf([100_000, 90_000], 32_768),
      { ...identity, infoHashes: { v1: new Uint8Array(20).fill(0x12), v2: null } },
      { ...identity, infoHashes: { v1: identity.infoHashes.v1, v2: new Uint8Array(32).fill(1) } },
    ]) {
      assert.equal(decodeJournal(bytes, other), null);
    }
  });

  it('with a record that makes no sense is not believed', () => {
    for (const record of [encodeDone([pieceCount], []), encodeDone([0], [14, 1]), empty]) {
      assert.equal(decodeJournal(concat([header, empty, record]), identity), null);
    }
    assert.equal(decodeJournal(concat([header, encodeDone([0], [])]), identity), null);
  });

  it('never makes the reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        decodeJournal(garbage, identity);
        decodeJournal(concat([header, garbage]), identity);
        decodeJournal(concat([header, empty, garbage]), identity);
      }),
    );
  });

  it('remembers a move until it is rewritten', () => {
    const read = decodeJournal(concat([header, empty, encodeMove('/new/place')]), identity);
    assert.equal(read?.state.moveTarget, '/new/place');
  });

  it('remembers where files lie that were renamed, and where they came from', () => {
    const paths = new Map([
      [0, 'a/ü.bin'],
      [1, 'b'],
    ]);
    const read = decodeJournal(concat([header, empty, encodePaths(paths), encodeOrigin('/old/place')]), identity);
    assert.deepEqual(read?.state.paths, paths);
    assert.equal(read?.state.origin, '/old/place');
  });

  it('with paths of files that it has not, or cut short, is not believed', () => {
    const [whole] = [encodePaths(new Map([[1, 'abc']]))];
    const cut = encodeRecord(PATHS, whole.subarray(13, -1));
    for (const record of [encodePaths(new Map([[2, 'b']])), cut, encodeRecord(PATHS, Uint8Array.of(0, 0, 0))]) {
      assert.equal(decodeJournal(concat([header, empty, record]), identity), null);
    }
  });

  it('has the bytes that its specification shows', () => {
    const state = new JournalState(pieceCount);
    state.markDone([0, 1, 9], [0, 1_700_000_000_000.5]);
    const bytes = concat([
      header,
      encodeSnapshot(state),
      encodeIntent(1_700_000_001_000, [4]),
      encodeDone([4], [0, 1_700_000_001_000.25]),
    ]);
    const vector =
      /```hex\n([^`]*)```/.exec(readFileSync(new URL('../../../docs/spec/journal.md', import.meta.url), 'utf8'))?.[1] ??
      '';
    assert.equal(toHex(bytes), vector.replaceAll(/\s/g, ''));
    const read = decodeJournal(bytes, identity);
    assert.deepEqual([...(read?.state.done ?? [])], [0, 1, 4, 9]);
  });
});
