/**
 * rtorrent 0.9.8, driven by XML-RPC over its SCGI socket. It cannot be told a peer: the tracker names them.
 * It binds to IPv4 addresses only (libtorrent 0.13.8, connection_manager.cc: "not an af_inet address"); in an IPv6
 * network it listens on all addresses.
 */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Client, Place } from '../client.ts';
import { Program } from '../program.ts';

export class Rtorrent implements Client {
  readonly name = 'rtorrent';
  #program: Program | undefined;
  #socket = '';

  async start({ dir, ip, port }: Place): Promise<void> {
    const session = join(dir, 'session');
    const config = join(dir, 'rtorrent.rc');
    this.#socket = join(dir, 'scgi.socket');
    mkdirSync(session);
    const settings = [
      `session.path.set = ${session}`,
      `network.port_range.set = ${port}-${port}`,
      ...(ip.includes(':') ? [] : [`network.bind_address.set = ${ip}`, `network.local_address.set = ${ip}`]),
      `network.scgi.open_local = ${this.#socket}`,
      'dht.mode.set = disable',
      'system.daemon.set = true',
    ];
    writeFileSync(config, `${settings.join('\n')}\n`);
    this.#program = new Program(dir, ['rtorrent', '-n', '-o', `import=${config}`]);
    await this.#program.untilListening({ path: this.#socket });
  }

  async seed(torrentFile: string, contentDir: string): Promise<void> {
    await this.download(torrentFile, contentDir);
    await this.waitComplete(180_000);
  }

  async download(target: string, dir: string): Promise<void> {
    await this.#call('load.start', '', target, `d.directory.set="${dir}"`);
  }

  async waitComplete(timeout: number): Promise<void> {
    await this.#program?.until('complete', () => this.#isComplete(), timeout);
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  async #isComplete(): Promise<boolean> {
    const reply = await this.#call('d.multicall2', '', 'main', 'd.complete=', 'd.hashing=', 'd.is_active=');
    const numbers = [...reply.matchAll(/<i\d>(-?\d+)<\/i\d>/g)].map((match) => match[1]);
    return numbers.join() === '1,0,1';
  }

  /** Calls a method with string parameters; returns the reply as XML. */
  async #call(method: string, ...params: string[]): Promise<string> {
    const values = params.map((param) => `<param><value><string>${escapeXml(param)}</string></value></param>`);
    const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values.join('')}</params></methodCall>`;
    const headers = `CONTENT_LENGTH\0${Buffer.byteLength(body)}\0SCGI\x001\0`;
    const socket = connect(this.#socket).setEncoding('utf8');
    socket.write(`${headers.length}:${headers},${body}`);
    let reply = '';
    socket.on('data', (text) => (reply += text));
    await once(socket, 'end');
    if (reply.includes('<fault>')) throw new Error(`rtorrent refused ${method}: ${reply}`);
    return reply;
  }
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
