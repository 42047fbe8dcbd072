import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kill, rssKb, treeOf } from '../processes.mjs'
import { claudeCodeTurn } from './exchanges.mjs'

/** @typedef {import('./types.mjs').Scenario} Scenario */

/** @type {Scenario} */
const startup = {
  name: 'startup',
  title: 'Start of the process, and its memory one second later',
  columns: [
    { key: 'ready', title: 'first answer after, ms', digits: 0 },
    { key: 'idle', title: 'idle RSS, MB', digits: 0 },
  ],
  leastRounds: 5,
  takes: (subject) => subject.command !== undefined,
  async run(bench, subject) {
    const instance = await bench.fresh(subject)
    await sleep(1_000)
    const idle = rssKb(instance.pid) / 1024
    await instance.stop()
    return { ready: instance.readyMs, idle }
  },
}

/** @type {Scenario} */
const block = {
  name: 'block',
  title: 'Event loop while 300 kB bodies go through, one connection',
  columns: [
    { key: 'longest', title: 'longest block, ms', digits: 1 },
    { key: 'p99', title: 'p99, ms', digits: 2 },
  ],
  takes: (subject) => subject.node === true,
  async run(bench, subject) {
    const watch = new URL('../loop-watch.mjs', import.meta.url)
    watch.searchParams.set('folder', bench.folder)
    const instance = await bench.fresh(subject, { nodeArgs: ['--import', watch.href] })
    try {
      const turn = claudeCodeTurn(bench.folder, 300_000)
      const options = { connections: 1, seconds: 1, warm: 0 }
      await bench.measure(instance, turn, options) // warms the compiler, which blocks too
      await signalled(bench.folder, instance.pid)
      const cell = await bench.measure(instance, turn, { ...options, seconds: 1.5 })
      if (cell.wrong) return cell
      const seen = await signalled(bench.folder, instance.pid)
      return { longest: Math.max(...seen.map((s) => s.max)), p99: Math.max(...seen.map((s) => s.p99)) }
    } finally {
      await instance.stop()
    }
  },
}

/** Asks the watched processes for what they have seen since they were last asked. @param {string} folder @param {number} pid */
async function signalled(folder, pid) {
  const watched = treeOf(pid).filter((one) => readdirSync(folder).includes(`loop-${one}.json`))
  for (const one of watched) kill(one, 'SIGUSR2')
  await sleep(200)
  return watched.map((one) => JSON.parse(readFileSync(join(folder, `loop-${one}.json`), 'utf8')))
}

export const processes = [block, startup]
