import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection, ConnectionHandlers } from '../transport.ts';
import { RelayConnection } from './relay-connection.ts';

/** The connection below: the test says what comes, and sees what it is told to do. */
class Below implements Connection {
  readonly remote = { host: '10.0.0.9', port: 9 };
  readonly isIncoming = true;
  readonly queued = 0;
  readonly calls: string[] = [];

  open(): void {}
  send(): boolean {
    return true;
  }
  pause(): void {
    this.calls.push('pause');
  }
  resume(): void {
    this.calls.push('resume');
  }
  close(): void {
    this.calls.push('close');
  }
}

class Relay extends RelayConnection {
  come(...bytes: number[]): void {
    const view = Uint8Array.from(bytes);
    this.deliver(view);
    view.fill(0xdd); // it was valid during the call only
  }

  end(error: Error | null): void {
    this.ended(error);
  }
}

function scene(): { below: Below; relay: Relay; told: unknown[]; user: ConnectionHandlers } {
  const [below, told]: [Below, unknown[]] = [new Below(), []];
  const user: ConnectionHandlers = {
    data: (view) => void told.push([...view]),
    drain: () => {},
    close: (error) => void told.push(error),
  };
  return { below, relay: new Relay(below), told, user };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what comes before it is opened is kept, with the connection below paused, and delivered in order', async () => {
  const { below, relay, told, user } = scene();
  relay.come(1, 2);
  relay.come(3);
  assert.equal(below.calls[0], 'pause');
  relay.open(user);
  assert.deepEqual(told, [], 'it was told within open');
  await turn();
  assert.deepEqual(told, [[1, 2], [3]]);
  assert.equal(below.calls.at(-1), 'resume');
  relay.come(4);
  assert.deepEqual(told.at(-1), [4]);
});

test('a pause in the middle of a delivery keeps the rest until it is resumed', async () => {
  const { below, relay, told, user } = scene();
  relay.open({ ...user, data: (view) => (told.push([...view]), relay.pause()) });
  relay.come(1);
  relay.come(2);
  assert.deepEqual(told, [[1]]);
  relay.resume();
  await turn();
  assert.deepEqual(told, [[1], [2]]);
  assert.equal(below.calls.at(-1), 'pause');
  relay.resume();
  assert.equal(below.calls.at(-1), 'resume');
});

test('bytes that came before the end are told before it, also to who opens later', async () => {
  const error = new Error('reset');
  const { relay, told, user } = scene();
  relay.come(1);
  relay.end(error);
  relay.open(user);
  await turn();
  assert.deepEqual(told, [[1], error]);
});

test('the end is told though the user has paused', () => {
  const { relay, told, user } = scene();
  relay.open(user);
  relay.pause();
  relay.come(1);
  relay.end(null);
  assert.deepEqual(told, [null]);
});

test('nothing is delivered after close', async () => {
  const { below, relay, told, user } = scene();
  relay.come(1);
  relay.open(user);
  relay.close();
  relay.come(2);
  await turn();
  assert.deepEqual(told, []);
  relay.end(null);
  assert.deepEqual(told, [null]);
  assert.ok(below.calls.includes('close') && !below.calls.includes('resume'));
});
