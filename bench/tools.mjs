import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

/**
 * @typedef {object} Tools
 * @property {string[]} stub the command line of the upstream
 * @property {string[]} load and of the load generator
 * @property {string} kind what they are, in words
 */

/** Compiles stub.c and load.c, once for each version of them. Without a compiler Node does their work. @param {string} cache @param {boolean} compiler @returns {Tools} */
export function prepareTools(cache, compiler) {
  const cc = compiler && ['cc', 'gcc', 'clang'].find(works)
  if (!cc) {
    const run = (/** @type {string} */ name) => [process.execPath, join(here, name)]
    return {
      stub: run('stub.mjs'),
      load: run('load.mjs'),
      kind: 'Node (no C compiler: absolute numbers are lower, and ratios nearer to 1, than with the C tools)',
    }
  }
  const sources = ['common.h', 'load-report.h', 'stub.c', 'load.c']
  const hash = createHash('sha256')
  for (const name of sources) hash.update(readFileSync(join(here, name)))
  const bin = join(cache, `bin-${hash.digest('hex').slice(0, 12)}`)
  mkdirSync(bin, { recursive: true })
  for (const name of ['stub', 'load']) {
    if (existsSync(join(bin, name))) continue
    execFileSync(cc, ['-O2', '-o', join(bin, `${name}.tmp`), join(here, `${name}.c`)], { stdio: 'inherit' })
    renameSync(join(bin, `${name}.tmp`), join(bin, name))
  }
  return { stub: [join(bin, 'stub')], load: [join(bin, 'load')], kind: 'C' }
}

/** @param {string} command */
function works(command) {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The upstream, steered over its own port. */
export class Stub {
  /** @param {import('node:child_process').ChildProcess} child @param {number} port */
  constructor(child, port) {
    this.child = child
    this.port = port
    this.pid = child.pid ?? 0
  }

  /** @param {Tools} tools */
  static async start({ stub: [command, ...args] }) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    process.on('exit', () => child.kill('SIGKILL'))
    const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
    return new Stub(child, Number(value))
  }

  /** What to answer from now on; the counts begin anew. @param {Record<string, string | number>} settings */
  async set(settings) {
    const body = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`)
    await this.#ask('POST', '/__bench/set', body.join(''))
  }

  /** @returns {Promise<{ requests: number, min: number, max: number }>} */
  async stats() {
    return JSON.parse((await this.#ask('GET', '/__bench/stats')).toString())
  }

  /** The first request body since `set`. */
  first() {
    return this.#ask('GET', '/__bench/first')
  }

  stop() {
    this.child.kill('SIGKILL')
  }

  /** @param {string} method @param {string} path @param {string} [body] @returns {Promise<Buffer>} */
  #ask(method, path, body = '') {
    return new Promise((resolve, reject) => {
      const headers = { 'content-length': Buffer.byteLength(body) }
      const req = http.request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false })
      req.on('error', reject)
      req.on('response', async (res) => resolve(await collect(res)))
      req.end(body)
    })
  }
}

/**
 * @typedef {{ n: number, p50: number, p90: number, p99: number, max: number }} Quantiles in µs
 * @typedef {object} LoadResult
 * @property {number} done answers, right or wrong
 * @property {number} errors wrong ones
 * @property {number} reconnects
 * @property {number} open with `hold`: streams that were still open at the end
 * @property {number} elapsed µs
 * @property {number} cpu µs that the load generator itself used
 * @property {string} firstError
 * @property {Quantiles} latency
 * @property {Quantiles} ttfb
 * @property {Quantiles} [event]
 */

/** Starts the load generator; see load.c for the options. @param {Tools} tools @param {Record<string, string | number | string[]>} options */
function startLoad({ load: [command, ...args] }, options) {
  const flags = Object.entries(options).flatMap(([name, value]) => [value].flat().map((v) => `${name}=${v}`))
  const child = spawn(command, [...args, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] })
  const onExit = () => child.kill('SIGKILL')
  process.on('exit', onExit)
  let trouble = ''
  child.stderr.on('data', (chunk) => {
    trouble += chunk
  })
  const ended = new Promise((resolve) => child.once('close', resolve)).then((code) => {
    process.off('exit', onExit)
    if (code !== 0) throw new Error(`the load generator failed: ${trouble.trim() || `exit code ${code}`}`)
  })
  ended.catch(() => {})
  return { child, ended, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

/** @param {Tools} tools @param {Record<string, string | number | string[]>} options @returns {Promise<LoadResult>} */
export async function runLoad(tools, options) {
  const { lines, ended } = startLoad(tools, options)
  const { value } = await lines.next()
  await ended
  return JSON.parse(value)
}

/**
 * Opens `connections` endless streams, calls `whileOpen` once each has begun, and closes them.
 * @template T @param {Tools} tools @param {Record<string, string | number | string[]>} options
 * @param {() => Promise<T>} whileOpen @returns {Promise<{ value: T, load: LoadResult }>}
 */
export async function holdStreams(tools, options, whileOpen) {
  const { child, lines, ended } = startLoad(tools, { ...options, hold: 1 })
  try {
    const first = JSON.parse((await lines.next()).value ?? '{}')
    if (first.done !== undefined)
      throw new Error(`not every stream began: ${first.firstError || 'time is up'}`)
    const value = await whileOpen()
    child.stdin.end()
    const load = JSON.parse((await lines.next()).value)
    await ended
    return { value, load }
  } finally {
    child.kill('SIGKILL')
  }
}

/** @param {import('node:stream').Readable} stream @returns {Promise<Buffer>} */
async function collect(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
