// Which changes of the code does no test notice? `node scripts/mutate.mjs core/server core/accounts/pool.ts --sample 40`
// Works on a copy. A mutant first meets the tests of its own folder, and with --full, if it survives them, the whole quick suite.
import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { mutantsOf } from './mutate/mutants.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    full: { type: 'boolean', default: false },
    limit: { type: 'string', default: '120' },
  },
})
const root = resolve(import.meta.dirname, '..')
const copy = join(root, '.cache/mutate')
const LIMIT = Number(values.limit) * 1000

const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n')
rmSync(copy, { recursive: true, force: true })
for (const file of tracked) {
  if (!existsSync(join(root, file))) continue
  mkdirSync(join(copy, dirname(file)), { recursive: true })
  cpSync(join(root, file), join(copy, file))
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

const wanted = positionals.length > 0 ? positionals : ['core', 'plugins']
const sources = tracked.filter(
  (file) =>
    /\.ts$/.test(file) &&
    !/\.(test|d)\.ts$|^core\/contract\//.test(file) &&
    wanted.some((path) => file === path || file.startsWith(`${path}/`)),
)
const all = sources.flatMap((file) =>
  mutantsOf(readFileSync(join(copy, file), 'utf8')).map((mutant) => ({ file, ...mutant })),
)
const chosen = sampleOf(all, Number(values.sample), Number(values.seed))
console.log(`${chosen.length} of ${all.length} mutants in ${sources.length} files, seed ${values.seed}`)

const survivors = []
for (const mutant of chosen) {
  const path = join(copy, mutant.file)
  const source = readFileSync(path, 'utf8')
  writeFileSync(path, source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end))
  const survives = (await passes(testsBeside(mutant.file))) && (!values.full || (await passes([])))
  writeFileSync(path, source)
  if (!survives) continue
  const line = source.slice(0, mutant.start).split('\n').length
  survivors.push(mutant)
  console.log(`survived: ${mutant.file}:${line} ${mutant.what}: ${source.split('\n')[line - 1].trim()}`)
}
console.log(`${survivors.length} of ${chosen.length} survived`)

/** The tests of the folder, or of the next one above it that has some. */
function testsBeside(file) {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    const tests = readdirSync(join(copy, folder)).filter((name) => name.endsWith('.test.ts'))
    if (tests.length > 0) return tests.map((name) => join(folder, name))
  }
  return []
}

/** A mutant that hangs is noticed too. */
function passes(tests) {
  return new Promise((done) => {
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--bail=1', '--reporter=dot', ...tests]
    const child = spawn(process.execPath, args, { cwd: copy, stdio: 'ignore', detached: true })
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), tests.length > 0 ? LIMIT : LIMIT * 10)
    child.once('exit', (code) => {
      clearTimeout(timer)
      done(code === 0)
    })
  })
}

/** Another seed, other mutants; the same seed, the same ones. */
function sampleOf(list, count, seed) {
  let state = seed >>> 0
  const random = () => {
    state = (state * 1664525 + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ item }) => item)
}
