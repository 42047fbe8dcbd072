import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { shortStream } from './answers.mjs'
import { claudeCodeBody, smallBody } from './payloads.mjs'
import { median } from './stats.mjs'

/**
 * What each plugin of the preset `claude-code` costs a request, alone in a chain, in one process and without sockets: for
 * most that is less than the noise of the whole bench. Forwarders are left out; they are what the presets' rates show.
 */
const ROUNDS = 7
const CALLS = 150

/** What z.ai takes: all fixes have something to do. */
const ACCEPTS = { cacheControl: false, consecutiveRoles: false, nonStreaming: false, countTokens: true }
const NAMES = [
  'auth',
  'warmup',
  'countTokens',
  'streamGuard',
  'retryRotate',
  'errors',
  'cacheControl',
  'roleMerge',
  'forceStream',
]

/** @param {string} dist agproxy's library @param {(text: string) => void} progress @returns {Promise<string>} Markdown */
export async function pluginCosts(dist, progress) {
  const load = (/** @type {string} */ file) => import(pathToFileURL(join(dist, file)).href)
  const [{ definePlugin, Reply }, { makeCall, mount }, plugins] = await Promise.all(
    ['index.js', 'testing.js', 'plugins/index.js'].map(load),
  )
  const nothing = definePlugin({
    name: 'nothing',
    phase: 'request',
    create: () => ({ handle: (/** @type {unknown} */ call, /** @type {Function} */ next) => next(call) }),
  })
  const stream = Buffer.from(shortStream().body)
  const upstream = (/** @type {{ bytes: Buffer, stream: boolean }} */ call) => {
    void call.bytes // as a forwarder would
    if (!call.stream) return Reply.json({ type: 'message', content: [] })
    return Reply.stream(once(stream), { headers: { 'content-type': 'text/event-stream' } })
  }
  const options = { accepts: ACCEPTS, upstream, accounts: [{ id: 'one', upstream: 'test', apiKey: 'key' }] }
  const upstreams = [{ name: 'test', accepts: ACCEPTS, needsKey: true }]

  /** Median µs of a call through a plugin. @param {object} entry @param {Buffer} bytes */
  const timed = async (entry, bytes) => {
    const mounted = await mount(entry, { ...options, upstreams })
    const times = []
    for (let i = 0; i < CALLS; i++) {
      const call = makeCall({}, { bytes, headers: { host: '127.0.0.1', 'x-claude-code-session-id': 'one' } })
      void call.model // the index is made for every request, whoever looks
      const start = performance.now()
      await (await mounted.send(call)).bytes()
      times.push((performance.now() - start) * 1e3)
      mounted.calls.length = 0
    }
    await mounted.dispose()
    return median(times)
  }

  const rows = []
  for (const name of NAMES) {
    progress(`plugin ${name}`)
    const cells = []
    for (const bytes of [smallBody(false), claudeCodeBody(300_000)]) {
      const added = []
      // Both in turn, so that whatever else the machine does hits both.
      for (let round = 0; round < ROUNDS; round++)
        added.push((await timed(plugins[name], bytes)) - (await timed(nothing, bytes)))
      cells.push(
        `${median(added).toFixed(0)} (${Math.min(...added).toFixed(0)}–${Math.max(...added).toFixed(0)})`,
      )
    }
    rows.push(`| ${plugins[name].definition.name} | ${cells.join(' | ')} |`)
  }
  return ['| plugin | 1 kB, JSON, µs | 300 kB, stream, µs |', '|---|---|---|', ...rows].join('\n')
}

/** @param {Buffer} bytes */
function once(bytes) {
  return {
    pipe(/** @type {{ data(chunk: Buffer): void, end(): void }} */ sink) {
      sink.data(bytes)
      sink.end()
    },
    pause() {},
    resume() {},
    cancel() {},
  }
}
