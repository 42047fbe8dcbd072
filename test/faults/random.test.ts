import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { resolveConfig } from '../../core/config/resolve.js'
import type { Logger } from '../../core/contract/services.js'
import { type RunningGateway, startGateway } from '../../core/server/start.js'
import { FrameDecoder } from '../../core/stream/sse-decoder.js'
import { StreamEvent } from '../../core/stream/sse-event.js'
import { presets } from '../../presets/index.js'
import { type SeenRequest, startUpstream, type Upstream } from '../support/bad-upstream.js'
import { ask, type Seen, send } from '../support/client.js'
import { answerTo, hash, randomOf, scheduled } from './schedule.js'

const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))
const CLIENTS = Number(process.env.FAULT_CLIENTS ?? 200)
const SECONDS = Number(process.env.FAULT_SECONDS ?? 20)
/** Far beyond the gateway's own limits here: who waits so long has been forgotten. */
const HUNG = 20_000

const MB = 1024 * 1024
const LEAK = 20 * MB
const TOKEN = /T\d+-\d+-\w+/g

interface Tally {
  whole: number
  failed: number
  gone: number
  readonly wrong: string[]
  readonly faults: Set<string>
  readonly errors: unknown[]
}

/** The gateway's errors are counted, its other lines are thrown away. */
function logger(errors: unknown[]): Logger {
  const nothing = () => {}
  const self: Logger = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (...line: unknown[]) => errors.push(line),
    child: () => self,
  }
  return self
}

async function startBoth(tally: Tally): Promise<{ up: Upstream; running: RunningGateway }> {
  const attempts = new Map<string, number>()
  const up = await startUpstream((request) => {
    forget(up)
    const { token, stream } = asked(request)
    const attempt = (attempts.get(token) ?? 0) + 1
    attempts.set(token, attempt)
    const { name, script } = scheduled(SEED, { token, stream, attempt })
    tally.faults.add(name)
    return script
  })
  const accounts = ['anthropic', 'zai'].flatMap((upstream) =>
    Array.from({ length: 8 }, (_v, i) => ({
      id: `${upstream}-${i}`,
      upstream,
      apiKey: `sk-upstream-${upstream}-${i}`,
      baseURL: up.url,
    })),
  )
  const plugins = {
    'stream-guard': {
      firstEventTimeout: 1_000,
      idleTimeout: 1_000,
      headersAfter: 600,
      heartbeat: 300,
      answerTimeout: 1_000,
    },
    warmup: false,
  }
  const config = { preset: 'claude-code', accounts, plugins, server: { port: 0 } } as const
  const running = await startGateway({
    config: resolveConfig(config, { env: {}, presets }),
    logger: logger(tally.errors),
  })
  return { up, running }
}

/** The upstream keeps every request that it saw, for tests with fewer of them. */
function forget({ requests }: Upstream): void {
  if (requests.length > 500) (requests as SeenRequest[]).length = 0
}

function asked(request: SeenRequest): { token: string; stream: boolean } {
  const { messages, stream } = request.json<{ messages: { content: string }[]; stream?: boolean }>()
  return { token: JSON.stringify(messages[0]!.content).match(TOKEN)![0], stream: stream === true }
}

/** One client: request after request, until the time is over. */
async function client(id: number, round: string, until: number, url: string, tally: Tally): Promise<void> {
  const random = randomOf(hash(`${SEED} client ${id} ${round}`))
  const agent = new Agent({ keepAlive: id % 2 === 0 })
  for (let n = 0; performance.now() < until; n++) {
    const token = `T${id}-${n}-${round}`
    const stream = random() < 0.7
    const gone = new AbortController()
    const leaves = random() < 0.05
    const timer = leaves ? setTimeout(() => gone.abort(), random() * 300) : undefined
    const body = ask({ messages: [{ role: 'user', content: token }], ...(stream && { stream }) })
    const seen = await send(url, { body, agent, timeout: HUNG, signal: gone.signal }).catch((error) => error)
    clearTimeout(timer)
    if (gone.signal.aborted) tally.gone++
    else judge(token, stream, seen, tally)
  }
  agent.destroy()
}

/** A whole correct answer or a clear failure; anything else is wrong. */
function judge(token: string, stream: boolean, seen: Seen | Error, tally: Tally): void {
  const why = 'status' in seen ? wrongIn(token, stream, seen, tally) : `no answer: ${seen.message}`
  if (why) tally.wrong.push(`${token} (${stream ? 'stream' : 'JSON'}): ${why}`)
}

/** What is wrong with an answer; undefined, and one more in the tally, when nothing is. */
function wrongIn(token: string, stream: boolean, seen: Seen, tally: Tally): string | undefined {
  const other = seen
    .text()
    .match(TOKEN)
    ?.find((found) => found !== token)
  if (other) return `got bytes of ${other}`
  if (seen.end === 'timeout') return `hung with ${seen.status} and ${seen.body.length} bytes`
  if (seen.status === 200) return stream ? judgeStream(token, seen, tally) : judgeJson(token, seen, tally)
  const why = clearError(seen)
  if (!why) tally.failed++
  return why
}

function clearError(seen: Seen): string | undefined {
  if (seen.end !== 'clean') return `${seen.status} and ${seen.end}`
  const body = seen.json<{ type?: string; error?: { type?: string; message?: string } }>()
  return body.type === 'error' && body.error?.type && body.error.message
    ? undefined
    : `${seen.status} without a clear error: ${seen.text().slice(0, 200)}`
}

function judgeJson(token: string, seen: Seen, tally: Tally): string | undefined {
  if (seen.end !== 'clean') return `200 and ${seen.end}`
  const { content } = seen.json<{ content: { text: string }[] }>()
  if (content[0]?.text !== answerTo(token)) return `200 with another text: ${seen.text().slice(0, 200)}`
  tally.whole++
  return undefined
}

function judgeStream(token: string, seen: Seen, tally: Tally): string | undefined {
  let text = ''
  const types: string[] = []
  new FrameDecoder().push(seen.body, (frame) => {
    const event = StreamEvent.parse(frame)
    if (!event.hasData) return
    types.push(event.type)
    const { delta } = event.data as { delta?: { text?: string } }
    text += delta?.text ?? ''
  })
  const expected = answerTo(token)
  if (!expected.startsWith(text)) return `text that was never sent: ${text.slice(0, 200)}`
  if (types.includes('message_stop')) {
    if (text !== expected) return 'message_stop, and the text is not whole'
    if (seen.end !== 'clean' || types.at(-1) !== 'message_stop')
      return `whole, and then ${types.at(-1)}, ${seen.end}`
    tally.whole++
    return undefined
  }
  tally.failed++ // broken, told by an event, or ended without message_stop: a client can tell each from a whole answer
  return undefined
}

async function storm(round: string, seconds: number, tally: Tally): Promise<Memory> {
  const { up, running } = await startBoth(tally)
  const { accounts: pool } = running.gateway.running
  // Or every account would rest after some seconds, and all that is left to see is "all accounts rest".
  const nurse = setInterval(() => {
    for (const { id } of pool.all()) pool.clear(id)
  }, 250)
  const until = performance.now() + seconds * 1000
  await Promise.all(Array.from({ length: CLIENTS }, (_v, id) => client(id, round, until, running.url, tally)))
  clearInterval(nurse)
  // Not `expect.poll`, which keeps what it looked at until the end of the test.
  const busy = () => pool.status().some(({ inFlight }) => inFlight > 0)
  for (let i = 0; i < 150 && busy(); i++) await sleep(100)
  if (busy()) tally.wrong.push('accounts still count requests as under way')
  await running.close(2_000)
  await up.close()
  return settledMemory()
}

interface Memory {
  readonly rss: number
  readonly heap: number
}

/** The least of some seconds: V8 gives pages back when it has nothing else to do. */
async function settledMemory(): Promise<Memory> {
  let least: Memory = { rss: Number.POSITIVE_INFINITY, heap: 0 }
  for (let i = 0; i < 20; i++) {
    global.gc!()
    await sleep(200)
    const { rss, heapUsed: heap } = process.memoryUsage()
    if (rss < least.rss) least = { rss, heap }
  }
  return least
}

/** What keeps the process busy, by kind. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) {
    if (/TCP|TLS|HTTP|Timeout|Immediate|FS|Zlib/i.test(name)) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

const listeners = () =>
  Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)]))

// The seed is in the name, so that a failure tells it: FAULT_SEED=… npm run test:faults random
it(`${CLIENTS} clients and an upstream that does anything (FAULT_SEED=${SEED})`, {
  timeout: (SECONDS * 3 + 90) * 1000,
}, async () => {
  const warnings: string[] = []
  const onWarning = (warning: Error) => warnings.push(warning.message)
  process.on('warning', onWarning)
  const tally: Tally = { whole: 0, failed: 0, gone: 0, wrong: [], faults: new Set(), errors: [] }

  // A short one first, so that what a process needs for ever is there when the memory is looked at.
  const before = await storm('a', SECONDS / 2, tally)
  const [resourcesBefore, listenersBefore] = [resources(), listeners()]
  let after = await storm('b', SECONDS, tally)
  let rss = after.rss - before.rss
  if (rss >= LEAK) {
    // Under load the allocator's arenas grow once more; a leak grows each time.
    const { rss: reached } = after
    after = await storm('c', SECONDS, tally)
    rss = after.rss - reached
  }
  process.off('warning', onWarning)

  const { whole, failed, gone, wrong, faults, errors } = tally
  console.info(
    `FAULT_SEED=${SEED}: ${whole} whole, ${failed} failed, ${gone} gone, ${faults.size} kinds, RSS ${Math.round(rss / MB)} MB, heap ${((after.heap - before.heap) / MB).toFixed(1)} MB`,
  )
  expect(wrong.slice(0, 10)).toEqual([])
  expect(errors.slice(0, 3)).toEqual([])
  expect(warnings).toEqual([])
  expect(whole).toBeGreaterThan(CLIENTS * 3)
  expect(failed).toBeGreaterThan(CLIENTS / 4)
  expect(faults.size).toBeGreaterThan(30)
  expect(rss).toBeLessThan(LEAK)
  expect(after.heap - before.heap).toBeLessThan(5 * MB)
  expect(resources()).toEqual(resourcesBefore)
  expect({ ...listeners(), warning: listenersBefore.warning }).toEqual(listenersBefore)
})
