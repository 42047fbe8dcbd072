import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { Bench } from './bench.mjs'
import { byOrigin, flameOf, flameSvg, topSelf } from './flame.mjs'
import { sourcePlaces } from './places.mjs'
import { table } from './report.mjs'
import { burstStream, claudeCodeTurn, smallJson } from './scenarios/exchanges.mjs'
import { claudeCode, passthrough } from './subjects/agproxy.mjs'

/**
 * The command as scripts/build.mjs bundles it, but with the names and places of its sources. Made from the sources as
 * they are, whatever dist/ holds.
 * @param {string} root @param {string} folder
 */
async function buildWithMaps(root, folder) {
  await build({
    absWorkingDir: root,
    entryPoints: ['bin.ts'],
    outdir: folder,
    bundle: true,
    splitting: true,
    sourcemap: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
    external: ['ai-tokenizer', 'cosmiconfig', 'ioredis', 'jiti'],
    banner: { js: "import { createRequire as r_ } from 'node:module'; const require = r_(import.meta.url);" },
  })
  return folder
}

const SECONDS = 4
const TOP = 25

/**
 * Runs agproxy under V8's profiler with the loads that its goals are about, and writes for each a .cpuprofile, a flame
 * graph and the functions with the most time of their own.
 * @param {Parameters<typeof Bench.start>[0]} parts @param {string} target @param {(text: string) => void} progress
 * @returns {Promise<number>} the exit code
 */
export async function runProfiles(parts, target, progress) {
  const dist = await buildWithMaps(parts.root, join(parts.cache, 'profiled'))
  const bench = await Bench.start({ ...parts, dist })
  const runs = [
    { subject: passthrough, exchange: smallJson(bench.folder), connections: 32 },
    { subject: claudeCode, exchange: smallJson(bench.folder), connections: 32 },
    { subject: claudeCode, exchange: claudeCodeTurn(bench.folder, 300_000), connections: 1 },
    { subject: claudeCode, exchange: burstStream(bench.folder, 500), connections: 32 },
  ]
  let failed = false
  try {
    for (const { subject, exchange, connections } of runs) {
      const name = `${subject.name}-${exchange.name}`
      progress(`profile: ${name}`)
      const folder = join(bench.folder, `profile-${name}`)
      mkdirSync(folder)
      const nodeArgs = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=250']
      const instance = await bench.fresh(subject, { nodeArgs })
      const cell = await bench.measure(instance, exchange, { connections, seconds: SECONDS, warm: 1 })
      await instance.stop() // the profile is written when the process ends by itself
      const [file] = readdirSync(folder)
      if (cell.wrong || !file) {
        progress(`profile: ${name} failed: ${cell.wrong ?? 'no profile was written'}`)
        failed = true
        continue
      }
      publish(
        join(target, `profile-${name}`),
        readFileSync(join(folder, file), 'utf8'),
        name,
        sourcePlaces(parts.root),
      )
    }
  } finally {
    await bench.close()
  }
  return failed ? 1 : 0
}

/** @param {string} stem @param {string} json @param {string} name @param {import('./flame.mjs').PlaceOf} placeOf */
function publish(stem, json, name, placeOf) {
  const root = flameOf(JSON.parse(json), placeOf)
  const share = (/** @type {number} */ ms) => ((ms / root.total) * 100).toFixed(1)
  const functions = topSelf(root, TOP).map(({ name, place, self, callers }) => [
    `${name} ${place}`,
    self.toFixed(0),
    share(self),
    callers.join(', '),
  ])
  const origins = byOrigin(root)
    .slice(0, 15)
    .map(([origin, ms]) => [origin, ms.toFixed(0), share(ms)])
  const text = [
    table([['function', 'own ms', '%', 'called by'], ...functions]),
    table([['code from', 'ms', '%'], ...origins]),
  ].join('\n\n')
  writeFileSync(`${stem}.cpuprofile`, json)
  writeFileSync(`${stem}.svg`, flameSvg(root, `agproxy ${name}: ${root.total.toFixed(0)} ms at work`))
  writeFileSync(`${stem}.md`, `# ${name}\n\n${text}\n`)
  process.stdout.write(`\n## ${name}\n\n${text}\n\nwritten to ${stem}.svg, .md and .cpuprofile\n`)
}
