import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { seededRandom, systemRandom } from '../../base/random.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import {
  fastPrimitives,
  hashing,
  memoryAccess,
  MemoryAccessStore,
  PASSWORD,
} from '../../../test/support/memory-access.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { Access } from './access.ts';

const HOUR = 3_600_000;
const host = '192.0.2.1';
const code = (expected: string) => ({ code: expected });

describe('the first start', () => {
  test('makes an admin with a password of chance and tells it once', async () => {
    const store = new MemoryAccessStore();
    const options = { store, clock: new ManualClock(), random: systemRandom, primitives: fastPrimitives };
    const { access, firstUser } = await Access.open(options);
    assert.equal(firstUser?.name, 'admin');
    assert.match(firstUser.password, /^[a-km-np-z2-9]{24}$/);
    assert.equal((await access.byPassword('admin', firstUser.password, host)).scope, 'admin');
    assert.doesNotMatch(JSON.stringify(store.userList), new RegExp(firstUser.password));
    assert.equal((await Access.open(options)).firstUser, null);
  });

  test('keeps passwords as Argon2id of the costs that its hash names', async () => {
    const store = new MemoryAccessStore();
    const options = { store, clock: new ManualClock(), random: seededRandom(1), primitives: nodePrimitives };
    const { access, firstUser } = await Access.open(options);
    assert.match(store.userList[0]?.passwordHash ?? '', /^\$argon2id\$v=19\$m=19456,t=4,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    assert.equal((await access.byPassword('admin', firstUser?.password ?? '', host)).name, 'admin');
    await assert.rejects(access.byPassword('admin', 'another', host), code('ACCESS_DENIED'));
  });
});

describe('a password', () => {
  test('is hashed once for many requests', async () => {
    const { access, clock } = await memoryAccess();
    hashing.count = 0;
    for (let i = 0; i < 5; i++) assert.equal((await access.byPassword('oscar', PASSWORD, host)).scope, 'control');
    assert.equal(hashing.count, 1);
    clock.advance(2 * HOUR);
    await access.byPassword('oscar', PASSWORD, host);
    assert.equal(hashing.count, 2);
  });

  test('that was right is no longer after it has changed, or the user has gone', async () => {
    const { access } = await memoryAccess();
    await access.byPassword('vera', PASSWORD, host);
    await access.changeUser('vera', { password: 'another password' });
    await assert.rejects(access.byPassword('vera', PASSWORD, host), code('ACCESS_DENIED'));
    const caller = await access.byPassword('vera', 'another password', host);
    assert.equal(caller.isValid(), true);
    await access.removeUser('vera');
    assert.equal(caller.isValid(), false);
    await assert.rejects(access.byPassword('vera', 'another password', host), code('ACCESS_DENIED'));
  });

  test('that changes while the old one is being checked is the only one afterwards', async () => {
    for (let steps = 0; steps < 20; steps++) {
      const { access, store } = await memoryAccess();
      const stored = Promise.withResolvers<void>();
      const writing = Promise.withResolvers<void>();
      store.users.put = () => {
        writing.resolve();
        return stored.promise;
      };
      const changed = access.changeUser('vera', { password: 'another password' });
      await writing.promise;
      const checked = access.byPassword('vera', PASSWORD, host).catch(() => null);
      for (let i = 0; i < steps; i++) await Promise.resolve();
      stored.resolve();
      await Promise.all([changed, checked]);
      await assert.rejects(access.byPassword('vera', PASSWORD, host), code('ACCESS_DENIED'), `after ${steps} steps`);
    }
  });

  test('of a user that there is not costs as much as a wrong one', async () => {
    const { access } = await memoryAccess();
    hashing.count = 0;
    await assert.rejects(access.byPassword('nobody', PASSWORD, host), code('ACCESS_DENIED'));
    await assert.rejects(access.byPassword('vera', 'a wrong password', host), code('ACCESS_DENIED'));
    assert.equal(hashing.count, 2);
  });

  test('that is wrong is logged with the address, and the name only of one who is a user', async () => {
    const told: unknown[] = [];
    const { access } = await Access.open({
      store: new MemoryAccessStore(),
      clock: new ManualClock(),
      random: systemRandom,
      primitives: fastPrimitives,
      logger: { warn: (text, facts) => void told.push([text, facts]) },
    });
    for (const name of ['admin', 'hunter2']) {
      await assert.rejects(access.byPassword(name, 'a wrong password', host), code('ACCESS_DENIED'));
    }
    await assert.rejects(access.login('admin', 'a wrong password', undefined), code('ACCESS_DENIED'));
    assert.deepEqual(told, [
      ['a password was refused', { from: host, user: 'admin' }],
      ['a password was refused', { from: host, user: null }],
      ['a password was refused', { from: 'socket', user: 'admin' }],
    ]);
  });

  test('is the same in other pieces of the same letters, and the name in other letter case', async () => {
    const { access } = await memoryAccess();
    await access.addUser({ name: 'Zoë', role: 'viewer', password: 'ein schönes Passwort' });
    assert.equal((await access.byPassword('ZOE\u0308', 'ein scho\u0308nes Passwort', host)).name, 'Zoë');
    await assert.rejects(
      access.addUser({ name: 'zoë', role: 'viewer', password: PASSWORD }),
      code('ACCESS_NAME_TAKEN'),
    );
  });

  test('that is short or endless is refused', async () => {
    const { access } = await memoryAccess();
    for (const password of ['', 'short', 'x'.repeat(257)]) {
      await assert.rejects(access.addUser({ name: 'n', role: 'admin', password }), code('ACCESS_WEAK_PASSWORD'));
    }
    hashing.count = 0;
    await assert.rejects(access.byPassword('ada', 'x'.repeat(1_000_000), host), code('ACCESS_DENIED'));
    assert.equal(hashing.count, 0);
  });

  test('is not taken from a hash that other hands have made costly', async () => {
    const store = new MemoryAccessStore();
    const salt = 'A'.repeat(22);
    for (const costs of ['m=9999999,t=1,p=1', 'm=8,t=999,p=1', 'm=8,t=0,p=1', 'm=8,t=1,p=0']) {
      store.userList[0] = {
        name: 'eve',
        role: 'admin',
        passwordHash: `$argon2id$v=19$${costs}$${salt}$${'A'.repeat(43)}`,
        createdAt: 0,
      };
      const options = { store, clock: new ManualClock(), random: systemRandom, primitives: fastPrimitives };
      const { access } = await Access.open(options);
      hashing.count = 0;
      await assert.rejects(access.byPassword('eve', PASSWORD, host), code('ACCESS_DENIED'));
      assert.equal(hashing.count, 0);
    }
  });
});

describe('who guesses passwords', () => {
  const guess = (access: Access, from = host): Promise<string> =>
    access.byPassword('ada', 'a wrong password', from).then(
      () => 'right',
      (error: { code: string }) => error.code,
    );

  test('waits after five tries, twice as long after each, and the right one does not help meanwhile', async () => {
    const { access, clock } = await memoryAccess();
    for (let i = 0; i < 5; i++) assert.equal(await guess(access), 'ACCESS_DENIED');
    for (const wait of [1, 2, 4, 8]) {
      assert.equal(await guess(access), 'ACCESS_DELAYED');
      await assert.rejects(access.login('ada', PASSWORD, host), (error: { details: { retryAfter: number } }) => {
        assert.equal(error.details.retryAfter, wait);
        return true;
      });
      clock.advance(wait * 1000);
      assert.equal(await guess(access), 'ACCESS_DENIED');
    }
  });

  test('never waits longer than a quarter of an hour, and is forgotten after an hour', async () => {
    const { access, clock } = await memoryAccess();
    for (let i = 0; i < 40; i++) {
      clock.advance(HOUR / 4);
      assert.equal(await guess(access), 'ACCESS_DENIED');
    }
    assert.equal(await guess(access), 'ACCESS_DELAYED');
    clock.advance(HOUR + 1);
    for (let i = 0; i < 5; i++) assert.equal(await guess(access), 'ACCESS_DENIED');
  });

  test('gains nothing by asking a hundred times at the same moment', async () => {
    const { access } = await memoryAccess();
    hashing.count = 0;
    const answers = await Promise.all(Array.from({ length: 100 }, () => guess(access)));
    assert.equal(answers.filter((answer) => answer === 'ACCESS_DENIED').length, 5);
    assert.equal(hashing.count, 5);
  });

  test('gains nothing by other addresses of the same IPv6 network, and delays nobody elsewhere', async () => {
    const { access } = await memoryAccess();
    for (let i = 0; i < 5; i++) await guess(access, `2001:db8:0:1::${i + 1}`);
    assert.equal(await guess(access, '2001:db8:0:1:ffff::1'), 'ACCESS_DELAYED');
    assert.equal(await guess(access, '2001:db8:0:2::1'), 'ACCESS_DENIED');
    assert.equal((await access.byPassword('ada', PASSWORD, host)).name, 'ada');
  });

  test('does not lock out who has logged in, or whose password is known to be right', async () => {
    const { access } = await memoryAccess();
    const { id } = await access.login('ada', PASSWORD, host);
    await access.byPassword('ada', PASSWORD, host);
    for (let i = 0; i < 8; i++) await guess(access);
    assert.equal(access.bySession(id)?.name, 'ada');
    assert.equal((await access.byPassword('ada', PASSWORD, host)).name, 'ada');
  });

  test('begins anew when the right one came', async () => {
    const { access } = await memoryAccess();
    for (let i = 0; i < 4; i++) await guess(access);
    await access.login('ada', PASSWORD, host);
    for (let i = 0; i < 5; i++) assert.equal(await guess(access), 'ACCESS_DENIED');
  });

  test('at many addresses at the same moment fills a short line, and no more', async () => {
    const { access } = await memoryAccess();
    const tries = Array.from({ length: 200 }, (_, i) => guess(access, `192.0.2.${i + 1}`));
    const answers = await Promise.all(tries);
    assert.equal(answers.filter((answer) => answer === 'ACCESS_BUSY').length, 184);
  });
});

describe('a session', () => {
  test('has 256 bits that were not known before the login, and another CSRF value', async () => {
    const { access } = await memoryAccess();
    const first = await access.login('ada', PASSWORD, host);
    const second = await access.login('ada', PASSWORD, host);
    for (const { id, session } of [first, second]) {
      assert.match(id, /^[\w-]{43}$/);
      assert.match(session.csrf, /^[\w-]{43}$/);
    }
    assert.equal(new Set([first.id, second.id, first.session.csrf, second.session.csrf]).size, 4);
    assert.equal(access.bySession(first.id)?.scope, 'admin');
    assert.equal(access.bySession('A'.repeat(43)), null);
  });

  test('ends when it is idle for a day, or is a month old', async () => {
    const { access, clock } = await memoryAccess();
    const { id } = await access.login('ada', PASSWORD, host);
    clock.advance(23 * HOUR);
    assert.notEqual(access.bySession(id), null);
    clock.advance(24 * HOUR);
    assert.equal(access.bySession(id), null);
    const { id: busy } = await access.login('ada', PASSWORD, host);
    for (let hours = 0; hours < 30 * 24 - 12; hours += 12) {
      assert.notEqual(access.bySession(busy), null);
      clock.advance(12 * HOUR);
    }
    clock.advance(12 * HOUR);
    assert.equal(access.bySession(busy), null);
  });

  test('is not kept awake by what looks whether it is still there', async () => {
    const { access, clock } = await memoryAccess();
    const { id, caller } = await access.login('ada', PASSWORD, host);
    clock.advance(23 * HOUR);
    assert.equal(caller.isValid(), true);
    clock.advance(2 * HOUR);
    assert.equal(caller.isValid(), false);
    assert.equal(access.bySession(id), null);
  });

  test('ends by logout, by a new password, and with its user', async () => {
    const { access } = await memoryAccess();
    const login = async (): Promise<string> => (await access.login('vera', PASSWORD, host)).id;
    const [first, second] = [await login(), await login()];
    const caller = access.bySession(first);
    access.logout(first);
    assert.deepEqual([access.bySession(first), caller?.isValid()], [null, false]);
    await access.changeUser('vera', { password: PASSWORD });
    assert.equal(access.bySession(second), null);
    const third = await login();
    await access.removeUser('vera');
    assert.equal(access.bySession(third), null);
  });

  test('allows what the role of its user allows now', async () => {
    const { access } = await memoryAccess();
    const { id, caller } = await access.login('vera', PASSWORD, host);
    await access.changeUser('vera', { role: 'operator' });
    assert.equal(access.bySession(id)?.scope, 'control');
    assert.equal(caller.isValid(), false);
  });

  test('of a user that has twenty of them ends the oldest', async () => {
    const { access } = await memoryAccess();
    const ids: string[] = [];
    for (let i = 0; i < 21; i++) ids.push((await access.login('ada', PASSWORD, host)).id);
    assert.equal(access.bySession(ids[0] as string), null);
    assert.notEqual(access.bySession(ids[1] as string), null);
  });
});

describe('a token', () => {
  const settings = { name: 'sonarr', scope: 'control', owner: 'ada', expiresAt: null } as const;
  const bearer = (token: string): string => `Bearer ${token}`;

  test('has 256 bits, is kept as its SHA-256, and outlives the program', async () => {
    const { access, store } = await memoryAccess();
    const { token, stored } = await access.addToken(settings);
    assert.match(token, /^dst_[\w-]{43}$/);
    assert.deepEqual(Buffer.from(stored.hash), createHash('sha256').update(token).digest());
    const options = { store, clock: new ManualClock(), random: systemRandom, primitives: fastPrimitives };
    const { access: later } = await Access.open(options);
    const caller = later.byBearer(bearer(token));
    assert.deepEqual([caller?.kind, caller?.name, caller?.scope], ['token', 'sonarr', 'control']);
  });

  test('is worth nothing when it has expired, was revoked, or lacks something', async () => {
    const { access, clock } = await memoryAccess();
    const { token } = await access.addToken({ ...settings, expiresAt: clock.wall() + 10 });
    clock.advance(9000);
    const caller = access.byBearer(bearer(token));
    assert.equal(caller?.isValid(), true);
    clock.advance(1000);
    assert.deepEqual([access.byBearer(bearer(token)), caller.isValid()], [null, false]);
    const { token: other, stored } = await access.addToken(settings);
    for (const header of ['', 'Bearer', other, bearer(other.slice(0, -1)), bearer(`${other}x`), `Basic ${other}`]) {
      assert.equal(access.byBearer(header), null, header);
    }
    await access.revokeToken(stored.hash);
    assert.equal(access.byBearer(bearer(other)), null);
    await assert.rejects(access.revokeToken(stored.hash), code('ACCESS_NOT_FOUND'));
  });

  test('allows no more than the user whose it is, and nothing without the user', async () => {
    const { access, store } = await memoryAccess();
    const { token } = await access.addToken({ ...settings, owner: 'oscar', scope: 'admin' });
    assert.equal(access.byBearer(bearer(token))?.scope, 'control');
    await access.changeUser('oscar', { role: 'viewer' });
    assert.equal(access.byBearer(bearer(token))?.scope, 'read');
    await access.removeUser('oscar');
    assert.equal(access.byBearer(bearer(token)), null);
    assert.deepEqual(store.tokenList, []);
  });

  test('is not made for a user who has gone meanwhile', async () => {
    const { access, store } = await memoryAccess();
    const removed = access.removeUser('oscar');
    await assert.rejects(access.addToken({ ...settings, owner: 'oscar' }), code('ACCESS_NOT_FOUND'));
    await removed;
    assert.deepEqual(store.tokenList, []);
  });

  test('goes with its user however the name was written', async () => {
    const { access, store } = await memoryAccess();
    await access.addToken({ ...settings, owner: 'OSCAR' });
    await access.removeUser('oscar');
    assert.deepEqual(store.tokenList, []);
  });
});

describe('users', () => {
  test('always leave an admin', async () => {
    const { access } = await memoryAccess();
    await access.removeUser('admin');
    for (const losing of [() => access.removeUser('ada'), () => access.changeUser('Ada', { role: 'operator' })]) {
      await assert.rejects(losing(), code('ACCESS_LAST_ADMIN'));
    }
    await access.changeUser('oscar', { role: 'admin' });
    await access.removeUser('ada');
  });

  test('that are made at the same moment with the same name are one', async () => {
    const { access } = await memoryAccess();
    const made = await Promise.allSettled(
      ['max', 'MAX', 'Max'].map((name) => access.addUser({ name, role: 'viewer', password: PASSWORD })),
    );
    assert.deepEqual(made.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
  });

  for (const name of ['', ' ', 'a b', 'a:b', 'a\nb', 'x'.repeat(65), 'a\u202eb', '\ud800']) {
    test(`are not named ${JSON.stringify(name)}`, async () => {
      const { access } = await memoryAccess();
      await assert.rejects(access.addUser({ name, role: 'viewer', password: PASSWORD }), code('ACCESS_BAD_NAME'));
    });
  }

  test('that could not be stored are not there', async () => {
    const { access, store } = await memoryAccess();
    store.users.put = () => Promise.reject(new Error('disk full'));
    await assert.rejects(access.addUser({ name: 'max', role: 'admin', password: PASSWORD }), /disk full/);
    await assert.rejects(access.byPassword('max', PASSWORD, host), code('ACCESS_DENIED'));
  });
});

describe('a ticket', () => {
  test('lets its path be read for a day, and nothing else', async () => {
    const { access, clock } = await memoryAccess();
    const ticket = access.ticketFor('/a');
    assert.equal(access.byTicket(ticket, '/a')?.scope, 'read');
    assert.equal(access.byTicket(ticket, '/b'), null);
    const [until, mac] = ticket.split('.') as [string, string];
    for (const forged of [`${Number(until) + 1}.${mac}`, `${until}.${'A'.repeat(43)}`, '', 'x', `${until}.`]) {
      assert.equal(access.byTicket(forged, '/a'), null, forged);
    }
    clock.advance(24 * HOUR);
    assert.equal(access.byTicket(ticket, '/a'), null);
  });

  test('of another run is worth nothing', async () => {
    const ticket = (await memoryAccess()).access.ticketFor('/a');
    assert.equal((await memoryAccess()).access.byTicket(ticket, '/a'), null);
  });
});
