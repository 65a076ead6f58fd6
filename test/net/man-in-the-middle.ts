/** Two hosts with a sealed swarm, and a man between them through whom all that they say goes, in virtual time. */
import { concat, utf8 } from '../../src/base/bytes.ts';
import type { PeerAddress } from '../../src/base/address.ts';
import { codeOf } from '../../src/base/errors.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { seededRandom, systemRandom } from '../../src/base/random.ts';
import type { Millis } from '../../src/base/units.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { MemoryNetwork } from '../../src/net/memory/index.ts';
import { mse } from '../../src/net/mse/index.ts';
import { framed } from '../../src/net/noise/frames.ts';
import { noise, type PeerIdentities } from '../../src/net/noise/index.ts';
import { protect } from '../../src/net/protection/index.ts';
import type { Connection, DialOptions, ServedSwarms, SwarmSecret, Transport } from '../../src/net/transport.ts';
import { SimClock } from '../sim/sim-clock.ts';
import { seededKeys } from './seeded-keys.ts';

export const infoHash: Uint8Array = new Uint8Array(20).fill(1);
const psk: Uint8Array = new Uint8Array(32).fill(2);
export const GREETING: Uint8Array = concat([Uint8Array.of(19), utf8('BitTorrent protocol'), new Uint8Array(48)]);
/** What each side says then: two frames. */
export const WORDS: readonly Uint8Array[] = [utf8('attack at dawn'), utf8('bring coffee')];
const SAID = [...WORDS, utf8('BitTorrent'), infoHash];

export const listenerAddress = { host: '10.0.0.2', port: 6881 };
export const manAddress = { host: '10.0.0.9', port: 6881 };

/**
 * `out`: opening (0), the dialler's two messages (1, 2), its hello (3), its greeting (4), its words (5, 6). `back`: the
 * listener's message (0), its hello (1), its words (2, 3).
 */
export type Direction = 'out' | 'back';
/** What the man passes on in the place of what came; null: he cuts the connection. */
export type Rule = (direction: Direction, index: number, unit: Uint8Array) => readonly Uint8Array[] | null;

/** What came over a connection, and how it ended: undefined while it has not. */
export class Ear {
  readonly connection: Connection;
  heard: Uint8Array = new Uint8Array(0);
  end: Error | null | undefined = undefined;

  constructor(connection: Connection, heard: (ear: Ear) => void = () => {}) {
    this.connection = connection;
    connection.open({
      data: (view) => {
        this.heard = concat([this.heard, view]);
        heard(this);
      },
      drain: () => {},
      close: (error) => void (this.end = error),
    });
  }

  get code(): string | null | undefined {
    return this.end && (codeOf(this.end) ?? 'none');
  }
}

/** Cuts one direction into the opening and frames, as whoever listens can. */
export class Units {
  #bytes: Uint8Array = new Uint8Array(0);
  #count = 0;
  readonly #hasOpening: boolean;

  constructor(direction: Direction) {
    this.#hasOpening = direction === 'out';
  }

  take(view: Uint8Array, use: (unit: Uint8Array, index: number) => void): void {
    this.#bytes = concat([this.#bytes, view]);
    for (;;) {
      const isOpening = this.#hasOpening && this.#count === 0;
      const [high = 0, low = 0] = this.#bytes;
      const end = isOpening ? 16 : 2 + 256 * high + low;
      if (this.#bytes.length < Math.max(2, end)) return;
      const unit = this.#bytes.slice(0, end);
      this.#bytes = this.#bytes.slice(end);
      use(unit, this.#count++);
    }
  }
}

export interface Outcome {
  /** Why the dial failed; null when it did not. */
  readonly refused: string | null;
  readonly near: Ear | null;
  readonly far: Ear | null;
  /** Until there was a connection, ms. */
  readonly took: Millis;
}

/** Who the two are, and how they judge each other; they say nothing of themselves when left out. */
export interface SceneIdentities {
  readonly near?: PeerIdentities | undefined;
  readonly far?: PeerIdentities | undefined;
}

export class Scene {
  readonly clock: SimClock = new SimClock();
  readonly network: MemoryNetwork = new MemoryNetwork();
  /** Codes under which the listener has refused connections. */
  readonly refusals: unknown[] = [];
  readonly accepted: Ear[] = [];
  /** All that went over the wire. */
  readonly wire: Uint8Array[] = [];
  /** Units of each direction as they were sent. */
  readonly recorded: Record<Direction, Uint8Array[]> = { out: [], back: [] };
  dials = 0;
  readonly secret: SwarmSecret;
  readonly #identities: SceneIdentities;
  readonly #random = seededRandom(1);

  constructor(transport: SwarmSecret['transport'] = 'required', identities: SceneIdentities = {}) {
    this.secret = { psk, transport };
    this.#identities = identities;
  }

  /** What those are told who listen. */
  get swarms(): ServedSwarms {
    return { revision: 0, infoHashes: () => [infoHash], secretOf: () => this.secret };
  }

  over(transport: Transport, identities?: PeerIdentities): Transport {
    const note = (_: string, { code }: Record<string, unknown> = {}): void => void this.refusals.push(code);
    const logger: Logger = { ...silentLogger, debug: note, info: note };
    const keys = seededKeys(this.#random);
    const protections = [
      noise({ primitives: nodePrimitives, random: systemRandom, identities }),
      mse({ policy: 'prefer', random: this.#random, digests: nodeDigests, keys }),
    ];
    return protect(transport, { protections, policy: 'prefer', clock: this.clock, logger });
  }

  /** The honest listener; it answers the greeting with its words. */
  async listen(): Promise<void> {
    const answer = (ear: Ear): void => {
      if (ear.heard.length === GREETING.length) for (const word of WORDS) ear.connection.send(word);
    };
    await this.over(this.network.transport(listenerAddress.host), this.#identities.far).listen(
      listenerAddress,
      (connection) => void this.accepted.push(new Ear(connection, answer)),
      this.swarms,
    );
  }

  /** The man, who passes on what a rule says. */
  async stand(rule: Rule): Promise<void> {
    const transport = this.network.transport(manAddress.host);
    await transport.listen(manAddress, (incoming) => {
      void transport.dial(listenerAddress).then((outgoing) => {
        this.#pass('out', incoming, outgoing, rule);
        this.#pass('back', outgoing, incoming, rule);
      });
    });
  }

  #pass(direction: Direction, from: Connection, to: Connection, rule: Rule): void {
    const units = new Units(direction);
    from.open({
      data: (view) =>
        units.take(view, (unit, index) => {
          this.recorded[direction].push(unit);
          const passed = rule(direction, index, unit);
          for (const bytes of passed ?? []) to.send(bytes);
          if (passed !== null) return;
          from.close();
          to.close();
        }),
      drain: () => {},
      close: () => to.close(),
    });
  }

  /** A man who answers by himself. */
  async answer(with_: (connection: Connection) => void): Promise<void> {
    await this.network.transport(manAddress.host).listen(manAddress, with_);
  }

  /** The honest dialler meets the man, or whom it is told; then both sides say their words, and ten minutes pass. */
  async dial(options: DialOptions = {}, to: PeerAddress = manAddress): Promise<Outcome> {
    const plain = this.network.transport('10.0.0.1');
    const watched: Transport = {
      ...plain,
      dial: async (address, dialOptions = {}) => {
        this.dials++;
        if (dialOptions.greeting !== undefined) this.wire.push(dialOptions.greeting);
        const connection = await plain.dial(address, dialOptions);
        const { send } = connection;
        connection.send = (bytes, sent) => {
          this.wire.push(bytes.slice());
          return send.call(connection, bytes, sent);
        };
        return connection;
      },
    };
    let near: Ear | null = null;
    let refused: string | null = null;
    let took = Number.POSITIVE_INFINITY;
    try {
      const asked = { infoHash, secret: this.secret, greeting: GREETING, ...options };
      near = new Ear(await this.clock.finish(this.over(watched, this.#identities.near).dial(to, asked)));
      took = this.clock.now();
      await this.clock.run(10);
      for (const word of WORDS) near.connection.send(word);
    } catch (error) {
      refused = codeOf(error) ?? String(error);
    }
    await this.clock.run(600_000);
    return { refused, near, far: this.accepted[0] ?? null, took };
  }

  /** Something that was said is on the wire as it is. */
  get isExposed(): boolean {
    const all = Buffer.concat([...this.wire, ...this.recorded.out, ...this.recorded.back]);
    return SAID.some((word) => all.includes(word));
  }
}

/** A side of a conversation that is played from a recording, whatever the other side says. */
export function play(connection: Connection, units: readonly Uint8Array[]): Ear {
  const ear = new Ear(connection);
  for (const unit of units) connection.send(unit);
  return ear;
}

/** The message in a frame, and a frame of it. */
export const messageOf = (frame: Uint8Array): Uint8Array => frame.subarray(2);
export { framed };

/** A copy with one bit changed. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice();
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
}
