/**
 * The swarms of a table as bytes, one section for each shard, and back: a tracker that starts again knows the peers of
 * before. A swarm is its kind (u8), 20 bytes of info hash, the numbers of its IPv4 and IPv6 peers (u32 each), then its
 * peers: address and port, id, silence in ticks (u16), role (u8). Integers are big-endian. An account is of another kind,
 * has its plain name for an info hash and its sessions for peers, in words as they are in memory: a snapshot is for the
 * machine that made it. The names of sessions mean something only together with `TableMemory.sessionKey`.
 */
import { systemRandom } from '../../base/random.ts';
import { concat, readU16, readU32, writeU16, writeU32 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { AnnounceCall, type PeerFamily, type PeerRole, type Tick } from '../swarm-store.ts';
import type { AccountTable } from './account-table.ts';
import type { PeerList } from './peer-list.ts';
import { Field, Flag, setHiddenKey } from './swarm-record.ts';
import { SwarmShards } from './swarm-shards.ts';
import type { SwarmTable } from './swarm-table.ts';
import { Control, SHARDS, type TableMemory } from './table-memory.ts';

const HEAD: ByteCount = 29;
const Kind = { swarm: 0, account: 1 } as const;
const ROLES: readonly PeerRole[] = ['downloading', 'seeding', 'paused'];

const hostLength = (family: PeerFamily): ByteCount => (family === 4 ? 4 : 16);
const peerLength = (family: PeerFamily): ByteCount => hostLength(family) + 2 + 20 + 3;

/** Swarms and accounts, in 256 sections; a section is taken under its shard's lock. Peers on WebSockets stay out. */
export function* snapshotSections(memory: TableMemory, now: Tick): IterableIterator<Uint8Array> {
  const shards = new SwarmShards(memory, systemRandom);
  for (let shard = 0; shard < SHARDS; shard++) {
    shards.enter(shard);
    const parts: Uint8Array[] = [];
    try {
      for (const record of shards.records()) {
        if (shards.hasFlag(record, Flag.alias | Flag.web)) continue;
        shards.open(record);
        if (shards.peers4.count + shards.peers6.count > 0) parts.push(encodeRecord(memory, shards, record, now));
      }
    } finally {
      shards.leave();
    }
    yield concat(parts);
  }
}

function encodeRecord(memory: TableMemory, shards: SwarmShards, record: number, now: Tick): Uint8Array {
  const { peers4, peers6 } = shards;
  const bytes = new Uint8Array(HEAD + peers4.count * peerLength(4) + peers6.count * peerLength(6));
  const name = memory.words.slice(record + Field.infoHash, record + Field.infoHash + 5);
  if (shards.hasFlag(record, Flag.member)) {
    setHiddenKey(name, name, memory.words, Control.memberSecret);
    bytes[0] = Kind.account;
  }
  bytes.set(new Uint8Array(name.buffer), 1);
  writeU32(bytes, 21, peers4.count);
  writeU32(bytes, 25, peers6.count);
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

/** Where a snapshot goes, and when. */
export interface Restoring {
  /** Silence after which it forgets peers is that after which sessions do not come back. */
  readonly table: SwarmTable;
  /** Of the same memory. It knows the accounts that there are by now. */
  readonly accounts: AccountTable;
  readonly now: Tick;
  /** Ticks since the snapshot. */
  readonly away: Tick;
  /** Silence after which a peer does not come back, ticks: who left meanwhile could not say so. */
  readonly most: Tick;
}

/**
 * Takes the swarms and sessions of a section in, as far as they were not silent for too long. Returns the number of peers
 * and sessions; a section that breaks off ends there.
 */
export function restoreSection(restoring: Restoring, section: Uint8Array): number {
  const call = new AnnounceCall();
  let restored = 0;
  for (let at = 0; at + HEAD <= section.length; ) {
    const kind = section[at] as number;
    call.infoHashBytes.set(section.subarray(at + 1, at + 21));
    const counts = [readU32(section, at + 21), readU32(section, at + 25)] as const;
    at += HEAD;
    for (const family of [4, 6] as const) {
      const end = at + counts[family === 4 ? 0 : 1] * peerLength(family);
      for (; at < end && at + peerLength(family) <= section.length; at += peerLength(family)) {
        if (!readPeer(call, family, section, at, restoring.now - restoring.away)) continue;
        if (restore(restoring, kind, call)) restored++;
      }
      if (at < end) return restored;
    }
  }
  return restored;
}

function restore({ table, accounts, now, most }: Restoring, kind: number, call: AnnounceCall): boolean {
  const silence = now - call.now;
  if (kind === Kind.account) return silence <= table.options.lifetime && accounts.restore(call);
  if (kind !== Kind.swarm || silence > most) return false;
  table.announce(call);
  return true;
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
