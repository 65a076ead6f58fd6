/**
 * A name server for tests that knows one host. As a program: `name-server.ts ADDRESS HOST IPV4 IPV6`, which prints
 * `listening`, and then the source and the name of each question.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parseHost } from '../../src/base/address.ts';

const A = 1;
const AAAA = 28;

export interface Names {
  /** In lower case. */
  readonly host: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Answers on port 53 of this address until it is disposed of; `asked` hears of each question. */
export async function serveNames(
  address: string,
  { host, ipv4, ipv6 }: Names,
  asked: (source: string, name: string) => void,
): Promise<Disposable> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at++] ?? 0; length > 0; length = query[at++] ?? 0) {
      labels.push(query.toString('latin1', at, at + length));
      at += length;
    }
    const name = labels.join('.').toLowerCase();
    asked(from.address, name);
    const type = query.readUInt16BE(at);
    const data = parseHost(type === A ? ipv4 : ipv6) as Uint8Array;
    const isKnown = name === host;
    const isAnswered = isKnown && [A, AAAA].includes(type);
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(isKnown ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(isAnswered ? 1 : 0, 6);
    head.writeUInt32BE(0, 8);
    const record = [Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]), data];
    socket.send([head, query.subarray(12, at + 4), ...(isAnswered ? record : [])], from.port, from.address);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
  return { [Symbol.dispose]: () => void socket.close() };
}

if (process.argv[1] === import.meta.filename) {
  const [address = '', host = '', ipv4 = '', ipv6 = ''] = process.argv.slice(2);
  await serveNames(address, { host, ipv4, ipv6 }, (source, name) => console.log(`${source} ${name}`));
  console.log('listening');
}
