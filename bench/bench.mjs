import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerChecks, upstreamFault } from './checks.mjs'
import { CERTIFICATE, Far } from './far/far.mjs'
import { put, requestBytes } from './payloads.mjs'
import { cpuMs, freePort, launch, machineMs } from './processes.mjs'
import { smallJson } from './scenarios/exchanges.mjs'
import { runLoad, Stub } from './tools.mjs'

/**
 * @typedef {import('./subjects/types.mjs').Subject} Subject
 * @typedef {import('./checks.mjs').Exchange} Exchange
 * @typedef {{ subject: Subject, port: number, pid: number, readyMs: number, lastWords: () => string, stop: () => Promise<void> }} Instance
 * @typedef {Record<string, number> & { wrong?: string }} Cell
 */

/** The stub, the subjects that run, and how one of them is measured. */
export class Bench {
  /** @type {Map<string, Promise<Instance>>} */
  #shared = new Map()
  #count = 0
  /** @type {Far | undefined} */
  #far
  /** @type {Promise<import('./far/far.mjs').Way> | undefined} */
  #overTls

  /** @param {{ root: string, dist: string, cache: string, tools: import('./tools.mjs').Tools, stub: Stub }} parts */
  constructor({ root, dist, cache, tools, stub }) {
    this.root = root
    this.dist = dist
    this.peers = join(cache, 'peers')
    this.folder = mkdtempSync(join(cache, 'run-'))
    this.tools = tools
    this.stub = stub
    process.once('exit', () => rmSync(this.folder, { recursive: true, force: true }))
  }

  /** @param {{ root: string, dist: string, cache: string, tools: import('./tools.mjs').Tools }} parts */
  static async start(parts) {
    return new Bench({ ...parts, stub: await Stub.start(parts.tools) })
  }

  async close() {
    for (const instance of this.#shared.values()) await instance.then((i) => i.stop()).catch(() => {})
    this.#far?.stop()
    this.stub.stop()
  }

  /** Upstreams over TLS. */
  get far() {
    this.#far ??= new Far(this.stub.port)
    return this.#far
  }

  /** The stub over TLS, near by. */
  overTls() {
    this.#overTls ??= this.far.open()
    return this.#overTls
  }

  /** The instance that serves all scenarios but those that look at the process itself. @param {Subject} subject @param {import('./far/far.mjs').Way} [way] */
  instance(subject, way) {
    const name = `${subject.name} ${way?.name ?? ''}`
    const found = this.#shared.get(name) ?? this.fresh(subject, way && { way })
    this.#shared.set(name, found)
    return found
  }

  /**
   * A new process that has answered one small request, or with `asked: false` none; the stub is left answering such.
   * @param {Subject} subject @param {{ nodeArgs?: string[], way?: import('./far/far.mjs').Way, asked?: boolean }} [options] @returns {Promise<Instance>}
   */
  async fresh(subject, { nodeArgs = [], way, asked = true } = {}) {
    if (!subject.command)
      return {
        subject,
        port: this.stub.port,
        pid: 0,
        readyMs: Number.NaN,
        lastWords: () => '',
        stop: async () => {},
      }
    const folder = join(this.folder, `${subject.name}-${++this.#count}`)
    mkdirSync(folder)
    const port = await freePort()
    const place = {
      folder,
      port,
      upstream: this.stub.port,
      origin: way?.origin ?? `http://127.0.0.1:${this.stub.port}`,
      root: this.root,
      dist: this.dist,
      peers: this.peers,
    }
    const small = smallJson(this.folder)
    await this.stub.set(small.stub)
    const probe = asked ? requestBytes(small.body, port, this.headersOf(subject)) : undefined
    const command = subject.command({ ...place, nodeArgs })
    const env = { ...command.env, ...(way && { NODE_EXTRA_CA_CERTS: CERTIFICATE }) }
    const launched = await launch({ ...command, env, cwd: folder, log: join(folder, 'log'), port, probe })
    return { subject, port, ...launched }
  }

  /** @param {Subject} subject */
  headersOf({ headers = {} }) {
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        value.replace('{upstream}', String(this.stub.port)),
      ]),
    )
  }

  /** The file with the request for an instance. @param {Instance} instance @param {Exchange} exchange */
  requestFile({ subject, port }, { name, body }) {
    return put(
      this.folder,
      `${subject.name}-${name}.request`,
      requestBytes(body, port, this.headersOf(subject)),
    )
  }

  /**
   * Loads an instance and checks every answer. Times in ms, CPU in µs per request, `others` is what the rest of the
   * machine did meanwhile, in cores.
   * @param {Instance} instance @param {Exchange} exchange
   * @param {{ connections: number, seconds: number, warm: number, stagger?: number }} options @returns {Promise<Cell>}
   */
  async measure(instance, exchange, { connections, seconds, warm, stagger = 0 }) {
    const { subject, pid } = instance
    const request = this.requestFile(instance, exchange)
    const checks = answerChecks(this.folder, subject, exchange)
    const load = { port: instance.port, request, connections, stagger, least: connections, ...checks }
    await this.stub.set(exchange.stub)
    if (warm > 0) {
      await this.#load(instance, { ...load, seconds: warm })
      await this.#quiet(pid)
    }
    await this.stub.set(exchange.stub)

    const before = this.#cpu(pid)
    const result = await this.#load(instance, { ...load, seconds })
    const after = this.#cpu(pid)
    const [stats, first] = [await this.stub.stats(), await this.stub.first()]
    await this.#quiet(pid)

    if (result.errors > 0)
      return wrong(`${result.errors} of ${result.done} answers were wrong: ${result.firstError}`)
    if (result.done === 0) return wrong(`no answer within ${Math.round(result.elapsed / 1e6)} s`)
    const fault = upstreamFault(subject, exchange, stats, first, result.done)
    if (fault) return wrong(fault)

    const own = after.subject - before.subject + (after.stub - before.stub) + result.cpu / 1e3
    const harness = after.harness - before.harness
    const cell = {
      rate: result.done / (result.elapsed / 1e6),
      p50: result.latency.p50 / 1e3,
      p99: result.latency.p99 / 1e3,
      first50: result.ttfb.p50 / 1e3,
      others: Math.max(0, after.machine - before.machine - own - harness) / (result.elapsed / 1e3),
      ...(pid && { cpu: ((after.subject - before.subject) * 1e3) / result.done }),
    }
    if (!result.event) return cell
    return { ...cell, event50: result.event.p50, event99: result.event.p99 }
  }

  /** A subject that dies under load takes its reason with it. @param {Instance} instance @param {Parameters<typeof runLoad>[1]} options */
  #load(instance, options) {
    return runLoad(this.tools, options).catch((error) => {
      throw new Error(`${error.message}\n${instance.lastWords()}`)
    })
  }

  /**
   * Waits until nothing of a measurement is under way any more: a slow subject goes on with what the load generator has
   * given up, for seconds, and would be counted as the next one's.
   * @param {number} pid
   */
  async #quiet(pid) {
    const state = async () => (await this.stub.stats()).requests * 1e6 + (pid ? cpuMs(pid) : 0)
    let before = await state()
    for (let i = 0; i < 100; i++) {
      await sleep(50)
      const after = await state()
      if (after - before <= 10) return
      before = after
    }
  }

  /** @param {number} pid */
  #cpu(pid) {
    const { user, system } = process.cpuUsage()
    return {
      subject: pid ? cpuMs(pid) : 0,
      stub: cpuMs(this.stub.pid) + (this.#far ? cpuMs(this.#far.pid) : 0),
      machine: machineMs(),
      harness: (user + system) / 1e3,
    }
  }
}

/** @param {string} why @returns {Cell} */
export const wrong = (why) => /** @type {Cell} */ (/** @type {unknown} */ ({ wrong: why }))
