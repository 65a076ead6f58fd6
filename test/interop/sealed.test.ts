/** A sealed torrent among a seeder, two readers, and a libtorrent without the key that helps to share it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Dst, dst } from './clients/dst.ts';
import { libtorrent } from './clients/libtorrent.ts';
import { differences } from './content.ts';
import { enterNamespace } from './namespace.ts';
import { PYTHON } from './setup.ts';
import { Swarm } from './swarm.ts';

const skip = await enterNamespace(import.meta.filename, ['libtorrent']);

const TIMEOUT_MS = 180_000;
const PHRASE = 'the map of the treasure island lies under the third palm; ';
const noise = randomBytes(1_500_000);

/** What nobody without the key may see: names, the tracker, and any piece of the content. */
const secrets: readonly (string | Buffer)[] = [
  'treasure',
  'palm trees.txt',
  'chart.bin',
  'tracker.secret.example',
  PHRASE.slice(10, 34),
  ...[0, 100_000, 750_001, 1_499_976].map((at) => noise.subarray(at, at + 24)),
];

function writeContent(folder: string): void {
  mkdirSync(join(folder, 'treasure', 'maps'), { recursive: true });
  writeFileSync(join(folder, 'treasure', 'palm trees.txt'), PHRASE.repeat(20_000));
  writeFileSync(join(folder, 'treasure', 'maps', 'chart.bin'), noise);
}

/** All frames of the loopback while it is in use. */
async function sniff(path: string): Promise<AsyncDisposable> {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'clients', 'sniff.py'), path]);
  await once(child.stdout, 'data');
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}

describe('a sealed torrent', { skip }, () => {
  for (const transport of ['prefer', 'off'] as const) {
    test(`reaches its readers with the help of a libtorrent that learns nothing (transport ${transport})`, async () => {
      await using swarm = await Swarm.open();
      const [served, keys, helped] = [swarm.folder('served'), swarm.folder('keys'), swarm.folder('helped')];
      writeContent(served);
      const key = join(keys, 'reader.key');
      const [sealed, carrier] = [join(keys, 'x.dst'), join(keys, 'carrier.torrent')];
      dst('key', 'new', key, '--no-passphrase');
      const tracker = ['--tracker', 'http://tracker.secret.example/announce'];
      const sealing = ['--seal-to', join(keys, 'reader.pub'), '--transport', transport, '--carrier', carrier];
      dst('create', join(served, 'treasure'), '-o', sealed, ...tracker, ...sealing);
      const reader = (): Dst => new Dst('--identity', key, '--no-trackers', '--encryption', 'plaintext');

      const capture = join(keys, 'capture');
      {
        await using _sniffer = await sniff(capture);
        const [seeder, helper, first, second] = [reader(), libtorrent(), reader(), reader()];
        const seederAt = await swarm.start(seeder);
        await seeder.seed(sealed, served);
        const helperAt = await swarm.start(helper);
        await helper.download(carrier, helped, [seederAt]);
        await helper.waitComplete(TIMEOUT_MS);
        await swarm.start(first);
        await first.download(sealed, swarm.folder('first'), [seederAt, helperAt]);
        await first.waitComplete(TIMEOUT_MS);
        await seeder.stop();
        await swarm.start(second);
        await second.download(sealed, swarm.folder('second'), [helperAt]);
        await second.waitComplete(TIMEOUT_MS);
      }

      for (const name of ['first', 'second']) {
        assert.deepEqual(differences(join(served, 'treasure'), join(served, '..', name, 'treasure')), []);
      }
      const traffic = readFileSync(capture);
      assert.ok(traffic.length > 2_000_000 * 3 && traffic.includes('BitTorrent protocol'), 'the traffic was captured');
      const carried = readdirSync(helped, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      assert.equal(carried.length, 1);
      const places = [
        traffic,
        readFileSync(carrier),
        readFileSync(sealed),
        readFileSync(join(helped, carried[0]?.name ?? '')),
      ];
      for (const secret of secrets)
        for (const bytes of places) assert.equal(bytes.includes(secret), false, String(secret));
    });
  }

  test('whose author demands secure connections is kept from a libtorrent, and reaches its readers', async () => {
    await using swarm = await Swarm.open();
    const [served, keys] = [swarm.folder('served'), swarm.folder('keys')];
    writeContent(served);
    const key = join(keys, 'reader.key');
    const [sealed, carrier] = [join(keys, 'x.dst'), join(keys, 'carrier.torrent')];
    dst('key', 'new', key, '--no-passphrase');
    const sealing = ['--seal-to', join(keys, 'reader.pub'), '--transport', 'required', '--carrier', carrier];
    dst('create', join(served, 'treasure'), '-o', sealed, ...sealing);
    const reader = (): Dst => new Dst('--identity', key, '--no-trackers', '--encryption', 'plaintext');
    const [seeder, stranger, friend] = [reader(), libtorrent(), reader()];
    const seederAt = await swarm.start(seeder);
    await seeder.seed(sealed, served);
    await swarm.start(stranger);
    await stranger.download(carrier, swarm.folder('stranger'), [seederAt]);
    await swarm.start(friend);
    await friend.download(sealed, swarm.folder('friend'), [seederAt]);
    await friend.waitComplete(TIMEOUT_MS);
    assert.deepEqual(differences(join(served, 'treasure'), join(served, '..', 'friend', 'treasure')), []);
    await assert.rejects(stranger.waitComplete(3000));
  });
});
