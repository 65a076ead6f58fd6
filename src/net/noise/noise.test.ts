/** Connections under Noise with a man between their ends, who tries all that one can try there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Ear,
  flipped,
  framed,
  GREETING,
  infoHash,
  listenerAddress,
  manAddress,
  messageOf,
  type Outcome,
  play,
  type Rule,
  Scene,
  WORDS,
} from '../../../test/net/man-in-the-middle.ts';
import { concat, utf8 } from '../../base/bytes.ts';
import { systemRandom } from '../../base/random.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { NoiseHandshake } from '../../crypto/noise/handshake.ts';
import type { DialOptions } from '../transport.ts';

const toListener = concat([GREETING, ...WORDS]);
const toDialler = concat(WORDS);
const nothing = new Uint8Array(0);
const pass: Rule = (_, __, unit) => [unit];

/** What passes with a man who follows a rule; whatever he does, nobody hears what was not said, nothing is exposed. */
async function between(rule: Rule, options: DialOptions = {}): Promise<Outcome & { readonly scene: Scene }> {
  const scene = new Scene();
  await scene.listen();
  await scene.stand(rule);
  const outcome = await scene.dial(options);
  const { near, far } = outcome;
  assert.equal(scene.isExposed, false);
  assert.equal(scene.dials, 1, 'something else was tried');
  assert.deepEqual(far?.heard ?? nothing, toListener.subarray(0, far?.heard.length ?? 0));
  assert.deepEqual(near?.heard ?? nothing, toDialler.subarray(0, near?.heard.length ?? 0));
  return { ...outcome, scene };
}

/** A responder, or an initiator, who knows what a stranger can know. */
const stranger = (isInitiator: boolean, own: { prologue?: Uint8Array } = {}): NoiseHandshake =>
  new NoiseHandshake(nodePrimitives, systemRandom, {
    pattern: 'XXhfs+psk3',
    cipher: 'AESGCM',
    prologue: concat([utf8('dst-torrent.org/v1/peer'), infoHash]),
    psk: new Uint8Array(32),
    staticKey: systemRandom.bytes(32),
    isInitiator,
    ...own,
  });

describe('a connection of a sealed swarm, with a man between its ends', () => {
  it('comes about when he passes on what is said, and proves the swarm to both', async () => {
    const { near, far, scene } = await between(pass);
    assert.deepEqual([near?.heard, far?.heard], [toDialler, toListener]);
    for (const ear of [near, far]) {
      assert.equal(ear?.connection.protection, 'noise');
      assert.deepEqual(ear?.connection.provenSwarm, infoHash);
    }
    assert.deepEqual(
      scene.recorded.out.map(({ length }) => length),
      [16, 1250, 66, 18, 86, 32, 30],
    );
    assert.deepEqual(
      scene.recorded.back.map(({ length }) => length),
      [1202, 18, 32, 30],
    );
  });

  it('is not replaced by a weaker one when he hangs up, or answers as a client that knows only plaintext', async () => {
    const answers = {
      hangsUp: (ear: Ear) => ear.connection.close(),
      plain: (ear: Ear) => ear.connection.send(GREETING),
      otherwise: (ear: Ear) => ear.connection.send(framed(new Uint8Array(5))),
      silent: () => {},
    };
    for (const answer of Object.values(answers)) {
      const scene = new Scene();
      await scene.answer((connection) => void new Ear(connection, answer));
      assert.equal((await scene.dial()).refused, 'NET_PROTECTION_FAILED');
      assert.deepEqual([scene.dials, scene.isExposed], [1, false]);
    }
  });

  it('finds no listener without the secret, or with another one', async () => {
    const scene = new Scene();
    await scene.listen();
    await scene.stand(pass);
    const { refused, far } = await scene.dial({ secret: { ...scene.secret, psk: new Uint8Array(32) } });
    assert.equal(refused, 'NET_PROTECTION_FAILED');
    assert.equal(far, null);
    const without = await scene.dial({ secret: null, isKnownSecure: true });
    assert.deepEqual([without.refused, without.far], ['NET_PROTECTION_FAILED', null]);
  });

  it('does not come about with what was recorded of an earlier one, of either side', async () => {
    const { scene } = await between(pass);
    const { out, back } = scene.recorded;
    for (const count of [2, 3, out.length]) {
      const again = new Scene();
      await again.listen();
      const replayed = await again.network.transport(manAddress.host).dial(listenerAddress);
      const ear = play(replayed, out.slice(0, count));
      await again.clock.run(60_000);
      assert.deepEqual(again.refusals, [count === 2 ? 'NET_PROTECTION_FAILED' : 'NET_IMPOSTOR']);
      assert.deepEqual([again.accepted.length, ear.heard.length], [0, 1202]);
    }
    for (const count of [1, 2, back.length]) {
      const again = new Scene();
      await again.answer((connection) => void play(connection, back.slice(0, count)));
      assert.deepEqual((await again.dial()).refused, 'NET_IMPOSTOR');
      assert.deepEqual([again.dials, again.isExposed], [1, false]);
    }
  });

  it('comes about though openings that were heard come again and again', async () => {
    const { scene: before } = await between(pass);
    const scene = new Scene();
    await scene.listen();
    for (let i = 0; i < 200; i++) {
      const replayed = await scene.network.transport(`10.1.0.${i}`).dial(listenerAddress);
      play(replayed, before.recorded.out.slice(0, 1));
    }
    await scene.clock.run(1);
    const { refused, near } = await scene.dial({}, listenerAddress);
    assert.deepEqual([refused, near?.heard], [null, toDialler]);
  });

  it('does not come about with one who answers with keys of his own, whether he knows the info hash or not', async () => {
    for (const prologue of [undefined, utf8('what could it be?')]) {
      const scene = new Scene();
      let heardOut = false;
      await scene.answer((connection) => {
        const handshake = stranger(false, prologue && { prologue });
        const ear = new Ear(connection, () => {
          const [first, rest] = [ear.heard.subarray(18, 1266), ear.heard.subarray(1266)];
          if (rest.length === 0) {
            const canRead = handshake.read(first) !== null;
            assert.equal(canRead, prologue === undefined);
            const answer = canRead ? handshake.write(nothing) : systemRandom.bytes(1200);
            connection.send(framed(answer as Uint8Array));
            return;
          }
          heardOut = true;
          assert.equal(handshake.read(rest.subarray(2, 66)), null);
          connection.send(framed(systemRandom.bytes(16)));
        });
      });
      assert.equal((await scene.dial()).refused, 'NET_IMPOSTOR');
      assert.deepEqual([heardOut, scene.dials, scene.isExposed], [prologue === undefined, 1, false]);
    }
  });

  it('does not come about with one who comes with keys of his own, behind an opening that he has heard', async () => {
    const { scene: before } = await between(pass);
    const scene = new Scene();
    await scene.listen();
    const connection = await scene.network.transport(manAddress.host).dial(listenerAddress);
    const handshake = stranger(true);
    connection.send(before.recorded.out[0] as Uint8Array);
    connection.send(framed(handshake.write(nothing) as Uint8Array));
    const ear = new Ear(connection, () => {
      assert.notEqual(handshake.read(messageOf(ear.heard)), null);
      connection.send(framed(handshake.write(nothing) as Uint8Array));
    });
    await scene.clock.run(60_000);
    assert.deepEqual([scene.refusals, scene.accepted.length], [['NET_IMPOSTOR'], 0]);
  });

  it('does not come about when he puts a key of his own in the place of one of theirs', async () => {
    const own = nodePrimitives.x25519.publicKeyOf(systemRandom.bytes(32));
    const kemKey = nodePrimitives.mlKem768.publicKeyOf(systemRandom.bytes(64));
    const put = (frame: Uint8Array, at: number, key: Uint8Array): readonly Uint8Array[] => {
      const changed = frame.slice();
      changed.set(key, at);
      return [changed];
    };
    const swaps: readonly [string, Rule][] = [
      ['X25519 of the dialler', (side, i, unit) => (side === 'out' && i === 1 ? put(unit, 2, own) : [unit])],
      ['ML-KEM of the dialler', (side, i, unit) => (side === 'out' && i === 1 ? put(unit, 34, kemKey) : [unit])],
      ['static of the dialler', (side, i, unit) => (side === 'out' && i === 2 ? put(unit, 2, own) : [unit])],
      ['X25519 of the listener', (side, i, unit) => (side === 'back' && i === 0 ? put(unit, 2, own) : [unit])],
      ['small order', (side, i, unit) => (side === 'back' && i === 0 ? put(unit, 2, new Uint8Array(32)) : [unit])],
      ['encapsulated', (side, i, unit) => (side === 'back' && i === 0 ? put(unit, 34, kemKey.slice(96)) : [unit])],
      ['static of the listener', (side, i, unit) => (side === 'back' && i === 0 ? put(unit, 1138, own) : [unit])],
    ];
    for (const [name, swap] of swaps) {
      const { refused, scene, far } = await between(swap);
      const codes = [refused, ...scene.refusals];
      assert.ok(codes.includes('NET_IMPOSTOR'), `${name}: ${codes.join()}`);
      assert.notEqual(refused, null, name);
      assert.equal(far, null, name);
    }
  });

  it('does not come about, or ends, at any bit that he changes', async () => {
    const lengths = { out: [16, 1250, 66, 18, 86, 32], back: [1202, 18, 32] } as const;
    for (const direction of ['out', 'back'] as const) {
      for (const [index, length] of lengths[direction].entries()) {
        const step = length > 100 ? 97 : 3;
        for (let bit = 0; bit < 8 * length; bit += step) {
          const { refused, near, far, scene } = await between((side, i, unit) => [
            side === direction && i === index ? flipped(unit, bit) : unit,
          ]);
          const where = `${direction} ${index}, bit ${bit}`;
          const codes = [refused, ...scene.refusals, near?.code, far?.code];
          const isHello = direction === 'out' && index === 3; // that of the listener may have come before
          const isHandshake = index < (direction === 'out' ? 3 : 2);
          if (isHandshake) assert.notEqual(refused, null, where);
          else if (isHello) assert.equal(far, null, where);
          else if (bit >= 16) assert.ok(codes.includes('NET_TAMPERED'), `${where}: ${codes.join()}`);
          const whole =
            direction === 'out' ? far?.heard.length === toListener.length : near?.heard.length === toDialler.length;
          assert.equal(whole, false, where);
        }
      }
    }
  });

  it('tells what he has cut: the handshake, or a message; at the end of one it has merely ended', async () => {
    for (const [direction, count] of [
      ['out', 7],
      ['back', 4],
    ] as const) {
      for (let index = 0; index < count; index++) {
        for (const kept of [0, 0.5]) {
          let hasCut = false;
          const { refused, near, far } = await between((side, i, unit) => {
            if (hasCut) return null;
            if (side !== direction || i !== index) return [unit];
            hasCut = true;
            return [unit.subarray(0, Math.floor(kept * unit.length))];
          });
          const where = `${direction} ${index}, ${kept}`;
          const isHandshake = index < (direction === 'out' ? 4 : 2);
          if (isHandshake) assert.equal(refused, 'NET_PROTECTION_FAILED', where);
          const ear = direction === 'out' ? far : near;
          if (isHandshake || ear?.end === undefined) continue;
          assert.equal(ear.code, kept === 0 ? null : 'NET_TRUNCATED', where);
        }
      }
    }
  });

  it('ends at a frame that is repeated, left out or in another place', async () => {
    let held: Uint8Array | null = null;
    const tricks: Record<string, Rule> = {
      repeated: (side, i, unit) => (side === 'out' && i === 5 ? [unit, unit] : [unit]),
      'left out': (side, i, unit) => (side === 'out' && i === 5 ? [] : [unit]),
      'in another place': (side, i, unit) => {
        if (side !== 'out' || i < 5) return [unit];
        if (held !== null) return [unit, held];
        held = unit;
        return [];
      },
      'sent back': (side, i, unit) => {
        if (side === 'out' && i === 5) held = unit;
        return side === 'out' && i === 6 ? [held as Uint8Array, held as Uint8Array] : [unit];
      },
    };
    for (const [name, trick] of Object.entries(tricks)) {
      held = null;
      const { far } = await between(trick);
      assert.equal(far?.code, 'NET_TAMPERED', name);
    }
  });
});

describe('where secure connections are merely preferred', () => {
  it('an impostor is refused all the same, and nothing weaker is tried with him', async () => {
    const { scene: before } = await between(pass);
    const scene = new Scene('prefer');
    await scene.answer((connection) => void play(connection, before.recorded.back));
    assert.equal((await scene.dial()).refused, 'NET_IMPOSTOR');
    assert.deepEqual([scene.dials, scene.isExposed], [1, false]);
  });

  it('who knows only plaintext is reached in plaintext', async () => {
    const scene = new Scene('prefer');
    const plain = (ear: Ear): void => {
      if (ear.heard[0] !== 19) ear.connection.close();
    };
    await scene.answer((connection) => void new Ear(connection, plain));
    const { near } = await scene.dial();
    assert.equal(near?.connection.protection, undefined);
    assert.equal(scene.dials, 3);
  });

  it('who knows only MSE, or is no member, is reached under MSE, at once', async () => {
    for (let round = 0; round < 20; round++) {
      const scene = new Scene('prefer');
      const listening = scene.over(scene.network.transport(manAddress.host));
      const open = { revision: 0, infoHashes: () => [infoHash], secretOf: () => null };
      await listening.listen(manAddress, (connection) => void scene.accepted.push(new Ear(connection)), open);
      const { near, took } = await scene.dial();
      assert.ok(took < 100, `it took ${took} ms`);
      assert.equal(near?.connection.protection, 'mse');
      assert.equal(scene.accepted.length, 1);
      assert.ok(scene.dials === 2);
    }
  });

  it('who is known to take secure connections is dialled over nothing else, whoever says that he knows none', async () => {
    for (const secret of [undefined, null]) {
      const scene = new Scene('prefer');
      await scene.answer((connection) => connection.close());
      const { refused } = await scene.dial({ isKnownSecure: true, ...(secret === null && { secret }) });
      assert.equal(refused, 'NET_PROTECTION_FAILED');
      assert.deepEqual([scene.dials, scene.isExposed], [1, false]);
    }
  });
});
