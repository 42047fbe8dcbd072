import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, onTestFinished } from 'vitest'
import { definePlugin } from '../../core/index.js'
import { messageEvents } from '../support/messages.js'
import { head, type Script, stall, write } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { direct, type Stand, type StandOptions, stand, zaiPair } from '../support/stand.js'

const MB = 1024 * 1024
const STREAMS = 20
/** What the trace may keep of open requests, and chunks that are on their way. */
const KEPT = 8 * MB + 3 * MB

const text = { type: 'text', text: 'word '.repeat(20_000), cache_control: { type: 'ephemeral' } }
const body = Buffer.from(
  JSON.stringify({
    model: 'claude-opus-5-5',
    max_tokens: 100,
    stream: true,
    system: [{ type: 'text', text: 'x-anthropic-billing-header: cc_version=1;' }, text],
    // Two neighbours of one role, so that most fixes have something to do.
    messages: Array.from({ length: 10 }, () => ({ role: 'user', content: [text] })),
  }),
)

/** The upstream begins its answer and does not end it; it keeps no body of its own. */
const open = (options: StandOptions = {}): Promise<Stand> => {
  const begun = Buffer.concat(frames(messageEvents({ text: 'hello' })).slice(0, 3))
  const script: Script = [head(200, { 'content-type': 'text/event-stream' }), write(begun), stall()]
  return stand((seen) => {
    seen.body = Buffer.alloc(0)
    return script
  }, options)
}

/** Resolves with the first piece of an answer. */
function begin(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const req = request(`${url}/v1/messages`, { method: 'POST', headers, agent }, (res: IncomingMessage) =>
      res.once('data', (chunk) => resolve(String(chunk))),
    )
    req.on('error', reject)
    req.end(body)
  })
}

function streams(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  onTestFinished(() => agent.destroy())
  return agent
}

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Bytes outside of the heap that nothing but what is in use holds. */
async function inUse(): Promise<number> {
  gc()
  await sleep(50) // buffers are freed by another thread
  gc()
  await sleep(50)
  return process.memoryUsage().arrayBuffers
}

it.each([
  ['an upstream that takes them as they are', direct],
  ['an upstream for which they are rewritten', zaiPair],
])('bodies go when their answers have begun: %s', async (_, config) => {
  const { url, up } = await open({ config })
  const agent = streams()
  await begin(url, agent)
  const before = await inUse()
  for (let i = 0; i < STREAMS; i++) expect(await begin(url, agent)).toContain('message_start')
  expect(await inUse()).toBeLessThan(before + KEPT)
  expect(up.openSockets).toBe(STREAMS + 1)
})

it('a plugin that keeps a call can read its body to the end of the answer', async () => {
  const seen: string[] = []
  const reader = definePlugin({
    name: 'reader',
    phase: 'attempt',
    create: () => ({
      onRequest: (call) => call.set({ max_tokens: 7 }),
      onEvent(event, call) {
        gc()
        const { max_tokens: sent } = JSON.parse(call.bytes.toString('utf8'))
        seen.push(`${event.type}: ${call.body.max_tokens}, ${sent}, ${call.body.messages.length} messages`)
      },
    }),
  })
  const { url } = await open({ config: (to) => ({ ...direct(to), use: [reader()] }) })
  await begin(url, streams())
  expect(seen.slice(0, 2)).toEqual(['message_start: 7, 7, 10 messages', 'ping: 7, 7, 10 messages'])
})
