import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import test, { after } from 'node:test';
import fc from 'fast-check';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { createLog, type Log, type LogOptions } from './create-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'dst-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A stream that keeps what is written to it. */
class Sink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  get lines(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

function open(over: Partial<LogOptions> = {}): { readonly log: Log; readonly sink: Sink } {
  const sink = new Sink();
  const log = createLog({ level: 'info', destination: sink, showsAddresses: false, clock: new SimClock(), ...over });
  return { log, sink };
}

test('a line is one JSON object with level, time, fields and message', async () => {
  const { log, sink } = open();
  log.warn('a torrent was refused', { infoHash: 'ab', count: 2 });
  await log.flush();
  assert.equal(
    sink.text,
    '{"level":"warn","time":"2030-01-01T00:00:00.000Z","infoHash":"ab","count":2,"msg":"a torrent was refused"}\n',
  );
});

test('without a clock the time is the machine’s, in ISO form to the millisecond', async () => {
  const sink = new Sink();
  const log = createLog({ level: 'info', destination: sink, showsAddresses: false });
  log.info('x');
  await log.flush();
  assert.match(String(sink.lines[0]?.['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('the level can be changed at run time', async () => {
  const { log, sink } = open();
  log.debug('one');
  log.setLevel('debug');
  log.debug('two');
  log.setLevel('error');
  log.warn('three');
  log.error('four');
  await log.flush();
  assert.equal(log.level, 'error');
  assert.deepEqual(
    sink.lines.map(({ msg }) => msg),
    ['two', 'four'],
  );
});

test('fields of a line below the level are not looked at', () => {
  const { log } = open();
  log.debug('x', {
    get field(): string {
      return assert.fail('looked at');
    },
  });
});

test('addresses are masked in fields and message until they are wanted', async () => {
  const { log, sink } = open();
  log.info('refused 192.0.2.77', { host: '192.0.2.77' });
  log.setShowsAddresses(true);
  log.info('refused 192.0.2.77', { host: '192.0.2.77' });
  await log.flush();
  assert.deepEqual(
    sink.lines.map(({ msg, host }) => [msg, host]),
    [
      ['refused 192.0.2.0/24', '192.0.2.0/24'],
      ['refused 192.0.2.77', '192.0.2.77'],
    ],
  );
});

test('the stack of an error is told at level debug alone', async () => {
  const { log, sink } = open();
  log.error('failed', { error: new Error('x'), err: new Error('y') });
  log.setLevel('debug');
  log.error('failed', { error: new Error('x') });
  await log.flush();
  const [first, second] = sink.lines;
  assert.deepEqual(
    [first?.['error'], first?.['err']],
    [
      { name: 'Error', message: 'x' },
      { name: 'Error', message: 'y' },
    ],
  );
  assert.match(JSON.stringify(second), /"stack":"Error: x/);
});

test('foreign text cannot begin a line, act on a terminal or turn the text around', async () => {
  const { log, sink } = open();
  const evil = 'a\n{"level":"error"}\r\u001b[2J\u009b31m\u202eb\u2028\u{e0041}\ud800';
  log.info(evil, { [evil]: evil });
  await log.flush();
  assert.match(sink.text, /^[^\n]*\n$/);
  assert.doesNotMatch(sink.text.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  assert.equal(sink.lines[0]?.['msg'], evil, 'a parser gets it as it was');
});

test('fields that resemble a request keep their company', async () => {
  const { log, sink } = open();
  log.info('x', { method: 'GET', headers: {}, socket: 1, other: 2 });
  await log.flush();
  assert.deepEqual([sink.lines[0]?.['other'], sink.lines[0]?.['method']], [2, 'GET']);
});

test('percent signs of a message stay', async () => {
  const { log, sink } = open();
  log.info('100% of %s %d %%', {});
  await log.flush();
  assert.equal(sink.lines[0]?.['msg'], '100% of %s %d %%');
});

test('whatever is logged, nothing is thrown and each call is one line of JSON', async () => {
  const { log, sink } = open();
  let calls = 0;
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.anything({ withBigInt: true, withMap: true }), (message, fields) => {
      log.info(message, fields as Record<string, unknown>);
      calls++;
    }),
  );
  await log.flush();
  assert.equal(sink.lines.length, calls);
});

test('disposing writes what waits, and then takes nothing more', async () => {
  const { log, sink } = open();
  for (let i = 0; i < 1000; i++) log.info('x');
  await log[Symbol.asyncDispose]();
  log.info('late');
  assert.equal(sink.lines.length, 1000);
  assert.equal(log.dropped, 1);
});

test('the end of the program waits no longer than 2 seconds for a log that nobody reads', async () => {
  const clock = new SimClock();
  const stuck = new Writable({ write: () => {} });
  const { log } = open({ destination: stuck, clock });
  log.info('x');
  await clock.finish(log[Symbol.asyncDispose]());
  assert.equal(clock.now(), 2000);
});

test('when the log is read again, it says how many lines are missing', async () => {
  const held: (() => void)[] = [];
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      if (held.length === 0 && text.length < 1000) held.push(done);
      else done();
    },
  });
  const { log } = open({ destination, level: 'error' });
  for (let i = 0; i < 2000; i++) log.error('x', { text: 'x'.repeat(4096) });
  const { dropped } = log;
  assert.ok(dropped > 500, `${dropped}`);
  held[0]?.();
  await log.flush();
  await log.flush();
  const told = /\{"level":"error","time":"[^"]+","dropped":(\d+),"msg":"lines of the log were lost here"\}\n$/.exec(
    text,
  );
  assert.equal(Number(told?.[1]), dropped);
});

test('a stream that fails or has ended costs lines and no more', async () => {
  const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const { log } = open({ destination: failing });
  log.info('one');
  log.info('two');
  await log.flush();
  log.info('three');
  await log.flush();
  assert.equal(log.dropped, 3);
});

test('a file descriptor of a file is written in full', async () => {
  const path = join(folder, 'file.log');
  const descriptor = openSync(path, 'w');
  const { log } = open({ destination: descriptor });
  for (let i = 0; i < 5000; i++) log.info('x'.repeat(100));
  await log[Symbol.asyncDispose]();
  closeSync(descriptor);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 5000);
  for (const line of lines) JSON.parse(line);
});

/** Runs a program that logs to its standard error, a pipe; `isRead`: this test reads it. */
async function runLogger(program: string, isRead: boolean): Promise<{ code: number | null; log: string; out: string }> {
  const door = JSON.stringify(new URL('index.ts', import.meta.url).href);
  const source = `import { createLog } from ${door};
    const log = createLog({ level: 'info', destination: 2, showsAddresses: false });
    ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [log, out] = ['', ''];
  if (isRead) child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  else child.on('exit', () => child.stderr.resume());
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, log, out };
}

test('on a pipe nothing is lost when the program disposes of its log and ends', async () => {
  const program = `for (let i = 0; i < 20000; i++) log.info('line', { i });
    await log[Symbol.asyncDispose]();
    process.exit(3);`;
  const { code, log } = await runLogger(program, true);
  assert.equal(code, 3);
  assert.equal(log.trimEnd().split('\n').length, 20_000);
});

test('a pipe that nobody reads holds up neither the program nor its end', async () => {
  const program = `const fill = () => { for (let i = 0; i < 100000; i++) log.info('line', { i }); };
    fill();
    setTimeout(async () => {
      fill();
      process.stdout.write(\`alive \${log.dropped > 0}\`);
      await log[Symbol.asyncDispose]();
      process.exit(3);
    }, 10);`;
  const { code, out } = await runLogger(program, false);
  assert.deepEqual([code, out], [3, 'alive true']);
});
