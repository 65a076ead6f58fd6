/**
 * A real transfer on loopback, driven through the command line as a user would: create a torrent of 64 MiB, seed it
 * from one process, fetch it into another folder with a second one, verify the copy. `demo.mjs CLI` names the
 * command's entry file. Everything happens in a temporary folder that is deleted at the end.
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

/** Starts `dst seed` and resolves with the process and the port on which it listens, once the data is checked. */
async function startSeeding(folder, ...args) {
  const { child, events } = startWithEvents(folder, 'seed', ...args);
  let port = 0;
  for await (const line of events) {
    const event = JSON.parse(line);
    if (event.event === 'listening') port = Number(event.addresses[0].split(':').at(-1));
    if (event.event !== 'seeding') continue;
    say(`${event.name}: seeding on port ${port} in process ${child.pid}`);
    child.stdout.resume();
    return { child, port };
  }
  throw new Error('dst seed ended early');
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
let seeder;
try {
  mkdirSync(data);
  for (const [name, mebibytes] of Object.entries({ 'large.bin': 60, 'small.bin': 4 })) {
    writeFileSync(join(data, name), randomFillSync(Buffer.alloc(mebibytes * 2 ** 20)));
  }
  say('A demonstration on this machine: 64 MiB of random data from one process to another.');
  await dst(folder, 'create', data, '--hybrid', '--output', torrent);
  const local = ['--bind', '127.0.0.1', '--no-trackers'];
  seeder = await startSeeding(folder, torrent, '--data', data, ...local);
  // Slowed down, so that there is something to see.
  const source = ['--peer', `127.0.0.1:${seeder.port}`, '--down-limit', '16M'];
  await download(folder, torrent, '--output', copy, ...source, ...local);
  await dst(folder, 'verify', torrent, '--data', copy);
  say('\nThe copy is complete and verified. Try it yourself: npm start -- --help');
} catch (error) {
  process.stderr.write(`The demonstration failed: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  if (seeder !== undefined && seeder.child.exitCode === null) {
    seeder.child.kill('SIGTERM');
    await once(seeder.child, 'close');
  }
  rmSync(folder, { recursive: true, force: true });
}
