import { setTimeout as sleep } from 'node:timers/promises'
import { rssKb } from '../processes.mjs'
import { anthropic, start } from '../subjects/agproxy.mjs'
import { claudeCodeTurn, smallJson } from './exchanges.mjs'
import { warmth } from './requests.mjs'

/**
 * What it costs to see every request: the preset with all that records, counts and limits, and the same without any of it.
 * Prompts are not kept, and no collector takes spans.
 */
const SEEING = ['trace', 'ledger', 'metrics', 'budgets']

/** @typedef {import('./types.mjs').Scenario} Scenario @typedef {import('../subjects/types.mjs').Subject} Subject */

/** @param {string} name @param {string} title @param {(plugin: string) => unknown} setting @returns {Subject} */
const subject = (name, title, setting) => ({
  name,
  title,
  node: true,
  rewrites: 'none',
  command: start((baseURL) => {
    const { plugins, ...config } = anthropic('claude-code')(baseURL)
    const seeing = Object.fromEntries(SEEING.map((plugin) => [plugin, setting(plugin)]))
    return { ...config, plugins: { ...plugins, ...seeing } }
  }),
})

const LIMITS = [
  { per: 'day', tokens: 1e15 },
  { per: 'session', usd: 1e9 },
]
const blind = subject('blind', 'agproxy claude-code, nothing recorded', () => false)
const seeing = subject('seeing', 'agproxy claude-code, all recorded', (plugin) =>
  plugin === 'budgets' ? { limits: LIMITS } : true,
)

const more = [blind, seeing]
const takes = (/** @type {Subject} */ { name }) => more.some((one) => one.name === name)
const of = { subject: 'blind', how: /** @type {const} */ ('ratio'), title: 'of unseen', digits: 2 }
const added = { subject: 'blind', how: /** @type {const} */ ('added'), title: 'added' }

/** @param {string} name @param {string} title @param {(folder: string) => any} exchange @returns {Scenario} */
const requests = (name, title, exchange) => ({
  name: `seeing-${name}`,
  title: `The cost of seeing: ${title}`,
  columns: [
    { key: 'cpu', title: 'CPU, µs/req', digits: 0, than: of },
    { key: 'rate', title: 'req/s', digits: 0, than: of },
  ],
  more,
  takes,
  run: async (bench, one, turn) =>
    bench.measure(await bench.instance(one), exchange(bench.folder), {
      connections: 32,
      seconds: 2,
      warm: warmth(turn),
    }),
})

/** @type {Scenario} */
const process = {
  name: 'seeing-startup',
  title: 'The cost of seeing: start, and memory one second later',
  columns: [
    { key: 'ready', title: 'first answer after, ms', digits: 0, than: added },
    { key: 'idle', title: 'idle RSS, MB', digits: 1, than: added },
  ],
  leastRounds: 5,
  more,
  takes,
  async run(bench, one) {
    const instance = await bench.fresh(one)
    await sleep(1_000)
    const idle = rssKb(instance.pid) / 1024
    await instance.stop()
    return { ready: instance.readyMs, idle }
  },
}

export const seen = [
  requests('small', '1 kB of JSON, 32 connections', (folder) => smallJson(folder)),
  requests('300', "Claude Code's body of 300 kB, 32 connections", (folder) =>
    claudeCodeTurn(folder, 300_000),
  ),
  process,
]
