import { setTimeout as sleep } from 'node:timers/promises'
import { wrong } from '../bench.mjs'
import { rssKb } from '../processes.mjs'
import { holdStreams, runLoad } from '../tools.mjs'
import { largeStream, smallJson } from './exchanges.mjs'

/** @typedef {import('./types.mjs').Scenario} Scenario */

const OPEN = 200
const SIZE = 2_000_000
/** Milliseconds after the last stream has begun in which a process may collect its garbage. */
const SETTLED = 5_000

/** Sub-agents with long conversations: what was sent need not be held while the answers stream. @type {Scenario} */
const bodies = {
  name: `bodies-${OPEN}`,
  title: `${OPEN} open streams of bodies of 2 MB in a fresh process`,
  columns: [
    { key: 'above', title: 'RSS above idle, MB', digits: 0 },
    { key: 'perStream', title: 'of each, kB', digits: 0 },
    { key: 'peak', title: 'highest, MB', digits: 0 },
  ],
  mostRounds: 2,
  takes: (subject) => subject.command !== undefined,
  async run(bench, subject) {
    const instance = await bench.fresh(subject)
    const { pid, port } = instance
    try {
      const request = bench.requestFile(instance, { ...smallJson(bench.folder), name: 'bodies-warm' })
      await runLoad(bench.tools, { port, request, connections: 32, seconds: 0.7, least: 32 })
      await sleep(500)
      const idle = rssKb(pid)
      let peak = 0
      const watch = setInterval(() => (peak = Math.max(peak, rssKb(pid))), 50)
      const exchange = largeStream(bench.folder, SIZE)
      await bench.stub.set(exchange.stub)
      const options = { port, request: bench.requestFile(instance, exchange), connections: OPEN }
      const { value, load } = await holdStreams(bench.tools, { ...options, stagger: 20_000 }, async () => {
        await sleep(SETTLED)
        return rssKb(pid)
      }).finally(() => clearInterval(watch))
      if (load.open < OPEN || load.errors > 0)
        return wrong(`${load.open} of ${OPEN} streams stayed open: ${load.firstError}`)
      const above = value - idle
      return { above: above / 1024, perStream: above / OPEN, peak: (peak - idle) / 1024 }
    } finally {
      await instance.stop()
    }
  },
}

export const heldBodies = [bodies]
