/** The policy of encryption, from the command line and from the library to the sockets between them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress, type PeerAddress } from '../../src/base/address.ts';
import { createSession, type SessionOptions } from '../../src/index.ts';
import { dst, DstRun, scratchFolder } from './cli-process.ts';
import { diskTorrent } from './disk-torrent.ts';

/** Policy of the seed → policy of the downloader → what protects their connection. */
const outcomes = [
  ['required', undefined, 'mse'],
  [undefined, 'required', 'mse'],
  [undefined, undefined, 'mse'],
  [undefined, 'plaintext', null],
  ['plaintext', 'required', 'mse'],
] as const satisfies readonly (readonly [string | undefined, SessionOptions['encryption'], string | null])[];

for (const [seeding, encryption, expected] of outcomes) {
  const flags = seeding === undefined ? [] : ['--encryption', seeding];
  const title = `${['dst seed', ...flags].join(' ')} and a session with encryption ${encryption ?? 'left out'}`;
  test(`${title} connect ${expected === null ? 'in plaintext' : 'with MSE'}`, async () => {
    await using folder = await scratchFolder();
    await using target = await scratchFolder();
    const torrent = await diskTorrent(folder.path, { files: [300_000] });
    const args = ['seed', torrent.file, '-d', torrent.folder, '--bind', '127.0.0.1', '--no-trackers', ...flags];
    await using seeder = new DstRun(args, { cwd: torrent.folder });
    await seeder.event('seeding');
    const [address] = (await seeder.event('listening'))['addresses'] as [string];
    await using session = await createSession({
      bind: ['127.0.0.1'],
      useTrackers: false,
      stateDirectory: target.path,
      ...(encryption !== undefined && { encryption }),
    });
    const peers = [parseAddress(address) as PeerAddress];
    const download = await session.add(torrent.file, { directory: target.path, peers });
    const protections: (string | null)[] = [];
    download.on('peerConnected', () => protections.push(...download.peers().map(({ protection }) => protection)));
    await download.completed();
    assert.deepEqual(protections, [expected]);
  });
}

test('a policy that does not exist is refused, and those that do are named', async () => {
  const { code, stderr } = await dst(['download', 'x.torrent', '--encryption', 'always']);
  assert.equal(code, 2);
  assert.match(stderr, /prefer, required, plaintext/);
});
