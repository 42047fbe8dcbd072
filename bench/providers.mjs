import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { median } from './stats.mjs'

/**
 * What an event of a stream costs through `aiSdk`, more than the provider's package itself takes: CPU in one process, from
 * a `fetch` that has the bytes, 20 events a chunk, to the bytes of the answer.
 */
const ROUNDS = 7
const EVENTS = 5_000
const CHUNK = 20

const sse = (/** @type {object} */ data) => `data: ${JSON.stringify(data)}\n\n`
const chat = (/** @type {object} */ choice) =>
  sse({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })
const gemini = (/** @type {object} */ candidate) => sse({ candidates: [candidate] })
const words = Array.from({ length: EVENTS }, (_, i) => `word ${i} `)

/** @type {readonly { name: string, pack: string, factory: string, settings: object, events: string[] }[]} */
const PROVIDERS = [
  {
    name: 'OpenAI-compatible',
    pack: '@ai-sdk/openai-compatible',
    factory: 'createOpenAICompatible',
    settings: { name: 'bench', baseURL: 'http://bench.invalid/v1' },
    events: [
      ...words.map((content) => chat({ delta: { content }, finish_reason: null })),
      chat({ delta: {}, finish_reason: 'stop' }),
    ],
  },
  {
    name: 'Gemini',
    pack: '@ai-sdk/google',
    factory: 'createGoogleGenerativeAI',
    settings: { apiKey: 'bench' },
    events: [
      ...words.map((text) => gemini({ content: { role: 'model', parts: [{ text }] } })),
      gemini({ content: { role: 'model', parts: [] }, finishReason: 'STOP' }),
    ],
  },
]

/** @param {string} dist agproxy's library @param {(text: string) => void} progress @returns {Promise<string>} Markdown */
export async function providerCosts(dist, progress) {
  const load = (/** @type {string} */ file) => import(pathToFileURL(join(dist, file)).href)
  const [{ makeCall, mount }, { aiSdk }] = await Promise.all(['testing.js', 'plugins/index.js'].map(load))
  const rows = []
  for (const { name, pack, factory, settings, events } of PROVIDERS) {
    progress(`provider ${name}`)
    const provider = (await import(pack))[factory]({ ...settings, fetch: async () => answer(events) })
    const up = await mount(aiSdk({ name: 'bench', provider }))
    const alone = async () => {
      const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }]
      const { stream } = await provider.languageModel('m').doStream({ prompt })
      for await (const part of stream) void part
    }
    const through = async () => {
      const reply = await up.send(makeCall({ stream: true }))
      await new Promise((end, error) => reply.source().pipe({ data() {}, end: () => end(undefined), error }))
    }
    const package_ = []
    const added = []
    // Both in turn, so that whatever else the machine does hits both; the first of each warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      const [own, all] = [await cpu(alone), await cpu(through)]
      if (round > 0) package_.push(own)
      if (round > 0) added.push(all - own)
    }
    await up.dispose()
    const spread = `${median(added).toFixed(1)} (${Math.min(...added).toFixed(1)}–${Math.max(...added).toFixed(1)})`
    rows.push(`| ${name} | ${median(package_).toFixed(1)} | ${spread} |`)
  }
  return ['| provider | its package, µs an event | the mapping, µs more |', '|---|---|---|', ...rows].join(
    '\n',
  )
}

/** Microseconds of CPU an event. @param {() => Promise<void>} run */
async function cpu(run) {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / EVENTS
}

/** @param {readonly string[]} events */
function answer(events) {
  const chunks = []
  for (let i = 0; i < events.length; i += CHUNK) chunks.push(Buffer.from(events.slice(i, i + CHUNK).join('')))
  const body = new ReadableStream({
    async start(controller) {
      for (const chunk of chunks) {
        controller.enqueue(chunk)
        await new Promise((resolve) => setImmediate(resolve))
      }
      controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}
