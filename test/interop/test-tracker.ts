/** The smallest HTTP tracker (BEP 3, 23) that lets the clients of one test find each other. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

interface Member {
  readonly compact: Buffer;
  isSeeder: boolean;
}

export class TestTracker {
  readonly #server: Server;
  /** Members by their compact address, by info hash as it stands percent-encoded in the query. */
  readonly #swarms = new Map<string, Map<string, Member>>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(ip: string, port: number): Promise<TestTracker> {
    const server = createServer((request, response) => {
      response.setHeader('Connection', 'close');
      response.end(tracker.#announce(request.url ?? '', request.socket.remoteAddress ?? ''));
    });
    const tracker = new TestTracker(server);
    server.listen(port, ip);
    await once(server, 'listening');
    return tracker;
  }

  /** Resolves once a complete client has announced itself in any swarm. */
  async waitForSeeder(timeout: number): Promise<void> {
    const end = performance.now() + timeout;
    while (![...this.#swarms.values()].some((swarm) => [...swarm.values()].some((member) => member.isSeeder))) {
      if (performance.now() > end) throw new Error(`no seeder announced itself within ${timeout} ms`);
      await sleep(25);
    }
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #announce(url: string, ip: string): Buffer {
    const query = new Map(
      url
        .slice(url.indexOf('?') + 1)
        .split('&')
        .map((pair): [string, string] => [pair.split('=', 1)[0] as string, pair.slice(pair.indexOf('=') + 1)]),
    );
    const swarm = this.#swarm(normalise(query.get('info_hash') ?? ''));
    const compact = Buffer.from([...ip.replace('::ffff:', '').split('.').map(Number), 0, 0]);
    compact.writeUInt16BE(Number(query.get('port')), 4);
    const key = compact.toString('hex');
    if (query.get('event') === 'stopped') swarm.delete(key);
    else swarm.set(key, { compact, isSeeder: query.get('left') === '0' });
    const others = [...swarm].filter(([other]) => other !== key).map(([, member]) => member.compact);
    const head = `d8:intervali60e12:min intervali5e5:peers${others.length * 6}:`;
    return Buffer.concat([Buffer.from(head), ...others, Buffer.from('e')]);
  }

  #swarm(infoHash: string): Map<string, Member> {
    const swarm = this.#swarms.get(infoHash) ?? new Map<string, Member>();
    this.#swarms.set(infoHash, swarm);
    return swarm;
  }
}

/** Percent-encoded bytes as Latin-1, because clients differ in which bytes they escape. */
function normalise(encoded: string): string {
  return encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
