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
  WORDS,
} from '../../../test/net/man-in-the-middle.ts';
import { makeIdentity, peerIdentities, type UnlockedIdentity } from '../../app/keys/index.ts';
import { concat, utf8 } from '../../base/bytes.ts';
import { systemRandom } from '../../base/random.ts';
import { LONGEST_CLAIM } from '../../codec/identity/index.ts';
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

/** Two who are refused: neither heard anything, and nothing weaker was tried. */
function assertRefused({ refused, far }: Outcome, { refusals, dials }: Scene): void {
  assert.ok([refused, ...refusals].includes('NET_IMPOSTOR'), `${refused}, ${refusals.join()}`);
  assert.notEqual(refused, null);
  assert.equal(far, null);
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

  it('are refused when they claim what is not so, before they are told anything', async () => {
    const asked: string[] = [];
    const listening: PeerIdentities = {
      ...known(bob),
      claim: (place) => (asked.push('claim'), known(bob).claim(place)),
    };
    const garbage = [new Uint8Array(1), new Uint8Array(LONGEST_CLAIM)];
    for (const claim of garbage) {
      const outcome = await meet(
        saying(() => claim),
        listening,
      );
      assertRefused(outcome, outcome.scene);
      assert.deepEqual(asked, []);
      const answered = await meet(
        known(alice),
        saying(() => claim),
      );
      assert.deepEqual([answered.refused, answered.near, answered.scene.dials], ['NET_IMPOSTOR', null, 1]);
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
      assert.notEqual(handshake.read(messageOf(ear.heard)), null);
      connection.send(framed(handshake.write(nothing) as Uint8Array));
      const claim = known(alice).claim({ binding: handshake.transcript, role: 'dialler' });
      connection.send(framed(handshake.finish().send.seal(claim)));
    });
    await scene.clock.run(60_000);
    assert.deepEqual([scene.refusals, scene.accepted.length, ear.heard.length], [['NET_IMPOSTOR'], 0, 1202]);
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
    claim: () => new Uint8Array(0),
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

  it('is not the one who has called, when he sends back what that one has said in the same connection', async () => {
    const scene = new Scene('required', { near: known(alice) });
    const kept: Uint8Array[] = [];
    const mirror: PeerIdentities = { ...keeping(kept), claim: () => kept[0] as Uint8Array };
    const transport = scene.network.transport(manAddress.host);
    await scene.over(transport, mirror).listen(manAddress, () => {}, scene.swarms);
    const { refused, near } = await scene.dial();
    assert.equal(kept.length, 1);
    assert.deepEqual([refused, near], ['NET_IMPOSTOR', null]);
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
