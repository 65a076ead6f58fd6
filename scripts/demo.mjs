/**
 * A real transfer on loopback, driven through the command line as a user would: run a tracker, create a torrent of 64
 * MiB, seed it from one process, fetch it into another folder with a second one that finds the first through the
 * tracker, verify the copy. `demo.mjs CLI` names the command's entry file. Everything happens in a temporary folder
 * that is deleted at the end.
 */
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { styleText } from 'node:util';
import { launch } from './launch.mjs';

const cli = process.argv[2];
const say = (text) => process.stdout.write(`${text}\n`);

/** Shows a command as a user would type it. */
function show(folder, args) {
  const words = args.map((word) => (word.startsWith(folder) ? basename(word) : word));
  say(styleText('bold', `\n$ dst ${words.join(' ')}`));
}

/** Runs a command to its end; ends the demonstration when it fails. */
async function dst(folder, ...args) {
  show(folder, args);
  const code = await launch(process.execPath, [cli, ...args]);
  if (code !== 0) throw new Error(`dst ${args[0]} ended with exit code ${code}`);
}

/** Starts a command with `--json` and hands over the process and the events that it prints. */
function startWithEvents(folder, ...args) {
  show(folder, [...args, '--json']);
  const child = spawn(process.execPath, [cli, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, events: createInterface({ input: child.stdout }) };
}

/** Starts a command that stays, and resolves with its event of this name. Its process is ended with the demonstration. */
async function startService(folder, wanted, ...args) {
  const { child, events } = startWithEvents(folder, ...args);
  services.push(child);
  for await (const line of events) {
    const event = JSON.parse(line);
    if (event.event !== wanted) continue;
    child.stdout.resume();
    return event;
  }
  throw new Error(`dst ${args[0]} ended early`);
}

/** Downloads with the command's own live view on a terminal, otherwise with a line for each progress event. */
async function download(folder, ...args) {
  if (process.stderr.isTTY) return await dst(folder, 'download', ...args);
  const { child, events } = startWithEvents(folder, 'download', ...args);
  const ended = once(child, 'close');
  for await (const line of events) {
    const { event, name, progress, downloadRate, seconds, path } = JSON.parse(line);
    if (event === 'progress') {
      // The rate is known when the first second has been measured.
      const rate = downloadRate > 0 ? `, ${(downloadRate / 2 ** 20).toFixed(1)} MiB/s` : '';
      say(`${name}: ${Math.floor(progress * 100)} %${rate}`);
    }
    if (event === 'complete') say(`${name}: complete and verified after ${seconds.toFixed(1)} s, in ${path}`);
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`dst download ended with exit code ${code}`);
}

// Ctrl-C reaches the commands too; this process stays to clean up behind them.
process.on('SIGINT', () => {});

const folder = mkdtempSync(join(tmpdir(), 'dst-demo-'));
const data = join(folder, 'demo');
const torrent = join(folder, 'demo.torrent');
const copy = join(folder, 'copy');
const services = [];
try {
  mkdirSync(data);
  for (const [name, mebibytes] of Object.entries({ 'large.bin': 60, 'small.bin': 4 })) {
    writeFileSync(join(data, name), randomFillSync(Buffer.alloc(mebibytes * 2 ** 20)));
  }
  say('A demonstration on this machine: a tracker, and 64 MiB of random data from one process to another.');
  const local = ['--bind', '127.0.0.1', '--port', '0'];
  const kept = join(folder, 'tracker');
  const { urls } = await startService(folder, 'listening', 'tracker', '--data', kept, '--log', 'text', ...local);
  const url = urls.find((one) => one.startsWith('udp:'));
  say(`tracker: ${urls.join(', ')}`);
  await dst(folder, 'create', data, '--hybrid', '--tracker', url, '--output', torrent);
  const seeding = await startService(folder, 'seeding', 'seed', torrent, '--data', data, ...local);
  say(`${seeding.name}: seeding`);
  // Slowed down, so that there is something to see.
  await download(folder, torrent, '--output', copy, '--down-limit', '16M', '--no-seed', ...local);
  await dst(folder, 'verify', torrent, '--data', copy);
  say('\nThe copy is complete and verified. Try it yourself: npm start -- --help');
} catch (error) {
  process.stderr.write(`The demonstration failed: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  for (const child of services.reverse()) {
    if (child.exitCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  rmSync(folder, { recursive: true, force: true });
}
