/** A daemon with scripts for names: in all texts of its torrents, in what its tracker says and in what its peers are called. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { concat, utf8 } from '../../src/base/bytes.ts';
import { encode } from '../../src/codec/bencode/index.ts';
import { encodeExtended, encodeExtensionHandshake, encodeHandshake, Frame } from '../../src/codec/wire/index.ts';
import type { DaemonProcess, TorrentJson } from '../e2e/daemon-process.ts';
import { scriptPayloads } from '../support/script-payloads.ts';

/** Payloads that a torrent has among its files, trackers, web seeds and labels. */
const OF_A_TORRENT = 10;

export interface HostileWords extends AsyncDisposable {
  readonly hashes: readonly string[];
}

/** Puts all payloads into a daemon, and waits until it has them; it must have no queue. */
export async function sayHostileWords(daemon: DaemonProcess): Promise<HostileWords> {
  await using opened = new AsyncDisposableStack();
  let answers = 0;
  const tracker = createServer((_request, response) => {
    const reason = scriptPayloads[answers++ % scriptPayloads.length] as string;
    response.end(encode({ 'failure reason': reason }));
  }).listen(0, '127.0.0.1');
  opened.defer(() => void tracker.close());
  await once(tracker, 'listening');
  const { port } = tracker.address() as AddressInfo;
  const hashes: string[] = [];
  const peerPort = Number((await daemon.peerAddress()).split(':')[1]);
  for (let at = 0; at < scriptPayloads.length; at += OF_A_TORRENT) {
    const payloads = scriptPayloads.slice(at, at + OF_A_TORRENT);
    const { hash } = await add(daemon, payloads, `http://127.0.0.1:${port}`);
    await daemon.untilState(hash, 'downloading');
    opened.adopt(await hostilePeer(peerPort, hash, payloads[1] as string), (socket) => void socket.destroy());
    hashes.push(hash);
  }
  const saysAlert = (text: string | null): boolean => text?.includes('alert') === true;
  for (const hash of hashes) {
    await daemon.until(
      'called by a script',
      () => daemon.api<{ items: readonly { client: string | null }[] }>(`/torrents/${hash}/peers`),
      ({ items }) => items.some(({ client }) => saysAlert(client)),
    );
    await daemon.until(
      'answered with a script',
      () => daemon.api<{ items: readonly { message: string | null }[] }>(`/torrents/${hash}/trackers`),
      ({ items }) => items.some(({ message }) => saysAlert(message)),
    );
  }
  const all = opened.move();
  return { hashes, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** The first payload is name, comment, creator and category too. */
async function add(daemon: DaemonProcess, payloads: readonly string[], tracker: string): Promise<TorrentJson> {
  const [first] = payloads as readonly [string];
  const urls = payloads.map((payload) => `${tracker}/${printable(payload)}/announce`);
  const torrent = encode({
    'announce-list': [urls],
    'url-list': urls,
    comment: first,
    'created by': first,
    info: {
      name: first,
      files: payloads.map((payload) => ({ length: 1, path: [payload] })),
      'piece length': 16_384,
      pieces: new Uint8Array(20),
    },
  });
  const settings = { labels: payloads.map(printable), category: printable(first).replaceAll('/', '') };
  const body = { torrent: Buffer.from(torrent).toString('base64'), settings };
  return (await daemon.api<{ torrent: TorrentJson }>('/torrents', { method: 'POST', body })).torrent;
}

/** Labels and categories are of one line, and so is a URL. */
const printable = (text: string): string => text.replaceAll(/[\r\n]/g, '');

async function hostilePeer(port: number, hash: string, client: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const capabilities = { fast: false, extended: true, dht: false, v2: false };
  const peerId = utf8('<img src=x onerror=>');
  const infoHash = new Uint8Array(Buffer.from(hash, 'hex'));
  const handshake = encodeHandshake({ ...capabilities, infoHash, peerId });
  socket.resume().on('error', () => {});
  socket.write(concat([handshake, encodeExtended(0, encodeExtensionHandshake({ client }))]));
  // Who is silent for two minutes is sent away, and browsers on a busy machine take their time.
  const keeping = setInterval(() => socket.write(Frame.keepAlive), 30_000);
  socket.on('close', () => clearInterval(keeping));
  return socket;
}
