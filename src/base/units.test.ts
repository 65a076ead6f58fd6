/** Units are checked by the compiler: this file compiles only while each marked line is an error. */
import test from 'node:test';
import type { BlockIndex, ByteCount, Millis, PieceIndex, UnixSeconds } from './units.ts';

const wait = (_delay: Millis): void => {};
const request = (_piece: PieceIndex, _block: BlockIndex): void => {};

test('a plain number fits every unit and another unit does not', () => {
  const bytes: ByteCount = 1;
  const piece: PieceIndex = 2;
  const block: BlockIndex = 3;
  const wall: UnixSeconds = 4;
  wait(5);
  wait(bytes / 2);
  // @ts-expect-error bytes are not milliseconds
  wait(bytes);
  // @ts-expect-error seconds are not milliseconds
  wait(wall);
  request(piece, block);
  // @ts-expect-error piece and block are swapped
  request(block, piece);
});
