/**
 * Where a log goes: a stream, or a file descriptor. A descriptor of a file or terminal is written by Node's thread pool.
 * That must not happen with a pipe or socket: one that nobody reads would hold a thread for ever, and the program could
 * not end. Those are written as streams.
 */
import { fstatSync, write } from 'node:fs';
import { Socket } from 'node:net';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import type { Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import type { Millis } from '../../base/units.ts';
import type { WriteText } from './log-queue.ts';

export type LogDestination = number | Writable;

/** A terminal or device that others made non-blocking is tried again so much later. */
const RETRY: Millis = 50;

const writeDescriptor = promisify(write);

export function writerTo(destination: LogDestination, clock: Clock): WriteText {
  const stream = typeof destination === 'number' ? streamOf(destination) : destination;
  return stream === null ? descriptorWriter(destination as number, clock) : streamWriter(stream);
}

/** Null for a descriptor that is not written as a stream. */
function streamOf(descriptor: number): Writable | null {
  const stat = fstatSync(descriptor);
  if (!stat.isFIFO() && !stat.isSocket()) return null;
  // One stream a descriptor: Node's own, where there is one.
  if (descriptor === 1) return process.stdout;
  if (descriptor === 2) return process.stderr;
  return new Socket({ fd: descriptor, readable: false, writable: true });
}

function streamWriter(stream: Writable): WriteText {
  // The error comes to the callback of the write too; without a listener it would end the program.
  stream.on('error', () => {});
  return (text) =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error === null || error === undefined ? resolve() : reject(error)));
    });
}

function descriptorWriter(descriptor: number, clock: Clock): WriteText {
  return async (text) => {
    let rest = Buffer.from(text);
    while (rest.length > 0) {
      try {
        const { bytesWritten } = await writeDescriptor(descriptor, rest);
        rest = rest.subarray(bytesWritten);
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN') throw error;
        await clock.sleep(RETRY);
      }
    }
  };
}
