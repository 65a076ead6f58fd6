import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../base/clock.ts';
import { concat } from '../../base/bytes.ts';
import { encodeHandshake } from '../../codec/wire/index.ts';
import type { Connection, ConnectionHandlers } from '../../net/index.ts';
import { HandshakeStage } from './handshake-stage.ts';

const capabilities = { fast: true, extended: true, dht: false, v2: false };
const infoHash = new Uint8Array(20).fill(1);
const hello = encodeHandshake({ ...capabilities, infoHash, peerId: new Uint8Array(20).fill(2) });

/** A stage over a connection that the test plays, and what happened to both. */
function setUp(answer: (heard: number[]) => ConnectionHandlers | string) {
  const log: string[] = [];
  const heard: number[] = [];
  let handlers: ConnectionHandlers | null = null;
  let timer: (() => void) | null = null;
  const connection = {
    open: (given: ConnectionHandlers) => void (handlers = given),
    close: () => void log.push('closed'),
  } as unknown as Connection;
  const clock = {
    after: (_: number, fn: () => void) => {
      timer = fn;
      return { [Symbol.dispose]: () => void (timer = null) };
    },
  } as unknown as Clock;
  new HandshakeStage(connection, {
    clock,
    timeout: 10,
    accept: () => {
      log.push('accept');
      return answer(heard);
    },
    failed: (reason) => void log.push(`failed: ${reason}`),
    ended: () => void log.push('ended'),
  });
  return {
    log,
    heard,
    line: handlers as unknown as ConnectionHandlers,
    hasTimer: () => timer !== null,
    expire: () => timer?.(),
  };
}

const next = (heard: number[]): ConnectionHandlers => ({
  data: (view) => void heard.push(...view),
  drain: () => void heard.push(-1),
  close: () => void heard.push(-2),
});

test('the stream goes on to whoever accepts, from the byte behind the handshake', () => {
  const { line, heard, log, hasTimer } = setUp(next);
  line.data(hello.subarray(0, 30));
  line.data(concat([hello.subarray(30), Uint8Array.of(7, 8)]));
  line.data(Uint8Array.of(9));
  line.drain();
  line.close(null);
  assert.deepEqual([heard, log, hasTimer()], [[7, 8, 9, -1, -2], ['accept', 'ended'], false]);
});

test('what is refused is closed and told once, whatever still comes', () => {
  const { line, log } = setUp(() => 'banned');
  line.data(hello);
  line.data(hello);
  line.close(null);
  assert.deepEqual(log, ['accept', 'closed', 'ended', 'failed: banned']);
});

test('another protocol is refused at its first wrong byte', () => {
  const { line, log } = setUp(next);
  line.data(Uint8Array.of(19, 0x42, 0x69, 0x00));
  assert.deepEqual(log, ['closed']);
});

test('the timeout ends what has not become a handshake', () => {
  const { line, log, expire } = setUp(next);
  line.data(hello.subarray(0, 67));
  expire();
  line.close(null);
  assert.deepEqual(log, ['closed', 'ended', 'failed: handshake timeout']);
});

test('a connection that ends early tells why', () => {
  const { line, log, hasTimer } = setUp(next);
  line.close(new Error('reset'));
  assert.deepEqual([log, hasTimer()], [['ended', 'failed: reset'], false]);
});
