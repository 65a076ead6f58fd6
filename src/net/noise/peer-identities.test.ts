/** Connections of a sealed swarm whose ends say who they are, and readers of it who would like to be somebody else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Ear,
  framed,
  GREETING,
  infoHash,
  listenerAddress,
  manAddress,
  messageOf,
  type Outcome,
  Scene,
  Units,
  WORDS,
} from '../../../test/net/man-in-the-middle.ts';
import { makeIdentity, peerIdentities, type UnlockedIdentity } from '../../app/keys/index.ts';
import { concat, utf8 } from '../../base/bytes.ts';
import { systemRandom } from '../../base/random.ts';
import { type ClaimPlace, LONGEST_CLAIM, signPeerClaim } from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { NoiseHandshake } from '../../crypto/noise/handshake.ts';
import type { PeerIdentity } from '../transport.ts';
import { makeOpening } from './opening.ts';
import type { PeerIdentities } from './peer-identities.ts';

const alice = await makeIdentity({ name: 'alice', withRsa: false });
const bob = await makeIdentity({ name: 'bob', withRsa: false });
const contacts = new Map([
  [alice.fingerprint, 'Alice'],
  [bob.fingerprint, 'Bob'],
]);
const known = (identity: UnlockedIdentity | null): PeerIdentities => peerIdentities(identity, contacts);
const called = ({ fingerprint }: UnlockedIdentity, name: string | null): PeerIdentity => ({ fingerprint, name });
const saying = (claim: () => Uint8Array): PeerIdentities => ({ ...known(null), claim });
const claimOf = (identity: UnlockedIdentity, place: ClaimPlace): Uint8Array =>
  signPeerClaim(nodePrimitives, identity.publicIdentity, place, identity.signer);

/** Who each side takes the other for; undefined: for nobody. */
const seen = ({ near, far }: Outcome): (PeerIdentity | undefined)[] => [
  near?.connection.provenIdentity,
  far?.connection.provenIdentity,
];

/** Alice and Bob, as they are told, without anybody between them. */
async function meet(
  near: PeerIdentities | undefined,
  far: PeerIdentities | undefined,
  secret?: null,
): Promise<Outcome & { readonly scene: Scene }> {
  const scene = new Scene(secret === null ? 'prefer' : 'required', { near, far });
  await scene.listen();
  const options = secret === null ? { secret, isKnownSecure: true } : {};
  return { ...(await scene.dial(options, listenerAddress)), scene };
}

/** One who came is refused: neither side heard anything, and nothing weaker was tried. */
function assertRefused({ near, far }: Outcome, { refusals, dials }: Scene): void {
  assert.deepEqual(refusals, ['NET_IMPOSTOR']);
  assert.deepEqual([near?.heard.length, near?.end, far], [0, null, null]);
  assert.equal(dials, 1);
}

describe('peers of a sealed swarm', () => {
  it('know each other when both say who they are, and go on as others', async () => {
    const outcome = await meet(known(alice), known(bob));
    assert.deepEqual(seen(outcome), [called(bob, 'Bob'), called(alice, 'Alice')]);
    assert.deepEqual([outcome.near?.heard, outcome.far?.heard], [concat(WORDS), concat([GREETING, ...WORDS])]);
  });

  it('say nothing of themselves unless they are told to', async () => {
    assert.deepEqual(seen(await meet(known(null), known(null))), [undefined, undefined]);
    assert.deepEqual(seen(await meet(known(alice), known(null))), [undefined, called(alice, 'Alice')]);
    assert.deepEqual(seen(await meet(known(null), known(bob))), [called(bob, 'Bob'), undefined]);
  });

  it('are told by their fingerprint when they are not known, and by no name that they gave themselves', async () => {
    const stranger = peerIdentities(bob, new Map());
    assert.deepEqual(seen(await meet(known(alice), peerIdentities(null, new Map()))), [undefined, called(alice, null)]);
    assert.deepEqual(seen(await meet(stranger, stranger)), [called(bob, null), called(bob, null)]);
  });

  it('are connected with those who do not listen to who they are', async () => {
    const outcome = await meet(known(alice), undefined);
    assert.deepEqual(seen(outcome), [undefined, undefined]);
    assert.deepEqual(outcome.near?.heard, concat(WORDS));
  });

  it('are refused when they claim what is not so; by who dials, before he says who he is', async () => {
    let asked = 0;
    const counting = saying(() => (asked++, new Uint8Array(0)));
    for (const claim of [new Uint8Array(1), new Uint8Array(LONGEST_CLAIM)]) {
      const lying = saying(() => claim);
      const outcome = await meet(lying, known(bob));
      assertRefused(outcome, outcome.scene);
      const answered = await meet(counting, lying);
      assert.deepEqual([answered.refused, answered.near, answered.scene.dials], ['NET_IMPOSTOR', null, 1]);
    }
    assert.equal(asked, 0);
  });

  it('who cannot say who they are, because their identity was closed, fail, and nothing else does', async () => {
    const closed = await makeIdentity({ name: 'carol', withRsa: false });
    closed[Symbol.dispose]();
    for (const [near, far] of [
      [closed, bob],
      [alice, closed],
    ] as const) {
      const { refused, scene } = await meet(known(near), known(far));
      assert.equal(refused, 'NET_PROTECTION_FAILED');
      assert.deepEqual(new Set(scene.refusals), new Set(['NET_PROTECTION_FAILED']));
      assert.equal(scene.accepted.length, 0);
    }
  });

  it('are refused by the length of what they say, before it has come and unread', async () => {
    let judged = 0;
    const judging: PeerIdentities = { ...known(null), judge: () => (judged++, null) };
    const endless = saying(() => new Uint8Array(LONGEST_CLAIM + 1));
    const outcome = await meet(endless, judging);
    assertRefused(outcome, outcome.scene);
    assert.equal(judged, 0);
  });

  it('do not claim to be anybody where there is no secret', async () => {
    assert.deepEqual(seen(await meet(known(alice), known(bob), null)), [undefined, undefined]);
    const scene = new Scene('prefer', { near: known(alice), far: known(bob) });
    await scene.listen();
    await scene.stand((_, __, unit) => [unit]);
    await scene.dial({ secret: null, isKnownSecure: true });
    assert.deepEqual(
      [scene.recorded.out[3], scene.recorded.back[1]].map((unit) => unit?.length),
      [18, 18],
    );
  });

  it('are refused when they claim to be somebody where there is no secret', async () => {
    const scene = new Scene('prefer', { far: known(bob) });
    await scene.listen();
    const handshake = new NoiseHandshake(nodePrimitives, systemRandom, {
      pattern: 'XXhfs',
      cipher: 'AESGCM',
      isInitiator: true,
      prologue: concat([utf8('dst-torrent.org/v1/peer'), infoHash]),
      staticKey: systemRandom.bytes(32),
    });
    const nothing = new Uint8Array(0);
    const connection = await scene.network.transport(manAddress.host).dial(listenerAddress);
    connection.send(makeOpening(nodePrimitives, systemRandom, { infoHash, secret: null }));
    connection.send(framed(handshake.write(nothing) as Uint8Array));
    const ear = new Ear(connection, () => {
      if (ear.heard.length > 1202) return; // the hello of the listener
      assert.notEqual(handshake.read(messageOf(ear.heard)), null);
      connection.send(framed(handshake.write(nothing) as Uint8Array));
      const claim = claimOf(alice, { binding: handshake.transcript, role: 'dialler' });
      connection.send(framed(handshake.finish().send.seal(claim)));
    });
    await scene.clock.run(60_000);
    assert.deepEqual([scene.refusals, scene.accepted.length, ear.heard.length], [['NET_IMPOSTOR'], 0, 1220]);
  });
});

describe('a reader who stands between two others', () => {
  /** Takes Alice's connection as a listener of the swarm that he is, and dials Bob as such; `his` is what he says. */
  async function between(scene: Scene, his: { toNear: PeerIdentities; toFar: PeerIdentities }): Promise<unknown[]> {
    const transport = scene.network.transport(manAddress.host);
    const failures: unknown[] = [];
    const dialFar = async (near: Ear): Promise<void> => {
      const options = { infoHash, secret: scene.secret, greeting: GREETING };
      try {
        const far = new Ear(await scene.over(transport, his.toFar).dial(listenerAddress, options));
        far.connection.send(near.heard.subarray(GREETING.length));
      } catch (error) {
        failures.push(error);
      }
    };
    await scene.over(transport, his.toNear).listen(manAddress, (near) => void dialFar(new Ear(near)), scene.swarms);
    return failures;
  }

  /** Says nothing of himself, and keeps what is said to him. */
  const keeping = (kept: Uint8Array[]): PeerIdentities => ({
    claim: null,
    judge: (claim) => {
      kept.push(claim.slice());
      return called(alice, null);
    },
  });

  it('is connected with both as nobody, being a reader', async () => {
    const scene = new Scene('required', { near: known(alice), far: known(bob) });
    await scene.listen();
    const kept: Uint8Array[] = [];
    await between(scene, { toNear: keeping(kept), toFar: keeping(kept) });
    assert.deepEqual(seen(await scene.dial()), [undefined, undefined]);
    assert.equal(kept.length, 2);
  });

  it('is not the dialler whose claim he passes on', async () => {
    const scene = new Scene('required', { near: known(alice), far: known(bob) });
    await scene.listen();
    const kept: Uint8Array[] = [];
    const relaying = saying(() => kept[0] as Uint8Array);
    await between(scene, { toNear: keeping(kept), toFar: relaying });
    const { far } = await scene.dial();
    assert.equal(kept.length, 1);
    assert.deepEqual([scene.refusals.includes('NET_IMPOSTOR'), far], [true, null]);
  });

  it('is not the listener whose claim he passes on', async () => {
    const scene = new Scene('required', { near: known(alice), far: known(bob) });
    await scene.listen();
    const kept: Uint8Array[] = [];
    const transport = scene.network.transport(manAddress.host);
    const options = { infoHash, secret: scene.secret, greeting: GREETING };
    await scene.clock.finish(scene.over(transport, keeping(kept)).dial(listenerAddress, options));
    await between(scene, { toNear: saying(() => kept[0] as Uint8Array), toFar: keeping([]) });
    const { refused, near } = await scene.dial();
    assert.equal(kept.length, 1);
    assert.deepEqual([refused, near, scene.dials], ['NET_IMPOSTOR', null, 1]);
  });

  it('is not the one whom he has called, when he sends back what that one has said in the same connection', async () => {
    const scene = new Scene('required', { far: known(bob) });
    await scene.listen();
    const kept: Uint8Array[] = [];
    const mirror: PeerIdentities = { ...keeping(kept), claim: () => kept[0] as Uint8Array };
    const options = { infoHash, secret: scene.secret, greeting: GREETING };
    const transport = scene.over(scene.network.transport(manAddress.host), mirror);
    new Ear(await scene.clock.finish(transport.dial(listenerAddress, options)));
    await scene.clock.run(60_000);
    assert.equal(kept.length, 1);
    assert.deepEqual([scene.refusals, scene.accepted.length], [['NET_IMPOSTOR'], 0]);
  });

  it('is not somebody who said who he is in an earlier connection', async () => {
    const kept: Uint8Array[] = [];
    await meet(known(alice), keeping(kept));
    const outcome = await meet(
      saying(() => kept[0] as Uint8Array),
      known(bob),
    );
    assert.equal(kept.length, 1);
    assertRefused(outcome, outcome.scene);
  });
});

describe('one who is dialled, cannot read the torrent, and learns its secret later', () => {
  /** What he finds then in what he has kept: the length of each message. */
  async function findings(near: PeerIdentities): Promise<number[]> {
    const scene = new Scene('required', { near });
    const psk = new Uint8Array(32);
    const handshake = new NoiseHandshake(nodePrimitives, systemRandom, {
      pattern: 'XXhfs+psk3',
      cipher: 'AESGCM',
      isInitiator: false,
      prologue: concat([utf8('dst-torrent.org/v1/peer'), infoHash]),
      staticKey: systemRandom.bytes(32),
      psk,
    });
    const kept: Uint8Array[] = [];
    const units = new Units('out');
    await scene.answer((connection) => {
      const data = (view: Uint8Array): void =>
        units.take(view, (unit, index) => {
          if (index > 1) kept.push(messageOf(unit));
          if (index !== 1) return;
          assert.notEqual(handshake.read(messageOf(unit)), null);
          connection.send(framed(handshake.write(new Uint8Array(0)) as Uint8Array));
        });
      connection.open({ data, drain: () => {}, close: () => {} });
    });
    assert.equal((await scene.dial()).refused, 'NET_PROTECTION_FAILED');
    psk.set(scene.secret.psk);
    const [third, ...frames] = kept;
    assert.notEqual(handshake.read(third as Uint8Array), null);
    const { receive } = handshake.finish();
    return frames.map((frame) => receive.open(frame)?.length ?? Number.NaN);
  }

  it('finds neither who dialled him nor anything else, when that one says who he is', async () => {
    assert.deepEqual(await findings(known(alice)), []);
  });

  it('finds the BitTorrent handshake of one that says nothing of himself', async () => {
    assert.deepEqual(await findings(known(null)), [0, GREETING.length]);
  });
});
