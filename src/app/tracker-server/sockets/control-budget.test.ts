import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ControlBudget } from './control-budget.ts';

const MIB = 1024 * 1024;

describe('the budget of the control servers', () => {
  test('is one for all threads', () => {
    const memory = ControlBudget.memory(16);
    const shares = Array.from({ length: 16 }, (_, thread) => new ControlBudget(memory, thread));
    const taken = shares.filter((share) => share.takeBytes(16 * MIB));
    assert.equal(taken.length, 4);
    assert.ok(shares.every((share) => !share.hasRoomFor(1) && !share.takeBytes(1)));
    taken[0]?.giveBackBytes(16 * MIB);
    assert.equal(shares[9]?.takeBytes(16 * MIB), true);
    assert.equal(shares[8]?.takeBytes(1), false);
  });

  test('has 1000 connections, whichever thread has them', () => {
    const memory = ControlBudget.memory(2);
    const [one, other] = [new ControlBudget(memory, 0), new ControlBudget(memory, 1)];
    for (let i = 0; i < 500; i++) assert.ok(one.takeConnection() && other.takeConnection());
    assert.equal(one.takeConnection(), false);
    other.giveBackConnection();
    assert.equal(one.takeConnection(), true);
    assert.equal(other.takeConnection(), false);
  });

  test('gets back what a thread held that ended, when it is started again', () => {
    const memory = ControlBudget.memory(2);
    const [lost, other] = [new ControlBudget(memory, 0), new ControlBudget(memory, 1)];
    assert.ok(lost.takeBytes(40 * MIB) && other.takeBytes(20 * MIB));
    assert.equal(other.takeBytes(5 * MIB), false);
    const restarted = new ControlBudget(memory, 0);
    assert.equal(other.takeBytes(5 * MIB), true);
    assert.equal(restarted.hasRoomFor(39 * MIB), true);
    assert.equal(restarted.hasRoomFor(40 * MIB), false);
  });
});
