import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { toText } from '../../../base/bytes.ts';
import { DstError } from '../../../base/errors.ts';
import { seededRandom } from '../../../base/random.ts';
import { openDatabase, type Webhook } from '../../../db/index.ts';
import type { ClientEvent } from '../event-log.ts';
import { EventHistory } from '../events/event-history.ts';
import { FakeLog, ManualClock, settle } from '../fakes.test.ts';
import { WebhookList } from './webhook-list.ts';
import { type Message, WebhookSender } from './webhook-sender.ts';

const secret = 's'.repeat(32);
const url = 'https://hooks.example/x';

class Office {
  readonly clock = new ManualClock();
  readonly events = new EventHistory(0, this.clock, new FakeLog());
  readonly log = new FakeLog();
  readonly sent: Message[] = [];
  readonly problems: (string | null)[] = [];
  webhooks: Webhook[] = [{ id: 1, url, events: ['torrent.*'], secret, createdAt: 0 }];
  /** Numbers of the events that need no more attempt. */
  readonly over: number[] = [];
  /** What the next attempts come to: a status, or an error. */
  answers: (number | Error)[] = [];
  readonly sender = new WebhookSender({
    clock: this.clock,
    random: seededRandom(1),
    logger: this.log,
    webhooks: () => this.webhooks,
    told: (_, problem) => this.problems.push(problem),
    post: async (message) => {
      this.sent.push(message);
      const answer = this.answers.shift() ?? 200;
      if (answer instanceof Error) throw answer;
      if (answer === 200) return;
      const details = { status: answer };
      throw new DstError('WEB_STATUS', { category: 'network', help: '' }, `status ${answer}`, { details });
    },
  });

  constructor() {
    this.events.on((event) => void this.sender.take(event).then(() => this.over.push(event.id)));
  }

  add(name: string): void {
    this.events.emit('torrent.added', { hash: 'ab'.repeat(20), name });
  }

  get names(): string[] {
    return this.sent.map(({ body }) => ((JSON.parse(toText(body)) as ClientEvent).data as { name: string }).name);
  }
}

describe('a webhook', () => {
  test('gets the events that it wants, signed', async () => {
    const office = new Office();
    office.add('a');
    office.events.emit('limits.switched', { isAlternative: true, by: 'user' });
    await settle();
    assert.equal(office.sent.length, 1);
    const { url: to, headers, body: bytes } = office.sent[0] as Message;
    const body = toText(bytes);
    assert.deepEqual(JSON.parse(body), {
      id: 1,
      at: office.clock.wall(),
      name: 'torrent.added',
      data: { hash: 'ab'.repeat(20), name: 'a' },
    });
    const at = office.clock.wall();
    const hmac = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
    assert.deepEqual(
      [to, headers['dst-signature'], headers['dst-event'], headers['dst-event-id']],
      [url, `t=${at},v1=${hmac}`, 'torrent.added', '1'],
    );
    assert.deepEqual(office.problems, [null]);
  });

  test('that fails gets them again later, in order', async () => {
    const office = new Office();
    office.answers = [new Error('refused'), 503, 200];
    office.add('a');
    office.add('b');
    await settle();
    assert.deepEqual(office.names, ['a']);
    await office.clock.pass(5_000);
    assert.deepEqual([office.names, office.over], [['a', 'a'], []]);
    await office.clock.pass(10_000);
    assert.deepEqual(
      [office.names, office.over],
      [
        ['a', 'a', 'a', 'b'],
        [1, 2],
      ],
    );
    assert.deepEqual(office.problems, ['refused', 'status 503', null, null]);
  });

  test('that does not want a message as it is, or never answers well, misses that one alone', async () => {
    const office = new Office();
    office.answers = [404];
    office.add('a');
    office.add('b');
    await settle();
    assert.deepEqual(office.names, ['a', 'b']);
    office.answers = Array.from({ length: 10 }, () => 500);
    office.add('c');
    office.add('d');
    await office.clock.pass(3 * 3_600_000);
    assert.deepEqual([office.names.filter((name) => name === 'c').length, office.names.at(-1)], [10, 'd']);
    assert.deepEqual(
      office.log.lines.filter((line) => line.includes('given up')).map((line) => /"event":(\d)/.exec(line)?.[1]),
      ['1', '3'],
    );
  });

  test('that is removed, or whose client ends, gets no more', async () => {
    const office = new Office();
    office.answers = [500];
    office.add('a');
    await settle();
    office.webhooks = [];
    await office.clock.pass(60_000);
    assert.deepEqual([office.sent.length, office.over], [1, [1]]);
    const other = new Office();
    other.answers = [500];
    other.add('a');
    await settle();
    other.sender.close();
    other.add('b');
    await other.clock.pass(60_000);
    assert.deepEqual([other.sent.length, other.over], [1, []]);
  });

  test('that is slow loses the oldest of the events that wait, and memory has an end', async () => {
    const office = new Office();
    office.answers = [500];
    for (let i = 0; i < 1_500; i++) office.add(String(i));
    await office.clock.pass(5_000);
    assert.deepEqual(
      [office.names.length, office.names[0], office.names[2], office.names.at(-1)],
      [1_001, '0', '501', '1499'],
    );
    assert.equal(office.over.length, 1_500);
    const told = (): number => office.log.lines.filter((line) => line.includes('loses events')).length;
    assert.equal(told(), 1, 'told once');
    office.answers = [500];
    for (let i = 0; i < 1_500; i++) office.add(String(i));
    await office.clock.pass(5_000);
    assert.equal(told(), 2, 'and once more when it happens again');
  });
});

describe('the list of webhooks', () => {
  test('is kept, without telling secrets', async () => {
    await using database = await openDatabase(':memory:');
    const list = new WebhookList(database.client.webhooks, () => false);
    const added = await list.add({ url, events: ['torrent.*'], secret });
    assert.deepEqual(list.all(), [added]);
    assert.equal(JSON.stringify(list.all()).includes(secret), false);
    list.told(added.id, 'refused');
    assert.equal(list.all()[0]?.problem, 'refused');
    list.told(added.id, null);
    assert.deepEqual([list.all()[0]?.problem, list.attempts], [null, { taken: 1, failed: 1 }]);
    const again = new WebhookList(database.client.webhooks, () => false);
    await again.open();
    assert.deepEqual([again.all(), again.stored[0]?.secret], [[added], secret]);
    assert.deepEqual([await again.remove(added.id), await again.remove(added.id), again.all()], [true, false, []]);
  });

  test('has one still that the database does not let go', async (t) => {
    await using database = await openDatabase(':memory:');
    const list = new WebhookList(database.client.webhooks, () => false);
    const added = await list.add({ url, events: [], secret });
    t.mock.method(database.client.webhooks, 'remove', () => Promise.reject(new Error('away')));
    await assert.rejects(list.remove(added.id), { message: 'away' });
    assert.deepEqual(list.all(), [added]);
  });

  test('takes addresses of http and https, known events and long secrets', async () => {
    await using database = await openDatabase(':memory:');
    const list = new WebhookList(database.client.webhooks, () => false);
    for (const bad of [
      { url: 'file:///etc/passwd', events: [], secret },
      { url: 'nonsense', events: [], secret },
      { url, events: ['torrent.exploded'], secret },
      { url, events: [], secret: 'short' },
    ]) {
      await assert.rejects(list.add(bad), { code: 'CLIENT_BAD_SETTING' }, JSON.stringify(bad));
    }
  });

  test('takes no address to which nothing would be sent, in any spelling, and says which key allows it', async () => {
    await using database = await openDatabase(':memory:');
    const list = new WebhookList(database.client.webhooks, (host) => host === '192.168.1.5');
    const events = ['torrent.*'];
    for (const host of [
      '127.0.0.1:8080',
      '127.1',
      '2130706433',
      '10.0.0.1',
      '[::1]',
      '[::ffff:7f00:1]',
      '169.254.1.1',
    ]) {
      await assert.rejects(
        list.add({ url: `http://${host}/x`, events, secret }),
        { code: 'CLIENT_BAD_SETTING', message: /is not public.*api\.privateRanges/ },
        host,
      );
    }
    for (const host of ['192.168.1.5', '192.0.2.1', 'localhost']) {
      await list.add({ url: `http://${host}/x`, events, secret });
    }
    assert.equal(list.all().length, 3);
  });
});
