/** What commands show of a daemon while it happens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon } from './fake-daemon.ts';
import { dstCommand } from '../support/dst-command.ts';
import { noTerminal, Terminal } from './terminal.ts';

test('events are told as they happen, until the daemon ends', async () => {
  await using daemon = await FakeDaemon.start();
  const torrent = daemon.client.torrents.addSample({ name: 'album' });
  await using run = daemon.follow(['watch', 'torrent.*', '--after', '0']);
  const added = await run.event('torrent.added');
  assert.deepEqual([added['id'], added['name'], added['hash']], [1, 'album', torrent.hash]);
  torrent.set({ state: 'stopped' });
  const state = await run.event('torrent.state');
  assert.deepEqual([state['id'], state['from'], state['to']], [2, 'downloading', 'stopped']);
  await daemon.stop();
  assert.equal(await run.end(), 11);
});

test('an event that there is not is refused, and not waited for', async () => {
  await using daemon = await FakeDaemon.start();
  const { stderr } = await daemon.fails(['watch', 'torrent.added', 'torrent.aded'], 2, 'API_INVALID');
  assert.match(stderr, /there is no event torrent\.aded /);
});

test('for people an event is a line with the name of the torrent; pieces and connections only when they are asked for', {
  skip: noTerminal,
}, async () => {
  await using daemon = await FakeDaemon.start();
  const torrent = daemon.client.torrents.addSample({ name: 'album' });
  const start = (...events: string[]): Terminal =>
    new Terminal([...dstCommand, 'watch', '--after', '0', ...events, '--socket', daemon.socket], daemon.cwd);
  daemon.client.events.emit('piece.verified', { hash: torrent.hash, piece: 7 });
  torrent.set({ state: 'stopped' });
  await using usual = start();
  await usual.shows('album  downloading -> stopped');
  assert.doesNotMatch(usual.screen, /piece/);
  await using pieces = start('piece.*');
  await pieces.shows('album  piece 7');
  usual.type('\u0003');
  assert.equal(await usual.end(), 130);
});

test('without a terminal top is lines, and with --json events', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.client.torrents.addSample({ name: 'album' });
  await using run = daemon.follow(['top']);
  const stats = await run.event('stats');
  assert.equal(stats['downloadRate'], 500_000);
  assert.deepEqual(
    (stats['active'] as { name: string }[]).map(({ name }) => name),
    ['album'],
  );
});

test('top shows the torrents, obeys its keys, and leaves the terminal as it was', { skip: noTerminal }, async () => {
  await using daemon = await FakeDaemon.start();
  const { torrents } = daemon.client;
  torrents.addSample({ name: 'busy' });
  torrents.addSample({ name: 'idle' }).set({ downloadRate: 0, uploadRate: 0 });
  await using terminal = new Terminal([...dstCommand, 'top', '--socket', daemon.socket], daemon.cwd);
  await terminal.shows('\u001b[?1049h');
  await terminal.shows('2 torrents');
  await terminal.shows('busy');
  terminal.type('\u001b[B ');
  await terminal.shows('stopped: idle');
  assert.deepEqual(
    torrents.all().map((one) => one.view().state),
    ['downloading', 'stopped'],
  );
  terminal.type(' ');
  await terminal.shows('started: idle');
  terminal.type('s');
  await terminal.shows('sort: down');
  terminal.type('p');
  await terminal.shows('FROZEN');
  terminal.type('q');
  await terminal.shows('\u001b[?1049l');
  assert.equal(await terminal.end(), 0);
});

test('top ends with an error that can be read when the daemon goes', { skip: noTerminal }, async () => {
  await using daemon = await FakeDaemon.start();
  await using terminal = new Terminal([...dstCommand, 'top', '--socket', daemon.socket], daemon.cwd);
  await terminal.shows('0 torrents');
  await daemon.stop();
  await terminal.shows('\u001b[?1049l');
  await terminal.shows('(DAEMON_UNREACHABLE)');
  assert.equal(await terminal.end(), 11);
});
