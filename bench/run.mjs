import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Bench } from './bench.mjs'
import { decodersOf } from './decoders.mjs'
import { judge } from './goals.mjs'
import { idleCosts } from './idle.mjs'
import { describeMachine, raisePriority } from './machine.mjs'
import { choose, readOptions, USAGE } from './options.mjs'
import { pluginCosts } from './plugins.mjs'
import { runProfiles } from './profile.mjs'
import { providerCosts } from './providers.mjs'
import { QUICK_SCENARIOS, quickRun } from './quick.mjs'
import { faults, markdown } from './report.mjs'
import { SCENARIOS } from './scenarios/index.mjs'
import { merge, runSession } from './session.mjs'
import { QUICK_SUBJECTS, SUBJECTS } from './subjects/index.mjs'
import { installPeers } from './subjects/peers.mjs'
import { prepareTools } from './tools.mjs'

const MINUTE = 60_000
const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, '.cache/bench')
const target = join(root, 'bench/results')
/** @type {string[]} */
const notes = []
const progress = (/** @type {string} */ text) => process.stderr.write(`${clock()} ${text}\n`)
/** Seconds since the start. */
const clock = () => `${(performance.now() / 1000).toFixed(0).padStart(5)} s`
const note = (/** @type {string} */ text) => {
  notes.push(text)
  progress(`\n!!! ${text}\n`)
}

/** @param {import('./options.mjs').Options} options @returns {Promise<number>} the exit code */
async function main({ quick, ...options }) {
  const scenarios = choose(SCENARIOS, options.only ?? (quick ? QUICK_SCENARIOS : undefined), true)
  const wanted = choose(SUBJECTS, options.subjects ?? (quick ? QUICK_SUBJECTS : undefined), false)
  if (options.list) {
    process.stdout.write(`scenarios: ${scenarios.map(({ name }) => name).join(', ')}\n`)
    process.stdout.write(`subjects: ${wanted.map(({ name }) => name).join(', ')}\n`)
    return 0
  }
  if (options.plugins) {
    const dist = buildOf(options.dist)
    for (const costs of [pluginCosts, idleCosts, providerCosts])
      process.stdout.write(`${await costs(dist, progress)}\n\n`)
    return 0
  }
  mkdirSync(cache, { recursive: true })
  mkdirSync(target, { recursive: true })
  const tools = prepareTools(cache, options.compiler)
  const parts = { root, cache, tools, dist: buildOf(options.dist) }
  raisePriority()
  if (options.profile) return runProfiles(parts, target, progress)

  const subjects = available(wanted)
  for (const preset of ['passthrough', 'claude-code']) {
    const decoders = decodersOf(parts.dist, preset).join(', ') || 'none'
    notes.push(`plugins of the preset ${preset} that have whole bodies decoded: ${decoders}`)
  }
  const machine = describeMachine(root, tools.kind)
  const began = performance.now()
  /** @type {import('./session.mjs').Results} */
  const results = {}
  let kept = true
  const bench = await Bench.start(parts)
  try {
    const common = { note, progress, deadline: began + (quick ? 2.5 : 22) * MINUTE }
    if (quick) kept = await quickRun(bench, scenarios, subjects, results, common)
    else
      merge(
        results,
        await runSession(bench, scenarios, subjects, { ...common, quick, rounds: options.rounds }),
      )
  } finally {
    await bench.close()
  }
  const seconds = Math.round((performance.now() - began) / 1000)
  publish({ machine: { ...machine, seconds }, results, scenarios, subjects, notes })

  const peers = new Set(subjects.filter(({ peer }) => peer).map(({ name }) => name))
  const wrong = faults(results, peers)
  if (wrong.length > 0) progress(`failed, these were not right:\n${wrong.join('\n')}`)
  if (!kept) progress('failed: a ratio fell a third below what was reached')
  return wrong.length > 0 || !kept ? 1 : 0
}

/** @param {Parameters<typeof markdown>[0] & { machine: { began: string } }} run */
function publish(run) {
  const { machine, results } = run
  const text = markdown(run)
  const stem = join(target, machine.began.replace(/[:.]/g, '-'))
  writeFileSync(`${stem}.md`, text)
  writeFileSync(`${stem}.json`, JSON.stringify({ machine, notes, goals: judge(results), results }, null, 1))
  process.stdout.write(`\n${text}\nwritten to ${stem}.md and .json\n`)
}

/** Those that can take part; for the others it is said loudly why not. @param {readonly import('./subjects/types.mjs').Subject[]} wanted */
function available(wanted) {
  const noPeers = wanted.some(({ peer }) => peer) ? installPeers(join(cache, 'peers')) : undefined
  return wanted.filter((subject) => {
    const missing = (subject.peer ? noPeers : undefined) ?? subject.missing?.(root)
    if (missing) note(`${subject.name} takes no part: ${missing}`)
    return !missing
  })
}

/** agproxy's build, made when there is none. @param {string | undefined} given */
function buildOf(given) {
  const dist = resolve(given ?? join(root, 'dist'))
  if (existsSync(join(dist, 'bin.js'))) return dist
  if (given) throw new Error(`there is no build in ${given}`)
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  return dist
}

try {
  process.exitCode = await main(readOptions(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n\n${USAGE}\n`)
  process.exitCode = 1
}
