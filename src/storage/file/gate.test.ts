import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from './gate.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  it('lets shared work run side by side', async () => {
    const gate = new Gate();
    let release = (): void => {};
    const first = gate.shared(() => new Promise<void>((resolve) => (release = resolve)));
    assert.equal(await gate.shared(() => Promise.resolve('second')), 'second');
    release();
    await first;
  });

  it('runs exclusive work when shared work has ended, and shared work after it', async () => {
    const gate = new Gate();
    const log: string[] = [];
    let release = (): void => {};
    const before = gate.shared(async () => {
      await new Promise<void>((resolve) => (release = resolve));
      log.push('before');
    });
    const alone = gate.exclusive(async () => {
      log.push('alone begins');
      await turn();
      log.push('alone ends');
    });
    const after = gate.shared(async () => void log.push('after'));
    const second = gate.exclusive(async () => void log.push('second alone'));
    await turn();
    assert.deepEqual(log, []);
    release();
    await Promise.all([before, alone, after, second]);
    assert.deepEqual(log.slice(0, 3), ['before', 'alone begins', 'alone ends']);
    assert.deepEqual(log.slice(3).sort(), ['after', 'second alone']);
  });

  it('opens again after a failure', async () => {
    const gate = new Gate();
    await assert.rejects(
      gate.exclusive(() => Promise.reject(new Error('failed'))),
      /failed/,
    );
    await assert.rejects(
      gate.shared(() => Promise.reject(new Error('failed too'))),
      /too/,
    );
    assert.equal(await gate.exclusive(() => Promise.resolve(1)), 1);
  });
});
