/**
 * What must happen at once, in Lua. Keys: `<prefix>fact:<kind>:<key>` holds a value, `<prefix>index:<kind>` its keys by the
 * time of their end (Redis's own clock, since gateways' clocks differ), `<prefix>places:<key>` the holders of places by the
 * time of theirs. Everything expires. Each change is published on the channel `<prefix>news`, in the order in which it
 * changed, to all gateways and the one that did it, so that all end up with the same.
 */

/** Longer than anything is kept. */
const INDEX_TTL = 40 * 24 * 3_600_000

const NOW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`

const SET = `
local function set(fact, index, channel, kind, key, value, ttl)
  redis.call('SET', fact, value, 'PX', ttl)
  redis.call('ZADD', index, now + ttl, key)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
  redis.call('PEXPIRE', index, ${INDEX_TTL})
  redis.call('PUBLISH', channel, cjson.encode({ 'set', kind, key, value, tonumber(ttl) }))
end
`

/** KEYS: fact, index. ARGV: channel, kind, key, value, ttl. */
const set = `${NOW}${SET}
set(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
`

/** The same, unless what is there lasts longer. */
const merge = `${NOW}${SET}
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[5]) then
  set(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
end
`

/** KEYS: fact, index. ARGV: channel, kind, key. */
const remove = `
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[1], cjson.encode({ 'delete', ARGV[2], ARGV[3] }))
`

/** KEYS: fact, index. ARGV: channel, kind, key, by, ttl. */
const add = `${NOW}${SET}
local sum = tonumber(redis.call('GET', KEYS[1]) or '0') + tonumber(ARGV[4])
set(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], tostring(sum), ARGV[5])
`

/** KEYS: fact, index. ARGV: channel, kind, key, value, ttl, and what is expected, if anything. Returns the value in force and its time to live. */
const compare = `${NOW}${SET}
local stands = redis.call('GET', KEYS[1])
if stands == (ARGV[6] or false) then
  set(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
  return { ARGV[4], tonumber(ARGV[5]) }
end
return { stands, redis.call('PTTL', KEYS[1]) }
`

const PLACES = `${NOW}
local function tell(places, channel, key, before)
  local taken = redis.call('ZCARD', places)
  if taken ~= before then redis.call('PUBLISH', channel, cjson.encode({ 'places', key, taken })) end
  return taken
end
`

/** KEYS: places. ARGV: channel, key, holder, limit, ttl. Returns whether it was granted, and the places taken. */
const lease = `${PLACES}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local taken = redis.call('ZCARD', KEYS[1])
if taken >= tonumber(ARGV[4]) then return { 0, taken } end
redis.call('ZADD', KEYS[1], now + ARGV[5], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return { 1, tell(KEYS[1], ARGV[1], ARGV[2], taken) }
`

/** KEYS: places. ARGV: channel, key, holder. */
const release = `${PLACES}
local taken = redis.call('ZCARD', KEYS[1])
redis.call('ZREM', KEYS[1], ARGV[3])
tell(KEYS[1], ARGV[1], ARGV[2], taken)
`

/** Holds on to places, and clears those of gateways that died. KEYS: places. ARGV: channel, key, ttl, holders. Returns the places taken. */
const renew = `${PLACES}
local taken = redis.call('ZCARD', KEYS[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for i = 4, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return tell(KEYS[1], ARGV[1], ARGV[2], taken)
`

/** The last facts of a kind to expire. KEYS: index. ARGV: prefix of the facts, how many. Returns key, value, ttl in turn. */
const snapshot = `${NOW}
local found = {}
for _, key in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', '(' .. now, 'LIMIT', 0, ARGV[2])) do
  local value = redis.call('GET', ARGV[1] .. key)
  if value then
    found[#found + 1] = key
    found[#found + 1] = value
    found[#found + 1] = redis.call('PTTL', ARGV[1] .. key)
  end
end
return found
`

/** The name of the data, which is lost with it. KEYS: its place. ARGV: a new name. */
const epoch = `
redis.call('SET', KEYS[1], ARGV[1], 'NX')
redis.call('PEXPIRE', KEYS[1], ${INDEX_TTL})
return redis.call('GET', KEYS[1])
`

/** The kinds that any gateway has used, for one that joins. KEYS: their place. ARGV: those to add. Returns all. */
const kinds = `
if #ARGV > 0 then redis.call('SADD', KEYS[1], unpack(ARGV)) end
redis.call('PEXPIRE', KEYS[1], ${INDEX_TTL})
return redis.call('SMEMBERS', KEYS[1])
`

export const SCRIPTS = {
  stateSet: { lua: set, numberOfKeys: 2 },
  stateMerge: { lua: merge, numberOfKeys: 2 },
  stateRemove: { lua: remove, numberOfKeys: 2 },
  stateAdd: { lua: add, numberOfKeys: 2 },
  stateCompare: { lua: compare, numberOfKeys: 2 },
  stateLease: { lua: lease, numberOfKeys: 1 },
  stateRelease: { lua: release, numberOfKeys: 1 },
  stateRenew: { lua: renew, numberOfKeys: 1 },
  stateSnapshot: { lua: snapshot, numberOfKeys: 1 },
  stateEpoch: { lua: epoch, numberOfKeys: 1 },
  stateKinds: { lua: kinds, numberOfKeys: 1 },
} as const

export type ScriptName = keyof typeof SCRIPTS
