/** Test support: a tracker that is no tracker over a real database in memory, and a client of its API. */
import { systemClock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { openDatabase, type TrackerRepository } from '../../db/index.ts';
import type { SwarmCounts } from '../../tracker/index.ts';
import { trackerApi } from './api.ts';
import type { ControlHandler, ControlResponse, PeerView, TrackerService, TrackerStatus } from './service.ts';
import type { ApiOptions } from './v1/api-v1.ts';
import { createToken, type Scope, scopes } from './v1/auth.ts';

const counters = {
  udpConnects: 1,
  udpAnnounces: 20,
  udpScrapes: 3,
  udpUnproved: 4,
  udpFailures: 5,
  httpAnnounces: 60,
  httpScrapes: 7,
  httpFailures: 8,
  webAnnounces: 9,
  webScrapes: 10,
  webRelays: 11,
  webFailures: 12,
  limited: 13,
};
const use = {
  swarms: 1234,
  peers4: 100_000,
  peers6: 7,
  webPeers: 3,
  sessions: 0,
  used: 2 ** 20,
  capacity: 2 ** 28,
};

export class FakeTracker implements TrackerService {
  readonly repository: TrackerRepository;
  peers: PeerView[] = [];
  /** How often changes were taken over. */
  refreshes = 0;
  isBusy = false;
  refusal: ReturnType<TrackerService['scrapeRefusal']> = null;
  checks: TrackerStatus['checks'] = {};
  threads: TrackerStatus['threads'] = [];

  constructor(repository: TrackerRepository) {
    this.repository = repository;
  }

  static async create(clock: { wall(): UnixSeconds } = systemClock): Promise<FakeTracker> {
    return new FakeTracker((await openDatabase(':memory:', { clock })).tracker);
  }

  status(): TrackerStatus {
    const { checks, threads } = this;
    const problems = Object.values(checks).filter((problem) => problem !== null);
    return { startedAt: 1_700_000_000, uptime: 600, use, counters, problems, checks, interval: 1800, threads };
  }

  scrapeRefusal(): ReturnType<TrackerService['scrapeRefusal']> {
    return this.refusal;
  }

  scrape(infoHash: Uint8Array): Promise<SwarmCounts> {
    return Promise.resolve({ complete: infoHash[0] as number, incomplete: 2, downloaders: 1, completed: 9 });
  }

  peersOf(_infoHash: Uint8Array, most: number): Promise<readonly PeerView[]> {
    return Promise.resolve(this.peers.slice(0, most));
  }

  refresh(): Promise<void> {
    this.refreshes++;
    return Promise.resolve();
  }

  admits(): boolean {
    return !this.isBusy;
  }
}

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but a text or bytes goes as JSON. */
  readonly body?: unknown;
  /** Default: the client's own. */
  readonly token?: string | null;
  /** Address of the client. */
  readonly from?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: ControlResponse['headers'];
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests name the fields that they expect
  readonly json: any;
}

/** A client that is allowed everything, unless it shows another token. Paths are below `/api/v1/tracker`. */
export class ApiClient {
  readonly tracker: FakeTracker;
  readonly token: string;
  readonly #handle: ControlHandler;
  /** Tokens that were made, which need names of their own. */
  #tokens = 0;

  private constructor(tracker: FakeTracker, token: string, options: ApiOptions) {
    this.tracker = tracker;
    this.token = token;
    this.#handle = trackerApi(tracker, options);
  }

  static async create(options: ApiOptions = {}): Promise<ApiClient> {
    const tracker = await FakeTracker.create(options.clock);
    const { token } = await createToken(tracker.repository, { name: 'test', scopes, expiresAt: null });
    return new ApiClient(tracker, token, options);
  }

  /** A token with these scopes. */
  async tokenFor(...allowed: Scope[]): Promise<string> {
    const settings = { name: `${allowed.join()} ${++this.#tokens}`, scopes: allowed, expiresAt: null };
    return (await createToken(this.tracker.repository, settings)).token;
  }

  ask(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    return this.askPath(method, `/api/v1/tracker${path}`, asked);
  }

  async askPath(
    method: string,
    target: string,
    { headers = {}, body, token = this.token, from = '192.0.2.1' }: Asked = {},
  ): Promise<Answer> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await this.#handle({
      method,
      target,
      headers: {
        host: 'localhost:6969',
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: Buffer.from(body === undefined ? '' : isRaw ? body : JSON.stringify(body)),
      host: from,
    });
    const isJson = /json/.test(answer.headers['content-type'] ?? '') && answer.body !== '';
    return {
      status: answer.status,
      headers: answer.headers,
      text: answer.body,
      json: isJson ? (JSON.parse(answer.body) as unknown) : undefined,
    };
  }
}
