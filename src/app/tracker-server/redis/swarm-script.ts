/**
 * The script that Redis runs for a batch of announces and scrapes, and the layout of what goes in and comes out.
 *
 * Keys of a swarm, all in one hash slot:
 *
 *     {t2<info hash>}    counts of the six sets, times of the last sweep and until which the keys live: 32 bytes
 *     …d4 …s4 …p4        sorted sets of the IPv4 peers that download, seed, pause: 6 bytes each, score: see STAMP
 *     …d6 …s6 …p6        the same of IPv6, 18 bytes each
 *     …i                 hash: ids of the peers by address
 *
 * 1. The counts are kept in one value, so that a peer that comes back costs four commands: read the counts, note the
 *    time, draw from two sets. They are set right from the sets themselves by each sweep.
 * 2. A sweep removes silent peers; a swarm has one when it is asked for and the last was 64 seconds ago. It also
 *    renews the time to live of the keys: a swarm that nobody asks for vanishes by itself. Trackers may tell their
 *    clients different intervals. Each peer stays as long as the tracker says that it announced to, whoever sweeps, and
 *    the keys as long as the most patient tracker needs them.
 * 3. Peers are drawn as a few runs at equal distances from a random place in the order of scores. Each peer has
 *    the same chance and none comes twice. ZRANDMEMBER of many costs far more, and so do more and shorter runs.
 * 4. Time is the server's own, the same for all trackers, whatever their clocks say.
 * 5. Finished downloads and the peers of an address are counted by who asks (redis-swarms.ts), because that needs more
 *    than one swarm, or has to outlive them. The script says what there is to count: see `AnswerMark`.
 * 6. What goes wrong with an entry (a key of another kind, a server that takes no writes) is the answer to that entry
 *    alone.
 */
import { type Script, scriptOf } from './script-link.ts';

/**
 * Names of keys begin with it. The number is raised when anything changes of what is kept: then trackers of two versions
 * have swarms apart, and neither misreads those of the other.
 */
export const KEY_START = '{t2';
/** And so they go on, after the info hash. */
export const KEY_END = '}';

/**
 * The score of a peer is the time until which it stays, in seconds, times STAMP, plus how long that was after its last
 * announce: a whole number that a double has exactly.
 */
export const STAMP: number = 2 ** 18;

/** Length of an entry of a batch: operation, flags, peers wanted, address, peer id. */
export const ENTRY = 41;
export const EntryField = { operation: 0, flags: 1, want: 2, address: 3, peerId: 21 } as const;

/** The first three are roles. A probe shows that the server takes writes, and leaves nothing behind. */
export const Operation = { downloading: 1, seeding: 2, paused: 3, stopped: 4, scrape: 5, probe: 6 } as const;

export const EntryFlag = {
  ipv6: 1,
  /** The peer begins anew: its id is stored again. */
  started: 2,
  /** It has finished its download. */
  completed: 4,
  bothFamilies: 8,
  peerIds: 16,
  /** It is noted only when the swarm has it already: its address has as many peers as it may. */
  knownOnly: 32,
} as const;

/** Of an answer: complete, incomplete, downloaders (32 bits each), number of IPv4 and of IPv6 peers, `AnswerMark`s. */
export const ANSWER_HEAD = 15;
export const AnswerField = { complete: 0, incomplete: 4, downloaders: 8, count4: 12, count6: 13, marks: 14 } as const;

export const AnswerMark = {
  /** The peer has finished its download just now. */
  finished: 1,
  /** The swarm did not have it before. */
  arrived: 2,
  /** The swarm had it, and has let it go. */
  left: 4,
  /** The swarm did not have it, and only known peers were wanted. */
  refused: 8,
  /** Something went wrong; where the answer has `complete`, it has the length of the reason, which follows. */
  failed: 16,
} as const;

/** Peers of a run when an answer is drawn. */
const RUN = 25;
/** Seconds between two sweeps of a swarm. */
const SWEEP_SECONDS = 64;
/** Bytes of what went wrong. */
const LONGEST_REASON = 200;
/** Silent peers that one sweep removes from a set at the most: the server does nothing else meanwhile. */
const MOST_SWEPT = 200;

/**
 * KEYS: of the swarm of each entry. ARGV: the entries, seconds of silence after which their peers are gone, seed of the
 * choice, and the time in seconds or nothing for that of the server. Answers with one string.
 */
export const swarmScript: Script = scriptOf(`
local call, byte, sub, concat = redis.call, string.byte, string.sub, table.concat
local pack, unpackBytes, floor, random = struct.pack, struct.unpack, math.floor, math.random
local entries, lifetime = ARGV[1], tonumber(ARGV[2])
math.randomseed(tonumber(ARGV[3]))
local clock = ARGV[4]
if clock == '' then clock = call('TIME')[1] end
local now = tonumber(clock)
local live = lifetime + ${3 * SWEEP_SECONDS}
local score = string.format('%.0f', (now + lifetime) * ${STAMP} + lifetime)
local beforeNow = string.format('(%.0f', now * ${STAMP})
local SETS = {'d4', 's4', 'p4', 'd6', 's6', 'p6'}
local NO_ID = string.rep('\\0', 20)
local swarms = {}

local function has(flags, flag) return flags % (2 * flag) >= flag end

local function sweep(swarm)
  local isSwept = true
  local ids = swarm.key .. 'i'
  swarm.kept = math.max(swarm.kept, now + live)
  for i = 1, 6 do
    local key = swarm.key .. SETS[i]
    local count = call('ZCARD', key)
    if count > 0 then
      local gone = call('ZRANGEBYSCORE', key, '-inf', beforeNow, 'LIMIT', 0, ${MOST_SWEPT})
      if #gone > 0 then
        call('ZREM', key, unpack(gone))
        call('HDEL', ids, unpack(gone))
        count = count - #gone
        if #gone == ${MOST_SWEPT} then isSwept = false end
      end
      if count > 0 then call('EXPIRE', key, swarm.kept - now) end
    end
    swarm[i] = count
  end
  call('EXPIRE', ids, swarm.kept - now)
  if isSwept then swarm.swept = now end
  swarm.isChanged = true
end

local function open(key)
  local swarm = swarms[key]
  if swarm then return swarm end
  swarm = {0, 0, 0, 0, 0, 0, key = key, swept = now, kept = now + live, isChanged = false}
  local stored = call('GET', key)
  if stored then
    swarm[1], swarm[2], swarm[3], swarm[4], swarm[5], swarm[6], swarm.swept, swarm.kept =
      unpackBytes('>I4I4I4I4I4I4I4I4', stored)
    if now - swarm.swept >= ${SWEEP_SECONDS} or now + lifetime > swarm.kept then sweep(swarm) end
  elseif call('EXISTS', key .. 'd4', key .. 's4', key .. 'p4', key .. 'd6', key .. 's6', key .. 'p6') > 0 then
    for i = 1, 6 do
      local last = call('ZRANGE', key .. SETS[i], -1, -1, 'WITHSCORES')[2]
      if last then swarm.kept = math.max(swarm.kept, floor(tonumber(last) / ${STAMP}) + ${3 * SWEEP_SECONDS}) end
    end
    sweep(swarm)
  end
  swarms[key] = swarm
  return swarm
end

local function save(swarm)
  if swarm[1] + swarm[2] + swarm[3] + swarm[4] + swarm[5] + swarm[6] == 0 then
    call('DEL', swarm.key)
  else
    call('SET', swarm.key, pack('>I4I4I4I4I4I4I4I4', swarm[1], swarm[2], swarm[3], swarm[4], swarm[5], swarm[6],
      swarm.swept, swarm.kept), 'EX', swarm.kept - now)
  end
end

-- Answers with marks.
local function leave(swarm, base, address)
  for i = base + 1, base + 3 do
    if swarm[i] > 0 and call('ZREM', swarm.key .. SETS[i], address) == 1 then
      swarm[i] = swarm[i] - 1
      swarm.isChanged = true
      call('HDEL', swarm.key .. 'i', address)
      return ${AnswerMark.left}
    end
  end
  return 0
end

local function isThere(swarm, base, address)
  for i = base + 1, base + 3 do
    if swarm[i] > 0 and call('ZSCORE', swarm.key .. SETS[i], address) then return true end
  end
  return false
end

-- Answers with marks.
local function arrive(swarm, base, role, address, flags, from)
  if has(flags, ${EntryFlag.knownOnly}) and not isThere(swarm, base, address) then return ${AnswerMark.refused} end
  local key = swarm.key
  local own = base + role
  local isNew = false
  local marks = 0
  if call('ZADD', key .. SETS[own], score, address) == 1 then
    isNew = true
    if swarm[own] == 0 then call('EXPIRE', key .. SETS[own], swarm.kept - now) end
    local isFirst = swarm[1] + swarm[2] + swarm[3] + swarm[4] + swarm[5] + swarm[6] == 0
    for i = base + 1, base + 3 do
      if i ~= own and swarm[i] > 0 and call('ZREM', key .. SETS[i], address) == 1 then
        swarm[i] = swarm[i] - 1
        isNew = false
        break
      end
    end
    swarm[own] = swarm[own] + 1
    swarm.isChanged = true
    if has(flags, ${EntryFlag.completed}) then marks = ${AnswerMark.finished} end
    if isNew then
      marks = marks + ${AnswerMark.arrived}
      call('HSET', key .. 'i', address, sub(entries, from + 18, from + 37))
      if isFirst then call('EXPIRE', key .. 'i', swarm.kept - now) end
    end
  end
  if not isNew and has(flags, ${EntryFlag.started}) then
    call('HSET', key .. 'i', address, sub(entries, from + 18, from + 37))
  end
  return marks
end

local function take(found, members, self)
  local at = #found
  for i = 1, #members do
    local member = members[i]
    if member ~= self then
      at = at + 1
      found[at] = member
    end
  end
end

-- Appends want of the members of a set with count members, never self (false: it is not among them).
local function draw(found, key, count, want, self)
  if want <= 0 then return end
  local last = #found + want
  if self then
    count = count + 1
    want = want + 1
  end
  if want >= count then
    take(found, call('ZRANGE', key, 0, -1), self)
  else
    local runs = math.ceil(want / ${RUN})
    local length = math.ceil(want / runs)
    local step = floor(count / runs)
    if step < length then runs, length = 1, want end
    local from = random(count) - 1
    for _ = 1, runs do
      local to = from + length - 1
      take(found, call('ZRANGE', key, from, to), self)
      if to >= count then take(found, call('ZRANGE', key, 0, to - count), self) end
      from = from + step
      if from >= count then from = from - count end
    end
  end
  for i = #found, last + 1, -1 do found[i] = nil end
end

-- A share of want for some of total, right on average.
local function share(want, some, total)
  local exact = want * some / total
  local whole = floor(exact)
  if random() < exact - whole then whole = whole + 1 end
  return math.max(want - (total - some), math.min(whole, some))
end

-- Peers of one family for a role. self: who is not among them, in the role selfRole; false: nobody.
local function choose(swarm, base, role, want, self, selfRole)
  local found = {}
  local key = swarm.key
  local downloading, seeding, paused = swarm[base + 1], swarm[base + 2], swarm[base + 3]
  if selfRole == 1 then downloading = downloading - 1 else self = false end
  if role ~= 1 then
    draw(found, key .. SETS[base + 1], downloading, math.min(want, downloading), self)
    return found
  end
  local total = downloading + seeding + paused
  if want > total then want = total end
  if want <= 0 then return found end
  local first = share(want, downloading, total)
  local others = want - first
  local second = others
  if paused > 0 then second = share(others, seeding, seeding + paused) end
  draw(found, key .. SETS[base + 1], downloading, first, self)
  draw(found, key .. SETS[base + 2], seeding, second, false)
  draw(found, key .. SETS[base + 3], paused, others - second, false)
  return found
end

local function idsOf(swarm, found)
  if #found == 0 then return '' end
  local ids = call('HMGET', swarm.key .. 'i', unpack(found))
  for i = 1, #found do ids[i] = ids[i] or NO_ID end
  return concat(ids)
end

local function answer(n)
  local at = (n - 1) * ${ENTRY}
  local operation, flags, want = byte(entries, at + 1, at + 3)
  if operation == ${Operation.probe} then
    call('SET', KEYS[n], '')
    call('DEL', KEYS[n])
    return string.rep('\\0', ${ANSWER_HEAD})
  end
  local swarm = open(KEYS[n])
  local own, other, ids, marks = {}, {}, '', 0
  local isV6 = has(flags, ${EntryFlag.ipv6})
  if operation <= 4 then
    local base = isV6 and 3 or 0
    local address = sub(entries, at + 4, at + (isV6 and 21 or 9))
    if operation == 4 then
      marks = leave(swarm, base, address)
    else
      marks = arrive(swarm, base, operation, address, flags, at + 4)
      local isIn = marks ~= ${AnswerMark.refused}
      if want > 0 then
        own = choose(swarm, base, operation, want, isIn and address, isIn and operation)
        if has(flags, ${EntryFlag.bothFamilies}) and #own < want then
          other = choose(swarm, 3 - base, operation, want - #own, false, false)
        end
        if has(flags, ${EntryFlag.peerIds}) then ids = idsOf(swarm, own) .. idsOf(swarm, other) end
      end
    end
  end
  local complete = swarm[2] + swarm[5]
  local downloaders = swarm[1] + swarm[4]
  local v4, v6 = own, other
  if isV6 then v4, v6 = other, own end
  return pack('>I4I4I4BBB', complete, downloaders + swarm[3] + swarm[6], downloaders, #v4, #v6, marks)
    .. concat(v4) .. concat(v6) .. ids
end

-- The answer to an entry that went wrong. What the server says is a table since Redis 7.
local function failed(reason)
  local text = sub(tostring(type(reason) == 'table' and reason.err or reason), 1, ${LONGEST_REASON})
  return pack('>I4I4I4BBB', #text, 0, 0, 0, 0, ${AnswerMark.failed}) .. text
end

local answers = {}
for n = 1, #KEYS do
  local isDone, text = pcall(answer, n)
  answers[n] = isDone and text or failed(text)
end
for _, swarm in pairs(swarms) do
  if swarm.isChanged then save(swarm) end
end
return concat(answers)
`);
