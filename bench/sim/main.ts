import 'reflect-metadata'
import { type Outcome, startSessions } from './clients.js'
import { installClock } from './clock.js'
import { agproxy, type Policy, roundRobin, stickUntilItFails } from './policies.js'
import { seeded } from './random.js'
import { WORLD, World } from './world.js'

/**
 * `npm run sim [seeds]`: a day of 1,000 sessions over 20 accounts under three ways to choose among them, in simulated time.
 * Prints a Markdown table for each size of the accounts' windows: means over the seeds, the smallest and largest in brackets.
 */
const SEEDS = Number(process.argv[2] ?? 5)
const POLICIES: Readonly<Record<string, Policy>> = {
  agproxy,
  'round robin': roundRobin,
  'stick until it fails': stickUntilItFails,
}

interface Row {
  readonly failed: number
  readonly refused: number
  readonly warm: number
  readonly possible: number
  readonly tokens: number
  readonly calls: number
  readonly mean: number
  readonly p99: number
}

const clock = installClock(Date.UTC(2026, 0, 1))

async function day(policy: Policy, seed: number, millions: number): Promise<Row> {
  Math.random = seeded(seed)
  const world = new World(clock, seeded(seed + 1), millions * 1e6)
  const outcomes: Outcome[] = []
  startSessions(await policy(world, clock), clock, seeded(seed + 2), WORLD.cacheLife, outcomes)
  await clock.run()
  const share = (test: (outcome: Outcome) => boolean) => outcomes.filter(test).length / outcomes.length
  const waits = outcomes.flatMap(({ ok, waited }) => (ok ? [waited / 1000] : [])).sort((a, b) => a - b)
  return {
    failed: share(({ ok }) => !ok),
    refused: share(({ refusals }) => refusals > 0),
    warm: share(({ warm }) => warm),
    possible: share(({ couldBeWarm }) => couldBeWarm),
    tokens: world.tokens / 1e6,
    calls: world.calls / outcomes.length,
    mean: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
    p99: waits[Math.floor(waits.length * 0.99)]!,
  }
}

const percent = (x: number) => `${(x * 100).toFixed(2)} %`
const COLUMNS: readonly (readonly [title: string, key: keyof Row, show: (x: number) => string])[] = [
  ['requests failed', 'failed', percent],
  ['client saw a refusal', 'refused', percent],
  ['on a warm cache', 'warm', percent],
  ['could have been', 'possible', percent],
  ['tokens paid, million', 'tokens', (x) => x.toFixed(0)],
  ['upstream calls a request', 'calls', (x) => x.toFixed(3)],
  ['wait, mean', 'mean', (x) => `${x.toFixed(2)} s`],
  ['wait, p99', 'p99', (x) => `${x.toFixed(1)} s`],
]

function cell(rows: readonly Row[], key: keyof Row, show: (x: number) => string): string {
  const values = rows.map((row) => row[key]).sort((a, b) => a - b)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const [low, high] = [show(values[0]!), show(values.at(-1)!)]
  return low === high ? show(mean) : `${show(mean)} (${low} to ${high})`
}

const header = ['policy', ...COLUMNS.map(([title]) => title)]
for (const millions of WORLD.tokensPerWindow) {
  console.log(`\n${millions} million tokens a window:\n`)
  console.log(`| ${header.join(' | ')} |\n|${header.map(() => '---').join('|')}|`)
  for (const [name, policy] of Object.entries(POLICIES)) {
    const rows: Row[] = []
    for (let seed = 0; seed < SEEDS; seed++) rows.push(await day(policy, 1_000 * seed, millions))
    console.log(`| ${[name, ...COLUMNS.map(([, key, show]) => cell(rows, key, show))].join(' | ')} |`)
  }
}
