/**
 * A peer that takes next to nothing of the machine, so that what is measured is the program on the other side: it serves
 * zeros from memory, or asks for a whole torrent and looks at none of it.
 * Usage: node bench/light-peer.ts seed|leech HOST PORT INFO_HASH PIECES PIECE_LENGTH. `seed` listens there and prints
 * "up"; `leech` dials, prints "done" when all has come, and ends with its connection.
 */
import { connect, createServer, type Socket } from 'node:net';
import { fromHex, utf8 } from '../src/base/bytes.ts';
import {
  type BlockRange,
  encodeHandshake,
  encodePieceHeader,
  encodeRequests,
  Frame,
  HANDSHAKE_LENGTH,
  PIECE_HEADER_LENGTH,
  WireDecoder,
} from '../src/codec/wire/index.ts';
import { messageReceiver } from '../test/sim/peer-messages.ts';

const BLOCK = 16_384;
const READ = 256 * 1024;
/** Requests under way; as many as programs accept that say nothing else. */
const PIPELINE = 250;

const [role, host = '', port, infoHash = '', pieces, pieceLength] = process.argv.slice(2);
const total = Number(pieces) * Number(pieceLength);
const print = (word: string): boolean => process.stdout.write(`${word}\n`);

function greeting(): Uint8Array {
  const capabilities = { fast: true, extended: false, dht: false, v2: false };
  return encodeHandshake({
    ...capabilities,
    infoHash: fromHex(infoHash) ?? new Uint8Array(20),
    peerId: utf8(`-XX0001-${role?.padEnd(12)}`),
  });
}

/** Takes what comes on a connection: the handshake away, the rest to `decoder`. */
function reader(decoder: WireDecoder): (view: Uint8Array) => void {
  let head = HANDSHAKE_LENGTH;
  return (view) => {
    const rest = view.subarray(Math.min(head, view.length));
    head -= view.length - rest.length;
    const fault = decoder.receive(rest);
    if (fault !== null) throw new Error(fault.message);
  };
}

function seed(socket: Socket): void {
  const zeros = new Uint8Array(BLOCK);
  const decoder = new WireDecoder({
    ...messageReceiver(() => {}),
    interested: () => socket.write(Frame.unchoke),
    request: (piece, begin, length) => {
      const head = new Uint8Array(PIECE_HEADER_LENGTH);
      encodePieceHeader(head, 0, piece, begin, length);
      socket.write(head);
      socket.write(length === BLOCK ? zeros : zeros.subarray(0, length));
    },
  });
  const read = reader(decoder);
  socket.write(greeting());
  socket.write(Frame.haveAll);
  socket.on('data', (view: Buffer) => {
    socket.cork();
    read(view);
    socket.uncork();
  });
  socket.on('error', () => {}); // the program under test ends it when it has all
}

function leech(): void {
  let asked = 0;
  let came = 0;
  const askMore = (): void => {
    const ranges: BlockRange[] = [];
    for (; asked < total && asked - came < PIPELINE * BLOCK; asked += BLOCK) {
      const piece = Math.floor(asked / Number(pieceLength));
      ranges.push({ piece, begin: asked % Number(pieceLength), length: BLOCK });
    }
    if (ranges.length > 0) socket.write(encodeRequests(ranges));
  };
  let isUnchoked = false;
  const decoder = new WireDecoder({
    ...messageReceiver(() => {}),
    unchoke: () => (isUnchoked = true),
    pieceStart: () => true,
    pieceFragment: (_at, _view, start, end) => {
      came += end - start;
      if (came === total) print('done');
    },
  });
  const read = reader(decoder);
  const socket = connect({
    host,
    port: Number(port),
    onread: {
      buffer: new Uint8Array(READ),
      callback: (length, buffer) => {
        read(buffer.subarray(0, length));
        if (isUnchoked) askMore();
        return true;
      },
    },
  });
  socket.write(greeting());
  socket.write(Frame.haveNone);
  socket.write(Frame.interested);
}

if (role === 'seed') createServer(seed).listen(Number(port), host, () => print('up'));
else leech();
