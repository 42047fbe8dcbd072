import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { claudeCodeBody } from './payloads.mjs'
import { median } from './stats.mjs'

/**
 * What the fixes cost a large body in which there is nothing to fix: that is nearly every request, and each of them looks through it.
 * In one process and without sockets, with an upstream that demands what Anthropic and the strictest others do.
 */
const ROUNDS = 9
const CALLS = 60
const SIZE = 326_000

const ACCEPTS = {
  emptyText: false,
  trailingSpace: false,
  loneSurrogates: false,
  unpairedTools: false,
  emptyResults: false,
  foreignSignatures: false,
  consecutiveRoles: false,
  systemMessages: 'not-first',
  imageURLs: false,
  documentURLs: false,
  toolReferences: false,
  unknownFields: false,
  billingLine: true,
  cacheControl: true,
  maxCacheControls: 4,
  maxTokens: 128_000,
  contextWindow: 1_000_000,
}

const FIXES = [
  'attribution',
  'thinking',
  'systemRole',
  'content',
  'toolPairs',
  'toolSchema',
  'features',
  'cacheControl',
  'limits',
  'roleMerge',
]

/** @param {string} dist agproxy's library @param {(text: string) => void} progress @returns {Promise<string>} Markdown */
export async function idleCosts(dist, progress) {
  const load = (/** @type {string} */ file) => import(pathToFileURL(join(dist, file)).href)
  const [{ definePreset, Reply }, { makeCall, testChain }, plugins] = await Promise.all(
    ['index.js', 'testing.js', 'plugins/index.js'].map(load),
  )
  const bytes = withoutWork(claudeCodeBody(SIZE))
  const use = ['one', 'two'].map((name) =>
    plugins.anthropicCompatible({ name, baseURL: 'http://127.0.0.1:9', accepts: ACCEPTS }),
  )
  const answer = () => Reply.json({ type: 'message', content: [] })

  /** Median µs of a call through these. @param {object[]} fixes */
  const timed = async (fixes) => {
    const preset = definePreset({ name: 'idle', plugins: [plugins.retryRotate, ...fixes] })
    // Two upstreams, so that a session may have begun at the other one.
    const accounts = ['one', 'two'].map((upstream) => ({ id: upstream, upstream, apiKey: 'key' }))
    const config = { preset, accounts, use }
    const chain = await testChain(config, { answer })
    const times = []
    for (let i = 0; i < CALLS; i++) {
      const call = makeCall({}, { bytes, headers: { 'x-claude-code-session-id': 'one' } })
      void call.model // the index is made for every request, whoever looks
      const start = performance.now()
      await (await chain.send(call)).bytes()
      times.push((performance.now() - start) * 1e3)
      if (chain.calls[i].bytes !== bytes)
        throw new Error(`a fix had something to do: ${JSON.stringify(call.record.notes)}`)
    }
    await chain.dispose()
    return median(times)
  }

  const rows = []
  const all = FIXES.map((name) => plugins[name])
  for (const [name, entries] of [...FIXES.map((name) => [name, [plugins[name]]]), ['all of them', all]]) {
    progress(`idle ${name}`)
    const added = []
    for (let round = 0; round < ROUNDS; round++) added.push((await timed(entries)) - (await timed([])))
    const [low, high] = [Math.min(...added), Math.max(...added)]
    rows.push(`| ${name} | ${median(added).toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)}) |`)
  }
  return ['| fix without work | 326 kB, µs |', '|---|---|', ...rows].join('\n')
}

/** @param {Buffer} bytes */
function withoutWork(bytes) {
  const body = JSON.parse(bytes.toString())
  body.messages = body.messages.filter(
    (/** @type {{ role: string }} */ message, /** @type {number} */ i) =>
      message.role !== body.messages[i - 1]?.role,
  )
  return Buffer.from(JSON.stringify(body))
}
