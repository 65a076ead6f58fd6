/**
 * Programs that keep torrents, each with a folder of its own, as `daemon.ts` beside this file measures them: started with
 * everything off that looks for peers, and asked by the API that it has.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
  /** Until the answer is there whole. */
  readonly milliseconds: number;
}

interface Question {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

const BUILT = join(import.meta.dirname, '../dist/dst.js');
const SOURCE = join(import.meta.dirname, '../src/cli/main.ts');
/** What is started as `dst`. */
export const dstProgram: string = existsSync(BUILT) ? BUILT : SOURCE;
/** Ports for peers and for the API; in a namespace of the run nothing else has them. */
export const PEER_PORT = 47_101;
const API_PORT = 47_102;
/** Unit of times in /proc, per second. */
const TICKS_PER_SECOND = 100;

export abstract class Program {
  abstract readonly name: string;
  readonly folder: string;
  readonly data: string;
  readonly #agent = new Agent({ keepAlive: true });
  #child: ChildProcess | null = null;

  constructor(folder: string, data: string) {
    this.folder = folder;
    this.data = data;
  }

  protected abstract command(): Promise<readonly string[]>;
  /** Adds torrent files whose data is there. */
  abstract add(torrents: readonly string[]): Promise<void>;
  /** How many torrents serve their data, and need nothing more for it. */
  abstract ready(): Promise<number>;
  /** Asks for the whole list. */
  abstract list(): Promise<Answer>;

  async start(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const [program, ...args] = (await this.command()) as [string, ...string[]];
    const config = {
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      DST_API_PRIVATE_RANGES: '127.0.0.0/8',
      DST_PEERS_ENCRYPTION: 'plaintext',
    };
    const env = { ...process.env, ...config };
    const log = openSync(join(this.folder, 'log.txt'), 'w');
    this.#child = spawn(program, args, { env, stdio: ['ignore', log, log] });
    closeSync(log);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }

  async untilReady(count: number): Promise<void> {
    while ((await this.ready().catch(() => 0)) < count) {
      if (this.#child?.exitCode !== null) throw new Error(`${this.name} has ended`);
      await sleep(50);
    }
  }

  /** Memory in use, MiB; `anonymous`: without what is mapped from files, program and libraries above all. */
  memory(of: 'all' | 'anonymous' = 'all'): number {
    const pattern = of === 'all' ? /^VmRSS:\s+(\d+)/m : /^RssAnon:\s+(\d+)/m;
    return Number(pattern.exec(this.#proc('status'))?.[1]) / 1024;
  }

  /** Processor time that it has taken, seconds. */
  processorTime(): number {
    const fields = this.#proc('stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  ask(path: string, { method = 'GET', headers = {}, body }: Question = {}): Promise<Answer> {
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const asking = request({ agent: this.#agent, ...this.where(), path, method, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const milliseconds = performance.now() - start;
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, body: Buffer.concat(parts), milliseconds });
        });
      });
      asking.on('error', reject);
      asking.end(body);
    });
  }

  /**
   * Milliseconds until an answer that comes in chunks is there whole. It is read into one piece of memory: the first touch
   * of memory for 13 MB takes longer than such an answer.
   */
  read(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const buffer = Buffer.alloc(256 * 1024);
      let start = 0;
      const callback = (length: number): boolean => {
        const isWhole = buffer.toString('latin1', Math.max(0, length - 5), length) === '0\r\n\r\n';
        if (isWhole) {
          resolve(performance.now() - start);
          socket.destroy();
        }
        return true;
      };
      const place = this.where();
      const to = 'socketPath' in place ? { path: place.socketPath } : place;
      const socket = connect({ ...to, onread: { buffer, callback } }, () => {
        start = performance.now();
        socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
      });
      socket.on('error', reject);
    });
  }

  protected where(): { socketPath: string } | { host: string; port: number } {
    return { host: '127.0.0.1', port: API_PORT };
  }

  #proc(file: string): string {
    return readFileSync(`/proc/${this.#child?.pid}/${file}`, 'utf8');
  }
}

function good(answer: Answer, what: string): Answer {
  if (answer.status >= 300) throw new Error(`${what}: ${answer.status} ${answer.body.toString().slice(0, 300)}`);
  return answer;
}

const json = { 'content-type': 'application/json' };

export class Dst extends Program {
  readonly name = 'dst daemon';
  /** Further arguments of Node. */
  nodeFlags: readonly string[] = [];

  protected command(): Promise<readonly string[]> {
    const places = ['--downloads', this.data, '--data', join(this.folder, 'data'), '--socket', this.#socket];
    const ports = ['--port', String(PEER_PORT), '--bind', '127.0.0.1', '--api-port', String(API_PORT)];
    return Promise.resolve([process.execPath, ...this.nodeFlags, dstProgram, 'daemon', ...places, ...ports]);
  }

  async add(torrents: readonly string[]): Promise<void> {
    // As those of the others, which are off.
    await this.send('PATCH', '/settings', { 'queue.enabled': false });
    const headers = { 'content-type': 'application/x-bittorrent' };
    for (let i = 0; i < torrents.length; i += 50) {
      const adding = torrents.slice(i, i + 50).map(async (file) => {
        const body = readFileSync(file);
        good(await this.ask('/api/v1/torrents?isCheckSkipped=true', { method: 'POST', headers, body }), file);
      });
      await Promise.all(adding);
    }
  }

  async ready(): Promise<number> {
    const { body } = good(await this.ask('/api/v1/torrents?filter=seeding&limit=1&fields=id'), 'the list');
    return (JSON.parse(body.toString()) as { total: number }).total;
  }

  async list(): Promise<Answer> {
    return good(await this.ask('/api/v1/torrents'), 'the list');
  }

  async send(method: string, path: string, body: object): Promise<Answer> {
    return good(await this.ask(`/api/v1${path}`, { method, headers: json, body: JSON.stringify(body) }), path);
  }

  protected override where(): { socketPath: string } {
    return { socketPath: this.#socket };
  }

  get #socket(): string {
    return join(this.folder, 'dst.sock');
  }
}

/** Also how our daemon is asked by Transmission's RPC. */
export class TransmissionCaller {
  readonly #program: Program;
  #sessionId = '';

  constructor(program: Program) {
    this.#program = program;
  }

  async call(method: string, args: object): Promise<Answer> {
    const headers = { ...json, 'x-transmission-session-id': this.#sessionId };
    const body = JSON.stringify({ method, arguments: args });
    const answer = await this.#program.ask('/transmission/rpc', { method: 'POST', headers, body });
    if (answer.status !== 409) return good(answer, method);
    this.#sessionId = String(answer.headers['x-transmission-session-id']);
    return this.call(method, args);
  }
}

export class Transmission extends Program {
  readonly name = 'Transmission';
  readonly #rpc = new TransmissionCaller(this);

  protected async command(): Promise<readonly string[]> {
    const settings = {
      'bind-address-ipv4': '127.0.0.1',
      'bind-address-ipv6': '::1',
      'peer-port': PEER_PORT,
      'rpc-port': API_PORT,
      'rpc-bind-address': '127.0.0.1',
      'download-dir': this.data,
      'port-forwarding-enabled': false,
      'dht-enabled': false,
      'lpd-enabled': false,
      'pex-enabled': false,
      'download-queue-enabled': false,
    };
    await writeFile(join(this.folder, 'settings.json'), JSON.stringify(settings));
    return ['transmission-daemon', '--foreground', '--config-dir', this.folder];
  }

  async add(torrents: readonly string[]): Promise<void> {
    for (const file of torrents) {
      await this.#rpc.call('torrent-add', { metainfo: readFileSync(file).toString('base64') });
    }
  }

  async ready(): Promise<number> {
    const { body } = await this.#rpc.call('torrent-get', { fields: ['status', 'leftUntilDone'] });
    const answer = JSON.parse(body.toString()) as {
      arguments: { torrents: { status: number; leftUntilDone: number }[] };
    };
    // 6 is "seeding" (rpc-spec, tr_torrent_activity).
    return answer.arguments.torrents.filter(({ status, leftUntilDone }) => status === 6 && leftUntilDone === 0).length;
  }

  /** What its own programs ask for in a list. */
  list(): Promise<Answer> {
    return this.#rpc.call('torrent-get', { fields: transmissionFields });
  }
}

export const transmissionFields: readonly string[] = [
  ...['id', 'name', 'status', 'error', 'errorString', 'eta', 'isFinished', 'isStalled', 'leftUntilDone', 'percentDone'],
  ...['metadataPercentComplete', 'peersConnected', 'peersGettingFromUs', 'peersSendingToUs', 'queuePosition'],
  ...['rateDownload', 'rateUpload', 'recheckProgress', 'seedRatioLimit', 'seedRatioMode', 'sizeWhenDone', 'totalSize'],
  ...['trackers', 'downloadDir', 'uploadedEver', 'uploadRatio', 'webseedsSendingToUs', 'addedDate', 'hashString'],
];

export class Qbittorrent extends Program {
  readonly name = 'qBittorrent';

  protected async command(): Promise<readonly string[]> {
    const lines = [
      '[LegalNotice]',
      'Accepted=true',
      '[Preferences]',
      'WebUI\\Address=127.0.0.1',
      'WebUI\\LocalHostAuth=false',
      'WebUI\\CSRFProtection=false',
      `WebUI\\Port=${API_PORT}`,
      'Connection\\UPnP=false',
      '[BitTorrent]',
      `Session\\Port=${PEER_PORT}`,
      'Session\\InterfaceAddress=127.0.0.1',
      'Session\\DHTEnabled=false',
      'Session\\LSDEnabled=false',
      'Session\\PeXEnabled=false',
      'Session\\QueueingSystemEnabled=false',
      `Session\\DefaultSavePath=${this.data}`,
      '[Network]',
      'PortForwardingEnabled=false',
    ];
    const config = join(this.folder, 'qBittorrent/config');
    await mkdir(config, { recursive: true });
    await writeFile(join(config, 'qBittorrent.conf'), `${lines.join('\n')}\n`);
    return ['qbittorrent-nox', `--profile=${this.folder}`];
  }

  async add(torrents: readonly string[]): Promise<void> {
    for (const file of torrents) {
      const form = new FormData();
      form.append('torrents', new File([readFileSync(file)], 'a.torrent'));
      for (const [name, value] of [
        ['savepath', this.data],
        ['skip_checking', 'true'],
        ['autoTMM', 'false'],
      ] as const) {
        form.append(name, value);
      }
      const written = new Response(form);
      const headers = { 'content-type': written.headers.get('content-type') ?? '' };
      const body = new Uint8Array(await written.arrayBuffer());
      good(await this.ask('/api/v2/torrents/add', { method: 'POST', headers, body }), 'torrents/add');
    }
  }

  async ready(): Promise<number> {
    const torrents = JSON.parse((await this.list()).body.toString()) as { state: string; progress: number }[];
    const isReady = ['uploading', 'stalledUP', 'forcedUP'];
    return torrents.filter(({ state, progress }) => progress === 1 && isReady.includes(state)).length;
  }

  async list(): Promise<Answer> {
    return good(await this.ask('/api/v2/torrents/info'), 'torrents/info');
  }
}
