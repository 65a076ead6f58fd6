/** Writes bencoded replies byte by byte: keys are constant text, in the order that bencoding asks for. */
import type { ByteSink } from '../swarm-store.ts';

export function writeText(sink: ByteSink, text: string): void {
  for (let i = 0; i < text.length; i++) sink.bytes[sink.at++] = text.charCodeAt(i);
}

/** A non-negative integer in decimal. */
export function writeNumber(sink: ByteSink, value: number): void {
  let divisor = 1;
  while (divisor * 10 <= value) divisor *= 10;
  for (let rest = value; divisor >= 1; divisor /= 10) {
    const digit = Math.floor(rest / divisor);
    sink.bytes[sink.at++] = 48 + digit;
    rest -= digit * divisor;
  }
}

/** A key with its colon (`8:complete`) and an integer. */
export function writeInteger(sink: ByteSink, key: string, value: number): void {
  writeText(sink, key);
  sink.bytes[sink.at++] = 0x69;
  writeNumber(sink, value);
  sink.bytes[sink.at++] = 0x65;
}

export function writeBytes(sink: ByteSink, bytes: Uint8Array, from: number, to: number): void {
  writeNumber(sink, to - from);
  sink.bytes[sink.at++] = 0x3a;
  for (let i = from; i < to; i++) sink.bytes[sink.at++] = bytes[i] as number;
}
