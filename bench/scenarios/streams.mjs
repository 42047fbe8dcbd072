import { setTimeout as sleep } from 'node:timers/promises'
import { wrong } from '../bench.mjs'
import { rssKb } from '../processes.mjs'
import { holdStreams, runLoad } from '../tools.mjs'
import { burstStream, pacedStream, smallJson, streamedTurn } from './exchanges.mjs'
import { warmth } from './requests.mjs'

/** @typedef {import('./types.mjs').Scenario} Scenario */

/** @type {Scenario} */
const burst = {
  name: 'burst-32',
  title: 'Streams of 500 events in one burst, 32 connections',
  columns: [
    {
      key: 'rate',
      title: 'streams/s',
      digits: 0,
      than: { subject: 'undici-coalesced', how: 'ratio', title: 'of coalesced' },
    },
    { key: 'cpu', title: 'CPU, µs/stream', digits: 0 },
  ],
  takes: () => true,
  run: async (bench, subject, turn) =>
    bench.measure(await bench.instance(subject), burstStream(bench.folder, 500), {
      connections: 32,
      seconds: 1.2,
      warm: warmth(turn),
    }),
}

const INTERVAL = 20
const EVENTS = 25

/** Streams begin spread over one interval, or all events of a tick would queue behind each other. @param {number} connections @returns {Scenario} */
const paced = (connections) => ({
  name: `paced-${connections}`,
  title: `Streams with an event each ${INTERVAL} ms, ${connections} at a time`,
  columns: [
    {
      key: 'first50',
      title: 'first byte p50, ms',
      digits: 2,
      than: { subject: 'direct', how: 'added', title: 'added' },
    },
    {
      key: 'event50',
      title: 'event p50, µs',
      digits: 0,
      than: { subject: 'nginx', how: 'added', title: 'above nginx' },
    },
    { key: 'event99', title: 'event p99, µs', digits: 0 },
  ],
  takes: () => true,
  run: async (bench, subject, { round }) =>
    bench.measure(await bench.instance(subject), pacedStream(bench.folder, EVENTS, INTERVAL), {
      connections,
      seconds: 2.2,
      warm: round > 0 ? 0 : 0.6,
      stagger: Math.round((INTERVAL * 1000) / connections),
    }),
})

/** Those that are told where to go by an origin. */
const OVER_TLS = ['undici', 'undici-coalesced', 'passthrough', 'claude-code', 'claude-code-anthropic']

/**
 * What people run: a large body, and an answer of 400 events in two seconds. No proxy goes without TLS: the load generator speaks none.
 * @param {number} connections @param {boolean} [tls] @returns {Scenario}
 */
const turn = (connections, tls = false) => ({
  name: `turn-${tls ? 'tls-' : ''}${connections}`,
  title: `Turns of 300 kB with an answer of 400 events in 2 s${tls ? ', TLS upstream' : ''}, ${connections} at a time`,
  columns: [
    {
      key: 'cpu',
      title: 'CPU, µs/turn',
      digits: 0,
      than: { subject: 'undici', how: 'ratio', title: 'of undici' },
    },
    {
      key: 'first50',
      title: 'first byte p50, ms',
      digits: 2,
      than: { subject: 'direct', how: 'added', title: 'added' },
    },
    {
      key: 'event99',
      title: 'event p99, µs',
      digits: 0,
      than: { subject: 'undici', how: 'ratio', title: 'of undici' },
    },
  ],
  takes: ({ name, command }) => !tls || !command || OVER_TLS.includes(name),
  run: async (bench, subject, { round }) =>
    bench.measure(
      await bench.instance(subject, tls ? await bench.overTls() : undefined),
      streamedTurn(bench.folder),
      {
        connections,
        seconds: 4.2,
        warm: round > 0 ? 0 : 2.2,
        stagger: Math.round(20_000 / connections),
      },
    ),
})

const OPEN = 1000

/** An event a second in each, so that buffers are in use. @type {Scenario} */
const open = {
  name: 'open-1000',
  title: `${OPEN} open streams in a fresh process`,
  columns: [
    { key: 'perStream', title: 'RSS per stream, kB', digits: 1 },
    { key: 'rss', title: 'RSS with them, MB', digits: 0 },
  ],
  mostRounds: 2,
  takes: (subject) => subject.command !== undefined,
  async run(bench, subject) {
    const instance = await bench.fresh(subject)
    try {
      // What a process allocates once and for all is not the streams'.
      const small = { ...smallJson(bench.folder), name: 'open-warm' }
      const request = bench.requestFile(instance, small)
      await runLoad(bench.tools, { port: instance.port, request, connections: 32, seconds: 0.7, least: 32 })
      await sleep(500)
      const before = rssKb(instance.pid)
      const exchange = pacedStream(bench.folder, 1_000_000, 1_000)
      await bench.stub.set(exchange.stub)
      const { value, load } = await holdStreams(
        bench.tools,
        {
          port: instance.port,
          request: bench.requestFile(instance, exchange),
          connections: OPEN,
          stagger: 1_000,
        },
        async () => {
          await sleep(2_500)
          return rssKb(instance.pid)
        },
      )
      if (load.open < OPEN || load.errors > 0)
        return wrong(`${load.open} of ${OPEN} streams stayed open: ${load.firstError}`)
      return { perStream: (value - before) / OPEN, rss: value / 1024 }
    } finally {
      await instance.stop()
    }
  },
}

export const streams = [
  burst,
  paced(32),
  paced(256),
  turn(1),
  turn(8),
  turn(32),
  turn(1, true),
  turn(8, true),
  turn(32, true),
  open,
]
