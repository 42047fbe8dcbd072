import { setTimeout as sleep } from 'node:timers/promises'
import { wrong } from '../bench.mjs'
import { Asker } from '../far/asker.mjs'
import { anthropic, start, zai } from '../subjects/agproxy.mjs'
import { claudeCodeTurn, smallJson } from './exchanges.mjs'

/** @typedef {import('./types.mjs').Scenario} Scenario @typedef {import('./types.mjs').Bench} Bench @typedef {import('./types.mjs').Subject} Subject @typedef {import('./types.mjs').Cell} Cell */

/** Milliseconds each way: another continent. */
const DELAY = 75
/**
 * Upstreams close an idle connection after a minute or so, and people pause for minutes; here that is a tenth. BENCH_PAUSES=real takes
 * the minute and two.
 */
const REAL = process.env.BENCH_PAUSES === 'real'
const IDLE = REAL ? 60_000 : 6_000
const [SHORT, LONG] = REAL ? [70_000, 120_000] : [9_000, 22_000]

/** @param {string} name @param {string} title @param {(origin: string) => object} config @returns {Subject} */
const cold = (name, title, config) => ({
  name,
  title: `${title}, keepWarm: false`,
  node: true,
  rewrites: 'any',
  command: start((origin) => ({ ...config(origin), transport: { keepWarm: false } })),
})

const more = [
  cold('cold', 'agproxy claude-code, z.ai', zai),
  cold('cold-anthropic', 'agproxy claude-code, Anthropic', anthropic('claude-code')),
]
const TAKING = ['direct', 'undici', 'claude-code', 'claude-code-anthropic', ...more.map(({ name }) => name)]
const takes = (/** @type {Subject} */ { name }) => TAKING.includes(name)

/**
 * A fresh process behind the relay, and its client.
 * @template T @param {Bench} bench @param {Subject} subject
 * @param {(client: Asker, way: import('../far/far.mjs').Way) => Promise<T>} run
 */
async function behindRelay(bench, subject, run) {
  const way = await bench.far.open({ delay: DELAY, idle: IDLE })
  const instance = await bench.fresh(subject, { way, asked: false })
  const origin = subject.command ? `http://127.0.0.1:${instance.port}` : way.origin
  const client = new Asker(origin, claudeCodeTurn(bench.folder, 300_000).body)
  try {
    return await run(client, way)
  } finally {
    client.close()
    await instance.stop()
  }
}

/** How long the first request of a fresh process takes, after the HEAD with which Claude Code begins. @param {Bench} bench @param {Subject} subject */
const afterHello = (bench, subject) =>
  behindRelay(bench, subject, async (client) => {
    await client.hello()
    await sleep(1_000)
    return client.ask()
  })

/** The quickest of several: what disturbs it makes the pauses look better than they are. @param {() => Promise<number>} ask */
async function warmOf(ask) {
  const times = []
  for (let i = 0; i < 8; i++) times.push(await ask())
  return Math.min(...times)
}

/** @param {Bench} bench @param {Subject} subject @returns {Promise<Cell>} */
async function pauseOf(bench, subject) {
  const answersHead = subject.command && subject.name !== 'undici'
  const hello = answersHead ? await afterHello(bench, subject) : Number.NaN
  return behindRelay(bench, subject, async (client) => {
    const fresh = await client.ask()
    const warm = await warmOf(() => client.ask())
    await sleep(SHORT)
    const short = await client.ask()
    await sleep(LONG)
    const long = await client.ask()
    return { warm, fresh: fresh - warm, hello: hello - warm, short: short - warm, long: long - warm }
  })
}

/** @param {Bench} bench @param {Subject} subject @returns {Promise<Cell>} */
const parallelOf = (bench, subject) =>
  behindRelay(bench, subject, async (client, way) => {
    const eight = async () => Math.max(...(await Promise.all(Array.from({ length: 8 }, () => client.ask()))))
    const warm = await warmOf(eight)
    const before = await way.counts()
    await sleep(SHORT)
    const paused = await way.counts()
    const slowest = await eight()
    const after = await way.counts()
    return {
      warm,
      slowest: slowest - warm,
      handshakes: after.handshakes - paused.handshakes,
      meanwhile: paused.handshakes - before.handshakes,
      resumed: after.resumed - before.resumed,
    }
  })

/**
 * All subjects take a round together, a moment apart, since they do nothing but wait.
 * @param {(bench: Bench, subject: Subject) => Promise<Cell>} measure @returns {Scenario['run']}
 */
function together(measure) {
  /** @type {Map<string, Promise<Cell>>} */
  const round = new Map()
  return async (bench, subject, { subjects }) => {
    if (!round.has(subject.name)) {
      await bench.stub.set(smallJson(bench.folder).stub) // for what asks for a stream, one
      subjects.forEach(({ name }, i) => {
        const one = subjects[i]
        round.set(
          name,
          sleep(i * 700)
            .then(() => measure(bench, one))
            .catch((error) => wrong(String(error.message))),
        )
      })
    }
    const cell = round.get(subject.name)
    round.delete(subject.name)
    return /** @type {Promise<Cell>} */ (cell)
  }
}

const added = (/** @type {string} */ key, /** @type {string} */ title) => ({ key, title, digits: 0 })
const seconds = (/** @type {number} */ ms) => `${ms / 1_000} s`

/** @type {Scenario} */
const pause = {
  name: 'pause',
  title: `The first event over a way of ${DELAY} ms each way, to an upstream that closes idle connections after ${seconds(IDLE)}`,
  columns: [
    added('warm', 'warm connection, ms'),
    added('short', `after ${seconds(SHORT)}, ms more`),
    added('long', `after ${seconds(LONG)}, ms more`),
    added('fresh', 'first of a fresh process, ms more'),
    added('hello', '… a second after HEAD /, ms more'),
  ],
  more,
  takes,
  run: together(pauseOf),
}

/** @type {Scenario} */
const parallel = {
  name: 'parallel-after-pause',
  title: `Eight requests at once after a pause of ${seconds(SHORT)}, over the same way`,
  columns: [
    added('warm', 'slowest of eight, warm, ms'),
    added('slowest', 'after the pause, ms more'),
    added('handshakes', 'handshakes in their way'),
    added('meanwhile', 'handshakes in the pause'),
    added('resumed', 'of all resumed'),
  ],
  more,
  takes,
  run: together(parallelOf),
}

export const pauses = [pause, parallel]
