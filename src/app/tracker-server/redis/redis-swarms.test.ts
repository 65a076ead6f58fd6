/** What the shared swarms do while the server is slow, wrong or away; what they hold is tested on a real server. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorReply } from '@redis/client';
import { seededRandom } from '../../../base/random.ts';
import { SwarmRegistry } from '../../../tracker/index.ts';
import {
  type Announcement,
  announceTo,
  callOf,
  countsOf,
  hashOf,
  MIB,
  newMemory,
  tableOn,
} from '../../../tracker/fakes.test.ts';
import { SimClock } from '../../../../test/sim/sim-clock.ts';
import { PeerPresence } from './peer-presence.ts';
import { RedisSwarms, type StoreHealth } from './redis-swarms.ts';
import type { ScriptLink } from './script-link.ts';
import { ANSWER_HEAD, AnswerField, AnswerMark, ENTRY, EntryField, EntryFlag, Operation } from './swarm-script.ts';
import { BATCH } from './swarm-batch.ts';

/** Answers of a server that knows of seven seeders in each swarm and no peers. `marks`: what happened, as it says. */
const answersOf = (entries: number, marks = 0): Uint8Array => {
  const bytes = new Uint8Array(entries * ANSWER_HEAD);
  for (let at = 0; at < bytes.length; at += ANSWER_HEAD) {
    bytes[at + AnswerField.complete + 3] = 7;
    bytes[at + AnswerField.marks] = marks;
  }
  return bytes;
};

/** Of an entry that went wrong. */
function failureOf(reason: string): Buffer {
  const head = Buffer.alloc(ANSWER_HEAD);
  head.writeUInt32BE(reason.length, AnswerField.complete);
  head[AnswerField.marks] = AnswerMark.failed;
  return Buffer.concat([head, Buffer.from(reason)]);
}

const finish = { role: 'seeding', event: 'completed' } as const;
const wordsOf = (infoHash: Uint8Array): Int32Array => new Int32Array(infoHash.slice().buffer);

class FakeServer {
  isDown = false;
  /** Why it takes no writes; empty: it does. */
  refusal = '';
  /** Attempts to reach it. */
  attempts = 0;
  /** Entries of each batch that came. */
  readonly batches: number[] = [];
  /** Ports of the peers that only a swarm that has them was to note. */
  readonly knownOnly: number[] = [];
  readonly waiting: ReturnType<typeof Promise.withResolvers<Uint8Array>>[] = [];
  answer: 'at once' | 'never' | 'nonsense' | 'cut off' = 'at once';
  marks = 0;
  lose: () => void = () => {};
  open = 0;

  readonly link = (onLost: () => void): ScriptLink => {
    this.lose = onLost;
    this.open++;
    this.attempts++;
    let isChecked = false;
    return {
      connect: () => (this.isDown ? Promise.reject(new Error('refused')) : Promise.resolve()),
      run: (_script, keys, [entries]) => {
        const isProbe = (entries as Buffer)[EntryField.operation] === Operation.probe;
        if (isProbe && this.refusal !== '') return Promise.resolve(failureOf(this.refusal));
        if (!isChecked) {
          isChecked = true;
          return Promise.resolve(answersOf(1));
        }
        if (!isProbe) this.batches.push(keys.length);
        this.#note(entries as Buffer, keys.length);
        const answers = answersOf(keys.length, this.marks);
        if (this.answer === 'at once') return Promise.resolve(answers);
        if (this.answer === 'cut off') return Promise.resolve(answers.subarray(0, -1));
        if (this.answer === 'nonsense') return Promise.resolve(new Uint8Array(5));
        const later = Promise.withResolvers<Uint8Array>();
        this.waiting.push(later);
        return later.promise;
      },
      close: () => void this.open--,
    };
  };

  #note(entries: Buffer, count: number): void {
    for (let at = 0; at < count * ENTRY; at += ENTRY) {
      const isKnownOnly = (entries[at + EntryField.flags] as number) & EntryFlag.knownOnly;
      if (isKnownOnly !== 0) this.knownOnly.push(entries.readUInt16BE(at + EntryField.address + 4));
    }
  }
}

async function start(server = new FakeServer(), peersPerAddress = 1e9) {
  const clock = new SimClock();
  const memory = newMemory(16 * MIB);
  const table = tableOn(memory, { peersPerAddress });
  const registry = new SwarmRegistry(memory);
  const told: StoreHealth[] = [];
  const swarms = new RedisSwarms({
    table,
    presence: new PeerPresence(PeerPresence.memory()),
    link: server.link,
    clock,
    random: seededRandom(1),
    afterTurn: (work) => void clock.after(0, work),
    onHealth: (health) => told.push(health),
  });
  await swarms.start();
  /** Announces; true when it is answered after `time` ms. */
  const announce = async (time: number, port = 2001, more: Announcement = {}) => {
    const call = callOf({ port, want: 9, ...more });
    let isAnswered = false;
    const pending = swarms.announce(call);
    if (pending === undefined) isAnswered = true;
    else void pending.then(() => (isAnswered = true));
    await clock.run(time);
    return { call, isAnswered };
  };
  return { clock, table, told, swarms, server, announce, registry };
}

describe('shared swarms', () => {
  it('send the calls of one turn together, and those that come while two batches are under way in the next', async () => {
    const { swarms, server, clock } = await start();
    server.answer = 'never';
    for (const count of [3, 2, 4, 1]) {
      for (let i = 0; i < count; i++) void swarms.announce(callOf({ port: 2000 + i }));
      await clock.run(1);
    }
    assert.deepEqual(server.batches, [3, 2]);
    server.waiting[0]?.resolve(answersOf(3));
    await clock.run(1);
    assert.deepEqual(server.batches, [3, 2, 5]);
  });

  it('fill batches and begin another', async () => {
    const { swarms, server, clock } = await start();
    const calls = Array.from({ length: BATCH + 1 }, (_, i) => callOf({ port: 2000 + i }));
    const pending = calls.map((call) => swarms.announce(call)).filter((one) => one !== undefined);
    await clock.run(1);
    await Promise.all(pending);
    assert.deepEqual(server.batches, [BATCH, 1]);
    assert.ok(calls.every((call) => call.complete === 7 && call.outcome === 'served'));
  });

  it('are answered from memory when the server cannot be reached, and come back by themselves', async () => {
    const server = new FakeServer();
    server.isDown = true;
    const { announce, clock, table, told } = await start(server);
    const { call, isAnswered } = await announce(0);
    assert.deepEqual([isAnswered, call.incomplete, countsOf(table).incomplete], [true, 1, 1]);
    await clock.run(10_000);
    assert.deepEqual(told, [{ status: 'degraded', reason: 'refused' }], 'the same is not told again');
    server.isDown = false;
    await clock.run(30_000);
    assert.deepEqual(told.at(-1), { status: 'ok', reason: '' });
    assert.equal((await announce(1)).call.complete, 7);
    assert.equal(server.open, 1, 'no connection is left behind');
  });

  it('are answered from memory after half a second when the server hangs; what it says later is nothing', async () => {
    const { announce, server, told, clock } = await start();
    server.answer = 'never';
    assert.equal((await announce(490)).isAnswered, false);
    const { call, isAnswered } = await announce(20, 2002);
    assert.deepEqual([isAnswered, call.incomplete, call.complete], [true, 2, 0]);
    assert.deepEqual(told.at(-1), { status: 'degraded', reason: 'no answer within 500 ms' });
    for (const late of server.waiting) late.resolve(answersOf(1));
    await clock.run(1);
    assert.deepEqual([call.incomplete, call.complete], [2, 0]);
    server.answer = 'at once';
    await clock.run(1_000);
    assert.equal(told.at(-1)?.status, 'ok');
  });

  it('do not lose calls when the connection is lost or the answer is none', async () => {
    for (const fault of ['lost', 'rejected', 'nonsense'] as const) {
      const { announce, server, told, clock } = await start();
      server.answer = fault === 'nonsense' ? 'nonsense' : 'never';
      const { call } = await announce(1);
      if (fault === 'lost') server.lose();
      if (fault === 'rejected') server.waiting[0]?.reject(new Error('the socket is closed'));
      await clock.run(1);
      assert.deepEqual([call.outcome, call.incomplete, told.at(-1)?.status], ['served', 1, 'degraded'], fault);
      assert.equal(server.open, 0);
    }
  });

  it('keep no more calls than they can answer in time: others are answered from memory at once', async () => {
    const { swarms, server, clock, table } = await start();
    server.answer = 'never';
    const answers = Array.from({ length: 10_000 }, (_, i) => swarms.announce(callOf({ port: 1024 + i })));
    const atOnce = answers.filter((pending) => pending === undefined).length;
    assert.equal(atOnce, 10_000 - 64 * BATCH);
    assert.equal(countsOf(table).incomplete, atOnce);
    await clock.run(600);
    await Promise.all(answers.filter((one) => one !== undefined));
    assert.equal(countsOf(table).incomplete, 10_000);
    assert.ok(server.batches.length <= 2);
  });

  it('notice without requests that the server hangs', async () => {
    const { server, clock, told } = await start();
    await clock.run(60_000);
    assert.deepEqual(told, [{ status: 'ok', reason: '' }]);
    server.answer = 'never';
    await clock.run(3_000);
    assert.deepEqual(told[1], { status: 'degraded', reason: 'no answer within 500 ms' });
  });

  it('scrape like they announce', async () => {
    const { swarms, server, clock, table } = await start();
    const counts = { complete: 0, incomplete: 0, downloaders: 0, completed: 0 };
    const pending = swarms.scrape(new Int32Array(hashOf(0).buffer as ArrayBuffer), counts);
    await clock.run(1);
    await pending;
    assert.equal(counts.complete, 7);
    server.answer = 'never';
    announceTo(table);
    const later = swarms.scrape(new Int32Array(hashOf(0).buffer as ArrayBuffer), counts);
    await clock.run(501);
    await later;
    assert.deepEqual(counts, { complete: 0, incomplete: 1, downloaders: 1, completed: 0 });
  });

  it('tell the peers on WebSockets, whom only this tracker has', async () => {
    const { swarms, announce, clock, table } = await start();
    table.announceWeb(callOf({ port: 3001 }));
    table.announceWeb(callOf({ port: 3002, role: 'seeding' }));
    const { call } = await announce(1);
    assert.deepEqual([call.complete, call.incomplete], [8, 1]);
    const counts = { complete: 0, incomplete: 0, downloaders: 0, completed: 0 };
    const pending = swarms.scrape(wordsOf(hashOf(0)), counts);
    await clock.run(1);
    await pending;
    assert.deepEqual(counts, { complete: 8, incomplete: 1, downloaders: 1, completed: 0 });
  });

  it('tell finished downloads when these are stored, however long that takes', async () => {
    const { announce, server, registry, table } = await start();
    server.marks = AnswerMark.finished;
    assert.equal((await announce(1, 2001, finish)).call.completed, 0);
    server.marks = 0;
    for (let now = 0; now < 10_000; now += 100) table.sweep(now);
    registry.settle(registry.takeFinished(), 0);
    assert.equal((await announce(1, 2001, finish)).call.completed, 1);
  });

  it('count a finished download once when its answer is lost, comes late or is one of several that cannot be read', async () => {
    for (const fault of ['late', 'cut off'] as const) {
      const { announce, clock, server, swarms, registry, told } = await start();
      server.marks = AnswerMark.finished;
      server.answer = fault === 'late' ? 'never' : 'cut off';
      void swarms.announce(callOf({ port: 2001, ...finish }));
      const { call } = await announce(501, 2002, finish);
      for (const late of server.waiting) late.resolve(answersOf(2, AnswerMark.finished));
      await clock.run(1);
      assert.deepEqual([call.outcome, told.at(-1)?.status], ['served', 'degraded']);
      assert.deepEqual(registry.takeFinished(), [{ infoHash: hashOf(0), count: 2 }], fault);
    }
  });

  it('let newcomers of an address in up to its limit, counting those under way', async () => {
    const { announce, clock, server, swarms } = await start(new FakeServer(), 3);
    server.marks = AnswerMark.arrived;
    for (const port of [2001, 2002, 2003, 2004]) void swarms.announce(callOf({ port }));
    await clock.run(1);
    assert.deepEqual(server.knownOnly, [2004]);
    server.marks = AnswerMark.left;
    await announce(1, 2001, { event: 'stopped' });
    server.marks = AnswerMark.arrived;
    for (const port of [2005, 2006]) await announce(1, port);
    assert.deepEqual(server.knownOnly, [2004, 2006]);
  });

  it('count no peer that was there before, has not been there, or was refused', async () => {
    const { announce, server } = await start(new FakeServer(), 2);
    for (let i = 0; i < 5; i++) await announce(1, 2001);
    for (let i = 0; i < 5; i++) await announce(1, 2002, { event: 'stopped' });
    server.marks = AnswerMark.arrived;
    for (const port of [2003, 2004]) await announce(1, port);
    assert.deepEqual(server.knownOnly, []);
    server.marks = AnswerMark.refused;
    for (const port of [2005, 2006]) await announce(1, port);
    server.marks = AnswerMark.left;
    await announce(1, 2003, { event: 'stopped' });
    server.marks = AnswerMark.arrived;
    for (const port of [2007, 2008]) await announce(1, port);
    assert.deepEqual(server.knownOnly, [2005, 2006, 2008]);
  });

  it('give back what they counted for announces that the server did not answer', async () => {
    const { announce, clock, server, told } = await start(new FakeServer(), 2);
    server.answer = 'never';
    await announce(1, 2001);
    await announce(510, 2002);
    assert.equal(told.at(-1)?.status, 'degraded');
    server.answer = 'at once';
    await clock.run(1_000);
    server.marks = AnswerMark.arrived;
    for (const port of [2003, 2004, 2005]) await announce(1, port);
    assert.deepEqual(server.knownOnly, [2005]);
  });

  it('reject the listing of peers when the server is away or hangs', async () => {
    const server = new FakeServer();
    const { swarms, clock } = await start(server);
    server.answer = 'never';
    const hanging = swarms.peersOf(wordsOf(hashOf(0)), 10);
    const rejected = assert.rejects(hanging, /cannot be reached: no answer within 500 ms$/);
    await clock.run(501);
    await rejected;
    server.lose();
    await assert.rejects(swarms.peersOf(wordsOf(hashOf(0)), 10), /cannot be reached: the connection was lost$/);
  });

  it('answer what the server refuses from memory, go on with the rest, and are well when that was long ago', async () => {
    const { announce, swarms, server, told, clock } = await start();
    server.answer = 'never';
    const [refused, other] = [callOf({ port: 2001 }), callOf({ port: 2002 })];
    for (const call of [refused, other]) void swarms.announce(call);
    await clock.run(1);
    const { call: busy } = await announce(1, 2003);
    server.waiting[0]?.resolve(Buffer.concat([failureOf('WRONGTYPE'), answersOf(1)]));
    server.waiting[1]?.reject(new ErrorReply('BUSY'));
    server.answer = 'at once';
    const after = await announce(1, 2004);
    assert.deepEqual(
      [refused, other, busy, after.call].map(({ complete, incomplete }) => [complete, incomplete]),
      [
        [0, 1],
        [7, 0],
        [0, 2],
        [7, 0],
      ],
    );
    const swarm = Buffer.from(hashOf(0)).toString('hex');
    const degraded = { status: 'degraded', reason: `WRONGTYPE (swarm ${swarm})` };
    assert.deepEqual(told, [{ status: 'ok', reason: '' }, degraded]);
    await clock.run(9_900);
    assert.equal(told.length, 2);
    await clock.run(200);
    assert.deepEqual([told.at(-1)?.status, server.attempts], ['ok', 1]);
  });

  it('tell one reason for as long as the server refuses, whether anything is asked or not', async () => {
    const { announce, server, told, clock } = await start();
    server.answer = 'never';
    await announce(1);
    server.waiting[0]?.reject(new ErrorReply('OOM'));
    server.answer = 'at once';
    server.refusal = 'MISCONF';
    await clock.run(60_000);
    assert.deepEqual([told.at(-1), told.length], [{ status: 'degraded', reason: 'OOM' }, 2]);
    server.refusal = '';
    await clock.run(12_000);
    assert.deepEqual([told.at(-1)?.status, server.attempts], ['ok', 1]);
  });

  it('look for another server when theirs has become one that is only read', async () => {
    const { announce, server, told, clock } = await start();
    server.refusal = "READONLY You can't write against a read only replica.";
    await clock.run(3_000);
    assert.deepEqual(told.at(-1), { status: 'degraded', reason: server.refusal });
    assert.equal((await announce(0)).call.complete, 0);
    server.refusal = '';
    await clock.run(10_000);
    assert.equal((await announce(1)).call.complete, 7);
  });

  it('try less and less often while the server takes no writes, and soon again when it was well for long', async () => {
    const { server, told, clock } = await start();
    server.refusal = 'READONLY';
    await clock.run(302_000);
    assert.ok(server.attempts >= 12 && server.attempts <= 16, `${server.attempts} attempts in five minutes`);
    assert.equal(told.length, 2);
    server.refusal = '';
    await clock.run(60_000);
    server.lose();
    await clock.run(1_100);
    assert.deepEqual(
      told.map(({ status }) => status),
      ['ok', 'degraded', 'ok', 'degraded', 'ok'],
    );
  });

  it('try less and less often when each connection ends soon', async () => {
    const { server, told, clock } = await start();
    for (let second = 0; second < 300; second++) {
      server.lose();
      await clock.run(1_000);
    }
    assert.ok(server.attempts >= 12 && server.attempts <= 16, `${server.attempts} attempts in five minutes`);
    assert.ok(told.length < 32);
  });

  it('answer what waits from memory when they are closed, and everything after that', async () => {
    const { swarms, server, announce, clock } = await start();
    server.answer = 'never';
    const { call } = await announce(1);
    swarms[Symbol.dispose]();
    await clock.run(0);
    assert.equal(call.incomplete, 1);
    assert.equal((await announce(0, 2002)).call.incomplete, 2);
    await clock.run(5_000);
    assert.equal(server.open, 0);
  });
});
