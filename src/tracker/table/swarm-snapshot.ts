/**
 * The swarms of a table as bytes, one section for each shard, and back: a tracker that starts again knows the peers of
 * before. A swarm is 20 bytes of info hash, the numbers of its IPv4 and IPv6 peers (u32 each), then its peers: address
 * and port, id, silence in ticks (u16), role (u8). Integers are big-endian.
 */
import { systemRandom } from '../../base/random.ts';
import { concat, readU16, readU32, writeU16, writeU32 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { AnnounceCall, type PeerFamily, type PeerRole, type Tick } from '../swarm-store.ts';
import type { PeerList } from './peer-list.ts';
import { Field, Flag } from './swarm-record.ts';
import { SwarmShards } from './swarm-shards.ts';
import type { SwarmTable } from './swarm-table.ts';
import { SHARDS, type TableMemory } from './table-memory.ts';

const HEAD: ByteCount = 28;
const ROLES: readonly PeerRole[] = ['downloading', 'seeding', 'paused'];

const hostLength = (family: PeerFamily): ByteCount => (family === 4 ? 4 : 16);
const peerLength = (family: PeerFamily): ByteCount => hostLength(family) + 2 + 20 + 3;

/** The swarms of a table, in 256 sections; a section is taken under its shard's lock. Peers on WebSockets stay out. */
export function* snapshotSections(memory: TableMemory, now: Tick): IterableIterator<Uint8Array> {
  const shards = new SwarmShards(memory, systemRandom);
  for (let shard = 0; shard < SHARDS; shard++) {
    shards.enter(shard);
    const parts: Uint8Array[] = [];
    try {
      for (const record of shards.records()) {
        if (shards.hasFlag(record, Flag.alias | Flag.web | Flag.member)) continue;
        shards.open(record);
        if (shards.peers4.count + shards.peers6.count > 0) parts.push(encodeSwarm(memory, shards, record, now));
      }
    } finally {
      shards.leave();
    }
    yield concat(parts);
  }
}

function encodeSwarm(memory: TableMemory, { peers4, peers6 }: SwarmShards, record: number, now: Tick): Uint8Array {
  const bytes = new Uint8Array(HEAD + peers4.count * peerLength(4) + peers6.count * peerLength(6));
  bytes.set(memory.bytes.subarray(4 * (record + Field.infoHash), 4 * (record + Field.infoHash) + 20));
  writeU32(bytes, 20, peers4.count);
  writeU32(bytes, 24, peers6.count);
  const end = encodePeers(memory, peers4, 4, bytes, HEAD, now);
  encodePeers(memory, peers6, 6, bytes, end, now);
  return bytes;
}

function encodePeers(
  memory: TableMemory,
  peers: PeerList,
  family: PeerFamily,
  bytes: Uint8Array,
  start: ByteCount,
  now: Tick,
): ByteCount {
  let at = start;
  for (let i = 0; i < peers.count; i++) {
    const address = peers.addressAt(i);
    bytes.set(memory.bytes.subarray(address, address + hostLength(family) + 2), at);
    bytes.set(memory.bytes.subarray(peers.idAt(i), peers.idAt(i) + 20), at + hostLength(family) + 2);
    at += peerLength(family);
    writeU16(bytes, at - 3, peers.ageOf(i, now));
    bytes[at - 1] = ROLES.indexOf(peers.roleOf(i));
  }
  return at;
}

/**
 * Takes the swarms of a section in, less the peers that have been silent for more than `most` ticks; `away`: ticks
 * since the snapshot. Returns the number of peers; a section that breaks off ends there.
 */
export function restoreSection(table: SwarmTable, section: Uint8Array, now: Tick, away: Tick, most: Tick): number {
  const call = new AnnounceCall();
  let restored = 0;
  for (let at = 0; at + HEAD <= section.length; ) {
    call.infoHashBytes.set(section.subarray(at, at + 20));
    const counts = [readU32(section, at + 20), readU32(section, at + 24)] as const;
    at += HEAD;
    for (const family of [4, 6] as const) {
      const end = at + counts[family === 4 ? 0 : 1] * peerLength(family);
      for (; at < end && at + peerLength(family) <= section.length; at += peerLength(family)) {
        if (readPeer(call, family, section, at, now - away) && now - call.now <= most) {
          table.announce(call);
          restored++;
        }
      }
      if (at < end) return restored;
    }
  }
  return restored;
}

/** `then`: the tick at which the snapshot was taken. */
function readPeer(call: AnnounceCall, family: PeerFamily, bytes: Uint8Array, at: ByteCount, then: Tick): boolean {
  const id = at + hostLength(family) + 2;
  const role = ROLES[bytes[id + 22] as number];
  if (role === undefined) return false;
  call.family = family;
  call.addressBytes.set(bytes.subarray(at, id));
  call.peerIdBytes.set(bytes.subarray(id, id + 20));
  call.now = then - readU16(bytes, id + 20);
  call.role = role;
  call.event = 'none';
  call.want = 0;
  return true;
}
