/** The table against a naive model: maps of peers, walked through for each question. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { LIFETIME, newTable } from '../fakes.test.ts';
import { AnnounceCall, type PeerFamily, type PeerRole } from '../swarm-store.ts';

interface ModelPeer {
  role: PeerRole;
  heard: number;
}

interface ModelSwarm {
  readonly peers: Map<string, ModelPeer>;
}

function setHash(call: { infoHashBytes: Uint8Array }, swarm: number): void {
  call.infoHashBytes.fill(0);
  new DataView(call.infoHashBytes.buffer).setUint32(3, Math.imul(swarm + 1, 0x9e3779b1) >>> 0);
}

/** Address of peer `i`: several ports a host, so that hosts and ports alone are ambiguous. */
function setAddress(call: AnnounceCall, family: PeerFamily, i: number): string {
  const length = family === 4 ? 6 : 18;
  call.family = family;
  call.addressBytes.fill(0);
  call.addressBytes.set(family === 4 ? [10, 0, 0, i >> 4] : [0x20, 1, 0xd, 0xb8]);
  if (family === 6) call.addressBytes[15] = i >> 4;
  call.addressBytes.set([16, i & 15], length - 2);
  return `${family}:${call.addressBytes.subarray(0, length).join('.')}`;
}

const peersIn = (call: AnnounceCall): string[] => {
  const found: string[] = [];
  for (const [family, size, sink] of [
    [4, 6, call.peers4],
    [6, 18, call.peers6],
  ] as const) {
    for (let at = 0; at < sink.at; at += size) found.push(`${family}:${sink.bytes.subarray(at, at + size).join('.')}`);
  }
  return found;
};

const roles: readonly PeerRole[] = ['downloading', 'downloading', 'seeding', 'paused'];

describe('the swarm table answers as a naive model', () => {
  for (const seed of [1, 2, 3]) {
    test(`through 40,000 announces, departures, expiries and scrapes (seed ${seed})`, () => {
      const random = seededRandom(seed);
      const table = newTable({}, seed);
      const model = new Map<number, ModelSwarm>();
      const call = new AnnounceCall();
      let now = 5000;
      for (let i = 0; i < 40_000; i++) {
        if (random.below(20) === 0) now += random.below(40);
        // A few large swarms, many small ones.
        const swarm = random.below(3) === 0 ? random.below(2) : random.below(300);
        const swarmModel = model.get(swarm) ?? { peers: new Map<string, ModelPeer>() };
        model.set(swarm, swarmModel);
        setHash(call, swarm);
        if (random.below(50) === 0) {
          table.sweep(now);
          for (const { peers } of model.values()) {
            for (const [key, peer] of peers) if (now - peer.heard > LIFETIME + 64) peers.delete(key);
          }
        }
        const family = random.below(4) === 0 ? 6 : 4;
        const key = setAddress(call, family, random.below(swarm < 2 ? 1500 : 40));
        call.role = roles[random.below(roles.length)] as PeerRole;
        call.event = random.below(8) === 0 ? 'stopped' : 'none';
        call.want = random.below(60);
        call.isForBothFamilies = random.below(2) === 0;
        call.now = now;
        table.announce(call);
        const { peers } = swarmModel;
        if (call.event === 'stopped') peers.delete(key);
        else peers.set(key, { role: call.role, heard: now });
        check(call, key, peers, now);
      }
    });
  }
});

/** Peers between their lifetime and the next turn of the wheel may or may not be there still. */
function check(call: AnnounceCall, self: string, peers: Map<string, ModelPeer>, now: number): void {
  const sure = [...peers].filter(([, peer]) => now - peer.heard <= LIFETIME);
  const possible = new Map(peers);
  const seeding = (list: Iterable<[string, ModelPeer]>): number =>
    [...list].filter(([, peer]) => peer.role === 'seeding').length;
  assert.ok(call.complete >= seeding(sure) && call.complete <= seeding(possible), 'complete');
  assert.ok(
    call.incomplete >= sure.length - seeding(sure) && call.incomplete <= possible.size - seeding(possible),
    'incomplete',
  );
  const found = peersIn(call);
  assert.equal(new Set(found).size, found.length, 'no peer twice');
  assert.ok(!found.includes(self), 'not the asking peer itself');
  const isUseful = ([key, peer]: [string, ModelPeer]): boolean =>
    key !== self &&
    (call.role === 'downloading' || peer.role === 'downloading') &&
    (call.isForBothFamilies || key.startsWith(`${call.family}:`));
  const useful = new Set([...possible].filter(isUseful).map(([key]) => key));
  for (const key of found) assert.ok(useful.has(key), `${key} is useful`);
  if (call.event === 'stopped') assert.equal(found.length, 0);
  else assert.ok(found.length >= Math.min(call.want, sure.filter(isUseful).length), 'as many as there are');
  assert.ok(found.length <= call.want);
}
