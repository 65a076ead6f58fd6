import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat } from '../../base/bytes.ts';
import { framed, FrameReader, LONGEST_MESSAGE } from './frames.ts';

const messagesOf = (reader: FrameReader, view: Uint8Array): Uint8Array[] => {
  const messages: Uint8Array[] = [];
  reader.read(view, (message) => messages.push(message.slice()) > 0);
  return messages;
};

describe('frames', () => {
  it('come out as they went in, in whatever pieces they arrive', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(bytes), fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (messages, cuts) => {
        const stream = concat(messages.map(framed));
        const reader = new FrameReader();
        const found: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = at + (cuts[i % cuts.length] as number);
          found.push(...messagesOf(reader, stream.slice(at, end)));
          at = end;
        }
        assert.deepEqual(found, messages);
        assert.equal(reader.isWithinMessage, false);
      }),
    );
  });

  it('are as long as two bytes can say', () => {
    const message = new Uint8Array(LONGEST_MESSAGE).fill(5);
    const frame = framed(message);
    const reader = new FrameReader();
    assert.deepEqual(messagesOf(reader, frame.subarray(0, 40_000)), []);
    assert.equal(reader.isWithinMessage, true);
    assert.deepEqual(messagesOf(reader, frame.subarray(40_000)), [message]);
  });

  it('tell their length before the message is there, once, and are dropped when that will not do', () => {
    for (const cuts of [[1], [2], [3], [5], [100]] as const) {
      const stream = concat([framed(new Uint8Array(3)), framed(new Uint8Array(0)), framed(new Uint8Array(70))]);
      const lengths: number[] = [];
      const reader = new FrameReader();
      let goesOn = true;
      for (let at = 0; at < stream.length && goesOn; at += cuts[0]) {
        const begins = (length: number): boolean => lengths.push(length) > 0 && length < 70;
        goesOn = reader.read(stream.slice(at, at + cuts[0]), () => true, begins);
      }
      assert.deepEqual([lengths, goesOn], [[3, 0, 70], false]);
    }
  });

  it('after the one that was refused are not looked at', () => {
    const seen: number[] = [];
    const stream = concat([framed(Uint8Array.of(1)), framed(Uint8Array.of(2)), framed(Uint8Array.of(3))]);
    const isWhole = new FrameReader().read(stream, ([first = 0]) => seen.push(first) < 2);
    assert.deepEqual([seen, isWhole], [[1, 2], false]);
  });
});
