/** Lists some peers of a swarm in Redis for its operator: a script of its own, which reads no more than is asked for. */
import type { SwarmTable } from '../../../tracker/index.ts';
import { type Script, scriptOf } from './script-link.ts';
import { STAMP } from './swarm-script.ts';

type PeerEntry = ReturnType<SwarmTable['peersOf']>[number];

/** Most peers that are listed: the server does nothing else meanwhile, for about a millisecond. */
export const MOST_LISTED = 1000;

/** Of the answer, for each peer: index of its set, address and port, peer id, seconds of silence (32 bits). */
const ENTRY = 43;
const EntryField = { set: 0, address: 1, peerId: 19, silence: 39 } as const;
/** Of the sets, in the order of the script. */
const ROLES: readonly PeerEntry['role'][] = ['downloading', 'seeding', 'paused'];

/**
 * KEYS: of the swarm. ARGV: most peers, and the time in seconds or nothing for that of the server. The layout of the
 * keys is in swarm-script.ts.
 */
export const listingScript: Script = scriptOf(`
local call, pack, concat = redis.call, struct.pack, table.concat
local key, room, clock = KEYS[1], tonumber(ARGV[1]), ARGV[2]
if clock == '' then clock = call('TIME')[1] end
local now = tonumber(clock)
local present = string.format('%.0f', now * ${STAMP})
local SETS = {'d4', 's4', 'p4', 'd6', 's6', 'p6'}
local NO_ID = string.rep('\\0', 20)
local entries = {}
for i = 1, 6 do
  if room == 0 then break end
  local found = call('ZREVRANGEBYSCORE', key .. SETS[i], '+inf', present, 'WITHSCORES', 'LIMIT', 0, room)
  local addresses = {}
  for n = 1, #found, 2 do addresses[#addresses + 1] = found[n] end
  local ids = #addresses > 0 and call('HMGET', key .. 'i', unpack(addresses)) or {}
  for n, address in ipairs(addresses) do
    local padding = string.rep('\\0', 18 - #address)
    local score = tonumber(found[2 * n])
    local lifetime = score % ${STAMP}
    local silence = math.max(0, now - ((score - lifetime) / ${STAMP} - lifetime))
    entries[#entries + 1] = string.char(i - 1) .. address .. padding .. (ids[n] or NO_ID) .. pack('>I4', silence)
  end
  room = room - #addresses
end
return concat(entries)
`);

/** The peers in an answer of the script. */
export function peersIn(answer: Uint8Array): PeerEntry[] {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  const found: PeerEntry[] = [];
  for (let at = 0; at + ENTRY <= answer.length; at += ENTRY) {
    const set = answer[at + EntryField.set] as number;
    const address = at + EntryField.address;
    const length = set < ROLES.length ? 4 : 16;
    found.push({
      host: Uint8Array.from(answer.subarray(address, address + length)),
      port: view.getUint16(address + length),
      peerId: Uint8Array.from(answer.subarray(at + EntryField.peerId, at + EntryField.silence)),
      role: ROLES[set % ROLES.length] as PeerEntry['role'],
      silence: view.getUint32(at + EntryField.silence),
    });
  }
  return found;
}
