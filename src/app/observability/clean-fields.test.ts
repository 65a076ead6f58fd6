import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { errorsOf } from '../../base/errors.ts';
import { type CleaningOptions, cleanFields, cleanMessage } from './clean-fields.ts';

const masking: CleaningOptions = { showsAddresses: false, showsStacks: false };
const open: CleaningOptions = { showsAddresses: true, showsStacks: true };

/** The fields as a reader of the line has them. */
const asRead = (fields: unknown, options = masking): unknown =>
  JSON.parse(JSON.stringify(cleanFields(fields, options)));

test('addresses become their networks in fields, in nested fields and in lists', () => {
  const fields = {
    host: '192.0.2.77',
    client: { address: '2001:db8:1:2::3', port: 6881 },
    addresses: ['192.0.2.77:80', '[2001:db8::1]:80'],
    remote: Uint8Array.of(192, 0, 2, 77),
  };
  assert.deepEqual(asRead(fields), {
    host: '192.0.2.0/24',
    client: { address: '2001:db8:1::/48', port: 6881 },
    addresses: ['192.0.2.0/24:80', '[2001:db8::/48]:80'],
    remote: '192.0.2.0/24',
  });
});

test('addresses stay whole when they are wanted', () => {
  const fields = { host: '192.0.2.77', remote: Uint8Array.of(192, 0, 2, 77) };
  assert.deepEqual(asRead(fields, open), { host: '192.0.2.77', remote: '192.0.2.77' });
});

test('an address that is the name of a field is masked too', () => {
  assert.deepEqual(asRead({ counts: { '192.0.2.77': 3 } }), { counts: { '192.0.2.0/24': 3 } });
});

test('fields with the names of secrets are redacted, whatever they hold', () => {
  const names = ['passkey', 'token', 'password', 'key', 'Authorization', 'udpKey', 'api_token', 'proxy-authorization'];
  for (const name of names) {
    for (const value of ['x', 5, ['x'], { a: 'x' }, Uint8Array.of(1)]) {
      assert.deepEqual(asRead({ inner: { [name]: value } }), { inner: { [name]: '[redacted]' } }, name);
    }
  }
});

test('secrets stay out even when addresses are wanted', () => {
  assert.deepEqual(asRead({ password: 'x', url: 'redis://u:p@h' }, open), {
    password: '[redacted]',
    url: 'redis://[redacted]@h',
  });
});

test('a count of tokens, and a secret that is not there, are no secrets', () => {
  assert.deepEqual(asRead({ tokens: 5, passkey: null }), { tokens: 5, passkey: null });
  assert.deepEqual(asRead({ tokens: ['x'] }), { tokens: '[redacted]' });
});

test('an error is its name, code, category, words, details and causes, without stack', () => {
  const fail = errorsOf({ DIAL_FAILED: { category: 'network', help: '' } });
  const cause = Object.assign(new Error('connect ECONNREFUSED 192.0.2.77:80'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
    address: '192.0.2.77',
    port: 80,
  });
  const error = fail('DIAL_FAILED', 'cannot reach redis://u:p@192.0.2.77', { details: { host: '192.0.2.77' }, cause });
  assert.deepEqual(asRead({ error }), {
    error: {
      name: 'DstError',
      code: 'DIAL_FAILED',
      category: 'network',
      message: 'cannot reach redis://[redacted]@192.0.2.0/24',
      details: { host: '192.0.2.0/24' },
      cause: {
        name: 'Error',
        message: 'connect ECONNREFUSED 192.0.2.0/24:80',
        code: 'ECONNREFUSED',
        syscall: 'connect',
        address: '192.0.2.0/24',
        port: 80,
      },
    },
  });
});

test('an error of what the operator has set is its words, with the addresses of the server and without secrets', () => {
  const fail = errorsOf({
    CONFIG_INVALID: { category: 'usage', help: '' },
    NET_PORT_IN_USE: { category: 'network', help: '' },
    NET_TIMEOUT: { category: 'network', help: '' },
  });
  const words = 'bind (a.toml): "192.0.2.77:80" is not allowed';
  const details = { problems: [{ key: 'bind', allowed: words }] };
  const error = fail('CONFIG_INVALID', words, { details, cause: new Error(words) });
  const name = 'DstError';
  assert.deepEqual(asRead({ error }), { error: { name, code: 'CONFIG_INVALID', category: 'usage', message: words } });
  const messageOf = (code: 'NET_PORT_IN_USE' | 'NET_TIMEOUT', text: string): unknown =>
    (asRead({ error: fail(code, text) }) as { error: { message: string } }).error.message;
  assert.equal(messageOf('NET_PORT_IN_USE', 'on 192.0.2.77:80'), 'on 192.0.2.77:80');
  assert.equal(messageOf('NET_TIMEOUT', 'from 192.0.2.77:80'), 'from 192.0.2.0/24:80', 'this is a peer’s');
  assert.equal(messageOf('NET_PORT_IN_USE', 'a://u:p@192.0.2.77'), 'a://[redacted]@192.0.2.77');
});

test('the stack of an error is there when it is wanted', () => {
  const { error } = asRead({ error: new Error('x') }, open) as { error: { stack: string } };
  assert.match(error.stack, /clean-fields\.test/);
});

test('the errors of an AggregateError are told, and a circle of causes ends', () => {
  const circular = new Error('a');
  circular.cause = circular;
  const error = new AggregateError([new Error('one'), circular], 'both');
  assert.deepEqual(asRead({ error }), {
    error: {
      name: 'AggregateError',
      message: 'both',
      errors: [
        { name: 'Error', message: 'one' },
        { name: 'Error', message: 'a', cause: '[circular]' },
      ],
    },
  });
});

test('values that JSON has no form for are written in words', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const fields = {
    big: 12n,
    nan: Number.NaN,
    symbol: Symbol('s'),
    fn() {},
    date: new Date(0),
    never: new Date(Number.NaN),
    url: new URL('http://u:p@host/'),
    hash: new Uint8Array(20),
    blob: new ArrayBuffer(100),
    set: new Set([1, 2]),
    map: new Map<unknown, unknown>([
      ['a', 1],
      [{}, 2],
    ]),
    circle,
    none: undefined,
  };
  assert.deepEqual(asRead(fields), {
    big: '12',
    nan: 'NaN',
    symbol: 'Symbol(s)',
    fn: '[function]',
    date: '1970-01-01T00:00:00.000Z',
    never: 'Invalid Date',
    url: 'http://[redacted]@host/',
    hash: '0'.repeat(40),
    blob: '[100 bytes]',
    set: [1, 2],
    map: { a: 1, '[object]': 2 },
    circle: { self: '[circular]' },
  });
});

test('an object that stands in two places is no circle', () => {
  const shared = { a: 1 };
  assert.deepEqual(asRead({ x: shared, y: [shared, shared] }), { x: { a: 1 }, y: [{ a: 1 }, { a: 1 }] });
});

test('getters and proxies that throw are unreadable and spoil nothing else', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const trap = new Proxy(
    {},
    {
      ownKeys() {
        throw new Error('no');
      },
    },
  );
  const fields = {
    get bad(): string {
      throw new Error('no');
    },
    proxy,
    trap,
    good: 1,
  };
  assert.deepEqual(asRead(fields), { bad: '[unreadable]', proxy: '[unreadable]', trap: '[unreadable]', good: 1 });
});

test('long texts, long lists, many fields and deep nesting are cut', () => {
  const long = cleanFields({ text: 'x'.repeat(1_000_000) }, masking)['text'] as string;
  assert.match(long, /^x{8192}… \[1000000 characters\]$/);
  const list = cleanFields({ list: Array.from({ length: 500 }, () => 1) }, masking)['list'] as unknown[];
  assert.deepEqual([list.length, list.at(-1)], [101, '[400 more]']);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, i]));
  assert.equal(Object.keys(cleanFields(many, masking)).length, 101);
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  assert.match(JSON.stringify(cleanFields({ deep }, masking)), /\[deep\]/);
});

test('one line stays small, whatever multiplies in it', () => {
  let value: unknown = 'x'.repeat(5000);
  for (let i = 0; i < 5; i++) value = Array.from({ length: 90 }, () => value);
  const size = JSON.stringify(cleanFields({ value }, masking)).length;
  assert.ok(size < 150_000, `${size} characters`);
});

test('a secret that the cut goes through is not told by halves', () => {
  const text = `${'x'.repeat(8171)} redis://user:hunter2@host`;
  assert.doesNotMatch(JSON.stringify(cleanFields({ text }, masking)), /user|hunter/);
});

test('a field cannot pass for the level, time or message of its line', () => {
  assert.deepEqual(asRead({ level: 'error', time: 1, msg: 'x', inner: { level: 2 } }), {
    level_: 'error',
    time_: 1,
    msg_: 'x',
    inner: { level: 2 },
  });
});

test('fields that are no object, and a message that is no text, are told all the same', () => {
  assert.deepEqual(asRead('text'), { value: 'text' });
  assert.deepEqual(asRead(null), { value: null });
  assert.equal(cleanMessage(Object.create(null), masking), '{}');
  assert.equal(cleanMessage(undefined, masking), 'null');
});

test('whatever the fields are, nothing is thrown and the result can be written', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  fc.assert(
    fc.property(anything, anything, (fields, message) => {
      assert.equal(typeof asRead(fields), 'object');
      assert.equal(typeof cleanMessage(message, open), 'string');
    }),
  );
});
