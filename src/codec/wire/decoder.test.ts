import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, toHex, writeU32 } from '../../base/bytes.ts';
import { WireDecoder, type WireDecoderOptions } from './decoder.ts';
import * as encode from './encoder.ts';
import type { HashRequest, MessageReceiver } from './messages.ts';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const range = fc.record({ piece: u32, begin: u32, length: u32 });
const hashRequest: fc.Arbitrary<HashRequest> = fc.record({
  piecesRoot: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  baseLayer: u32,
  index: u32,
  length: u32,
  proofLayers: u32,
});
const rangeText = (r: encode.BlockRange): string => `${r.piece} ${r.begin} ${r.length}`;
const hashText = (r: HashRequest): string =>
  `${toHex(r.piecesRoot)} ${r.baseLayer} ${r.index} ${r.length} ${r.proofLayers}`;

/** A receiver that writes each call down as one line; a piece message when its last byte has come. */
function recordingReceiver(): { receiver: MessageReceiver; calls: string[] } {
  const calls: string[] = [];
  const note =
    (name: string) =>
    (...values: number[]): void => {
      calls.push([name, ...values].join(' '));
    };
  let piece = '';
  let fragments: Uint8Array[] = [];
  const receiver: MessageReceiver = {
    keepAlive: note('keepAlive'),
    choke: note('choke'),
    unchoke: note('unchoke'),
    interested: note('interested'),
    notInterested: note('notInterested'),
    have: note('have'),
    bitfield: (bits) => calls.push(`bitfield ${toHex(bits)}`),
    request: note('request'),
    pieceStart(index, begin, length) {
      piece = `piece ${index} ${begin} `;
      fragments = [];
      if (length === 0) calls.push(piece);
      return true;
    },
    pieceFragment(_at, view, start, end, isLast) {
      fragments.push(view.slice(start, end));
      if (isLast) calls.push(piece + toHex(concat(fragments)));
    },
    cancel: note('cancel'),
    port: note('port'),
    suggest: note('suggest'),
    haveAll: note('haveAll'),
    haveNone: note('haveNone'),
    reject: note('reject'),
    allowedFast: note('allowedFast'),
    extended: (id, payload) => calls.push(`extended ${id} ${toHex(payload)}`),
    hashRequest: (request) => calls.push(`hashRequest ${hashText(request)}`),
    hashes: (request, hashes) => calls.push(`hashes ${hashText(request)} ${toHex(hashes)}`),
    hashReject: (request) => calls.push(`hashReject ${hashText(request)}`),
    unknown: note('unknown'),
  };
  return { receiver, calls };
}

function pieceMessage(piece: number, begin: number, data: Uint8Array): Uint8Array {
  const header = new Uint8Array(encode.PIECE_HEADER_LENGTH);
  encode.encodePieceHeader(header, 0, piece, begin, data.length);
  return concat([header, data]);
}

/** An encoded message and the call that the receiver must see. */
type Sample = readonly [bytes: Uint8Array, call: string];
const sample: fc.Arbitrary<Sample> = fc.oneof(
  ...(['keepAlive', 'choke', 'unchoke', 'interested', 'notInterested', 'haveAll', 'haveNone'] as const).map((name) =>
    fc.constant<Sample>([encode.Frame[name], name]),
  ),
  u32.map((piece): Sample => [encode.encodeHave(piece), `have ${piece}`]),
  u32.map((piece): Sample => [encode.encodeSuggest(piece), `suggest ${piece}`]),
  u32.map((piece): Sample => [encode.encodeAllowedFast(piece), `allowedFast ${piece}`]),
  fc.integer({ min: 0, max: 65535 }).map((port): Sample => [encode.encodePort(port), `port ${port}`]),
  range.map((r): Sample => [encode.encodeRequest(r), `request ${rangeText(r)}`]),
  range.map((r): Sample => [encode.encodeCancel(r), `cancel ${rangeText(r)}`]),
  range.map((r): Sample => [encode.encodeReject(r), `reject ${rangeText(r)}`]),
  hashRequest.map((r): Sample => [encode.encodeHashRequest(r), `hashRequest ${hashText(r)}`]),
  hashRequest.map((r): Sample => [encode.encodeHashReject(r), `hashReject ${hashText(r)}`]),
  fc.tuple(hashRequest, fc.integer({ min: 0, max: 3 })).map(([r, n]): Sample => {
    const hashes = new Uint8Array(32 * n).fill(n + 1);
    return [encode.encodeHashes(r, hashes), `hashes ${hashText(r)} ${toHex(hashes)}`];
  }),
  fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 }))
    .map(
      ([id, payload]): Sample => [
        encode.encodeExtended(id, payload.subarray(0, 3), payload.subarray(3)),
        `extended ${id} ${toHex(payload)}`,
      ],
    ),
  fc.uint8Array({ maxLength: 40 }).map((bits): Sample => [encode.encodeBitfield(bits), `bitfield ${toHex(bits)}`]),
  fc
    .tuple(u32, u32, fc.uint8Array({ maxLength: 60 }))
    .map(
      ([piece, begin, data]): Sample => [pieceMessage(piece, begin, data), `piece ${piece} ${begin} ${toHex(data)}`],
    ),
  fc.uint8Array({ maxLength: 20 }).map((data): Sample => {
    const bytes = encode.encodeBitfield(data);
    bytes[4] = 99;
    return [bytes, `unknown 99 ${data.length}`];
  }),
);

/** Cuts bytes at the given points (taken modulo their length). */
function cut(bytes: Uint8Array, points: readonly number[]): Uint8Array[] {
  const ends = [...points.map((point) => point % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.slice(i === 0 ? 0 : ends[i - 1], end));
}

function decodeAll(
  chunks: readonly Uint8Array[],
  options: WireDecoderOptions = {},
): { calls: string[]; fault: string | null; decoder: WireDecoder } {
  const { receiver, calls } = recordingReceiver();
  const decoder = new WireDecoder(receiver, options);
  let fault: string | null = null;
  for (const chunk of chunks) fault = decoder.receive(chunk)?.code ?? null;
  return { calls, fault, decoder };
}

/** A head with any length prefix. */
function head(length: number, ...content: number[]): Uint8Array {
  const bytes = new Uint8Array(4 + content.length);
  writeU32(bytes, 0, length);
  bytes.set(content, 4);
  return bytes;
}

describe('WireDecoder', () => {
  it('delivers the same calls however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 12 }), (samples, points) => {
        const stream = concat(samples.map(([bytes]) => bytes));
        const result = decodeAll(cut(stream, points));
        assert.equal(result.fault, null);
        assert.deepEqual(
          result.calls,
          samples.map(([, call]) => call),
        );
      }),
    );
  });

  it('delivers the same calls when every byte comes alone', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 6 }), (samples) => {
        const stream = concat(samples.map(([bytes]) => bytes));
        const result = decodeAll(Array.from(stream, (byte) => Uint8Array.of(byte)));
        assert.deepEqual(
          result.calls,
          samples.map(([, call]) => call),
        );
      }),
    );
  });

  it('delivers only whole messages of a stream truncated at any byte', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 4 }), (samples) => {
        const stream = concat(samples.map(([bytes]) => bytes));
        const wanted = samples.map(([, call]) => call);
        const ends: number[] = [];
        for (const [bytes] of samples) ends.push((ends.at(-1) ?? 0) + bytes.length);
        for (let length = 0; length < stream.length; length++) {
          const result = decodeAll([stream.subarray(0, length)]);
          assert.equal(result.fault, null);
          const whole = ends.filter((end) => end <= length).length;
          assert.deepEqual(
            result.calls.filter((call) => !call.startsWith('unknown')),
            wanted.slice(0, whole).filter((call) => !call.startsWith('unknown')),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('never throws on random bytes, and stays faulted once it is', () => {
    const faults = new Set(['WIRE_OVERSIZED', 'WIRE_BAD_LENGTH', 'WIRE_BAD_BITFIELD']);
    const plausible = fc
      .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 25 }), fc.uint8Array({ maxLength: 60 }))
      .map(([length, id, rest]) => concat([head(length, id), rest]));
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 80 }), plausible), { maxLength: 20 }), (chunks) => {
        const { receiver } = recordingReceiver();
        const decoder = new WireDecoder(receiver);
        let first: unknown = null;
        for (const chunk of chunks) {
          const fault = decoder.receive(chunk);
          if (first !== null) assert.equal(fault, first);
          if (fault !== null) assert.ok(faults.has(fault.code));
          first = fault;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('hands on the data of a piece message before the message is whole, without copying it', () => {
    const fragments: { at: number; bytes: Uint8Array; isLast: boolean }[] = [];
    const { receiver } = recordingReceiver();
    const decoder = new WireDecoder({
      ...receiver,
      pieceStart: () => true,
      pieceFragment: (at, view, start, end, isLast) => fragments.push({ at, bytes: view.subarray(start, end), isLast }),
    });
    const message = pieceMessage(1, 16384, new Uint8Array(100));
    const first = message.subarray(0, 50);
    decoder.receive(first);
    decoder.receive(message.subarray(50));
    assert.deepEqual(
      fragments.map(({ at, bytes, isLast }) => [at, bytes.length, isLast]),
      [
        [0, 37, false],
        [37, 63, true],
      ],
    );
    assert.equal(fragments[0]?.bytes.buffer, first.buffer);
  });

  it('skips the data of a block that the receiver refuses and finds the next message', () => {
    const { receiver, calls } = recordingReceiver();
    const decoder = new WireDecoder({ ...receiver, pieceStart: () => false });
    decoder.receive(concat([pieceMessage(1, 0, new Uint8Array(40)), encode.encodeHave(7)]));
    assert.deepEqual(calls, ['have 7']);
  });

  it('reports an empty piece message by its start alone', () => {
    const { receiver, calls } = recordingReceiver();
    const starts: number[] = [];
    const decoder = new WireDecoder({ ...receiver, pieceStart: (_piece, _begin, length) => starts.push(length) > 0 });
    decoder.receive(concat([pieceMessage(1, 0, new Uint8Array(0)), encode.encodeHave(7)]));
    assert.deepEqual(starts, [0]);
    assert.deepEqual(calls, ['have 7']);
  });

  it('delivers nothing more, not even from the same view, after the receiver has called fail', () => {
    const { receiver, calls } = recordingReceiver();
    const fault = { code: 'WIRE_OUT_OF_RANGE', message: 'no such piece' } as const;
    const decoder: WireDecoder = new WireDecoder({ ...receiver, have: () => decoder.fail(fault) });
    assert.equal(decoder.receive(concat([encode.Frame.choke, encode.encodeHave(9), encode.Frame.unchoke])), fault);
    assert.equal(decoder.receive(encode.Frame.unchoke), fault);
    assert.deepEqual(calls, ['choke']);
  });
});

describe('limits of WireDecoder', () => {
  it('refuses a length prefix of 2^32-1 as soon as its four bytes are there', () => {
    assert.equal(decodeAll([head(2 ** 32 - 1)]).fault, 'WIRE_OVERSIZED');
  });

  it('refuses each message of one size with a byte less or more', () => {
    const sizes: [id: number, length: number][] = [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 5],
      [6, 13],
      [8, 13],
      [9, 3],
      [13, 5],
      [14, 1],
      [15, 1],
      [16, 13],
      [17, 5],
      [21, 49],
      [23, 49],
    ];
    for (const [id, length] of sizes) {
      assert.equal(decodeAll([head(length, id)]).fault, null, `id ${id}`);
      assert.equal(decodeAll([head(length + 1, id)]).fault, 'WIRE_BAD_LENGTH', `id ${id} too long`);
      if (length > 1) assert.equal(decodeAll([head(length - 1, id)]).fault, 'WIRE_BAD_LENGTH', `id ${id} too short`);
    }
  });

  it('refuses a piece message without room for its head, and one above 128 KiB', () => {
    assert.equal(decodeAll([head(8, 7)]).fault, 'WIRE_BAD_LENGTH');
    assert.equal(decodeAll([head(9 + 128 * 1024, 7)]).fault, null);
    assert.equal(decodeAll([head(10 + 128 * 1024, 7)]).fault, 'WIRE_OVERSIZED');
  });

  it("wants a bitfield of exactly the torrent's size once that is known", () => {
    for (const [length, fault] of [
      [1, 'WIRE_BAD_BITFIELD'],
      [2, null],
      [3, 'WIRE_BAD_BITFIELD'],
    ] as const) {
      const { receiver } = recordingReceiver();
      const decoder = new WireDecoder(receiver);
      decoder.setPieceCount(13);
      assert.equal(decoder.receive(encode.encodeBitfield(new Uint8Array(length)))?.code ?? null, fault);
    }
  });

  it("refuses a bitfield for more than 2^21 pieces while the torrent's size is unknown", () => {
    assert.equal(decodeAll([head(1 + 2 ** 18, 5)]).fault, null);
    assert.equal(decodeAll([head(2 + 2 ** 18, 5)]).fault, 'WIRE_OVERSIZED');
  });

  it('refuses an extended message without an id, and one above its limit', () => {
    assert.equal(decodeAll([head(1, 20)]).fault, 'WIRE_BAD_LENGTH');
    assert.equal(decodeAll([head(1024 * 1024 + 1, 20)]).fault, 'WIRE_OVERSIZED');
    assert.equal(decodeAll([head(1001, 20)], { largestExtended: 1000 }).fault, 'WIRE_OVERSIZED');
    assert.equal(decodeAll([head(1000, 20)], { largestExtended: 1000 }).fault, null);
  });

  it('refuses hashes that are not whole or too many', () => {
    assert.equal(decodeAll([head(48, 22)]).fault, 'WIRE_BAD_LENGTH');
    assert.equal(decodeAll([head(49 + 31, 22)]).fault, 'WIRE_BAD_LENGTH');
    assert.equal(decodeAll([head(49 + 32 * 8256, 22)]).fault, null);
    assert.equal(decodeAll([head(49 + 32 * 8257, 22)]).fault, 'WIRE_OVERSIZED');
  });

  it('skips an unknown message without keeping its bytes, up to the limit of extended messages', () => {
    const chunk = new Uint8Array(1000);
    const { calls, fault } = decodeAll([head(1 + 5000, 200), chunk, chunk, chunk, chunk, chunk, encode.encodeHave(1)]);
    assert.equal(fault, null);
    assert.deepEqual(calls, ['unknown 200 5000', 'have 1']);
    assert.equal(decodeAll([head(1024 * 1024 + 1, 200)]).fault, 'WIRE_OVERSIZED');
  });

  it('takes memory for a long message only as its bytes come', () => {
    const announced = head(1024 * 1024, 20, 1);
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 200 }, () => {
      const { receiver } = recordingReceiver();
      const decoder = new WireDecoder(receiver);
      assert.equal(decoder.receive(announced), null);
      assert.equal(decoder.receive(new Uint8Array(10)), null);
      return decoder;
    });
    assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024);
    assert.equal(decoders.length, 200);
  });
});
