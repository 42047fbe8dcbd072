// load.c in Node, for machines without a C compiler: the same options, the same checks, the same line of JSON.
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'

const GRACE = 15_000
/** @type {Record<string, string[]>} */
const given = {}
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /** @type {RegExpExecArray} */ (/^(\w+)=(.*)$/s.exec(argument))
  given[name] = [...(given[name] ?? []), value]
}
const number = (/** @type {string} */ name, /** @type {number} */ otherwise) =>
  Number(given[name]?.[0] ?? otherwise)
const [port, connections, seconds] = [number('port', 0), number('connections', 1), number('seconds', 1)]
const [least, stagger, size, hold] = [
  number('least', 1),
  number('stagger', 0),
  number('size', -1),
  number('hold', 0),
]
const request = readFileSync(given.request[0])
const expected = given.expect && readFileSync(given.expect[0])
const needles = (given.contains ?? []).map((file) => readFileSync(file))
const counts = (given.count ?? []).map((text) => [
  text.slice(0, text.lastIndexOf(':')),
  Number(text.slice(text.lastIndexOf(':') + 1)),
])

/** @type {{ latency: number[], ttfb: number[], event: number[] }} */
const samples = { latency: [], ttfb: [], event: [] }
const began = performance.now()
const result = { done: 0, errors: 0, reconnects: 0, open: connections, firstError: '' }
let over = false
let firsts = 0

/** @param {string} why @param {Buffer} body */
function wrong(why, body) {
  if (result.errors++ === 0) result.firstError = `${why}: ${body.toString('latin1', 0, 200)}`
}

/** @param {number} status @param {Buffer} body */
function fault(status, body) {
  if (status !== 200) return `not a 200; status ${status}`
  if (expected && !body.equals(expected)) return 'another body than expected'
  if (size >= 0 && body.length !== size) return 'another size than expected'
  if (needles.some((needle) => !body.includes(needle))) return 'a text is missing'
  const text = counts.length > 0 ? body.latin1Slice() : ''
  if (counts.some(([part, n]) => text.split(String(part)).length - 1 !== n)) return 'another number of events'
  return undefined
}

class Connection {
  constructor() {
    this.socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
    this.socket.on('data', (chunk) => this.#data(chunk))
    this.socket.on('error', () => {})
    this.socket.on('close', () => this.#closed())
    this.reset()
  }

  reset() {
    this.raw = Buffer.alloc(0)
    /** @type {Buffer[]} */
    this.parts = []
    this.used = 0
    this.status = 0
    this.length = -1
    this.left = 0 // of a chunk, its line end included
    this.chunked = false
    this.first = 0
  }

  start() {
    this.reset()
    this.began = performance.now()
    this.socket.write(request)
  }

  /** @param {Buffer} bytes */
  #arrived(bytes) {
    const at = performance.now()
    if (this.first === 0) {
      this.first = at
      firsts++
      samples.ttfb.push((at - this.began) * 1e3)
      if (hold && firsts === connections) process.stdout.write(`{"open":${firsts}}\n`)
    }
    this.used += bytes.length
    this.parts.push(bytes)
    // An event that a proxy cuts in two is not timed; the C tool does.
    for (let i = bytes.indexOf('T='); i >= 0 && i + 21 <= bytes.length; i = bytes.indexOf('T=', i + 21))
      samples.event.push(Number(process.hrtime.bigint() - BigInt(bytes.latin1Slice(i + 2, i + 21))) / 1e3)
  }

  /** @param {Buffer} chunk */
  #data(chunk) {
    this.raw = this.raw.length > 0 ? Buffer.concat([this.raw, chunk]) : chunk
    if (!this.#parse()) return
    const body = Buffer.concat(this.parts)
    const why = fault(this.status, body)
    result.done++
    if (why) wrong(why, body)
    samples.latency.push((performance.now() - this.began) * 1e3)
    if (!over) this.start()
  }

  /** Consumes `raw`. @returns {boolean} whether the answer is whole */
  #parse() {
    let at = 0
    let whole = false
    const { raw } = this
    while (!whole) {
      if (this.status === 0) {
        const end = raw.indexOf('\r\n\r\n', at)
        if (end < 0) break
        const head = raw.latin1Slice(at, end)
        this.status = Number(head.slice(9, 12))
        this.chunked = /\r\ntransfer-encoding: *chunked/i.test(head)
        this.length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? -1)
        at = end + 4
        whole = this.length === 0
      } else if (!this.chunked || this.left > 2) {
        const bytes = raw.subarray(at, this.chunked ? Math.min(raw.length, at + this.left - 2) : raw.length)
        if (bytes.length === 0) break
        this.#arrived(bytes)
        at += bytes.length
        this.left -= bytes.length
        whole = !this.chunked && this.used === this.length
      } else if (this.left > 0) {
        if (raw.length - at < 2) break
        at += 2
        this.left = 0
      } else {
        const end = raw.indexOf('\r\n', at)
        if (end < 0) break
        this.left = Number.parseInt(raw.latin1Slice(at, end), 16) + 2
        if (this.left === 2 && raw.length < end + 4) break
        whole = this.left === 2
        at = end + (whole ? 4 : 2)
      }
    }
    this.raw = raw.subarray(at)
    return whole
  }

  #closed() {
    if (over) return
    if (hold) {
      result.open--
      return wrong('a stream ended', Buffer.concat(this.parts))
    }
    if (this.status > 0 || this.raw.length > 0)
      wrong('the connection ended within an answer', Buffer.concat(this.parts))
    else result.reconnects++
    if (result.reconnects + result.errors > 1000)
      throw new Error(`too many broken connections: ${result.firstError}`)
    const next = new Connection()
    next.socket.once('connect', () => next.start())
  }
}

/** @param {number[]} values */
function quantiles(values) {
  const sorted = Float64Array.from(values).sort()
  const q = (/** @type {number} */ share) =>
    Math.round(sorted[Math.round(share * (sorted.length - 1))] * 10) / 10
  return { n: sorted.length, p50: q(0.5), p90: q(0.9), p99: q(0.99), max: q(1) }
}

function report() {
  over = true
  const elapsed = (performance.now() - began) * 1e3
  const { user, system } = process.cpuUsage()
  const named = Object.entries(samples).filter(([, values]) => values.length > 0)
  const times = Object.fromEntries(named.map(([name, values]) => [name, quantiles(values)]))
  process.stdout.write(`${JSON.stringify({ ...result, elapsed, cpu: user + system, ...times })}\n`, () =>
    process.exit(0),
  )
}

const all = Array.from({ length: connections }, () => new Connection())
all.forEach((connection, i) => {
  setTimeout(() => connection.start(), (i * stagger) / 1000)
})
const limit = began + seconds * 1e3 + GRACE
if (hold) {
  process.stdin.resume().on('end', report)
  setTimeout(() => firsts < connections && report(), seconds * 1e3 + GRACE)
} else {
  setInterval(() => {
    const now = performance.now()
    if (now >= limit || (now >= began + seconds * 1e3 && result.done >= least)) report()
  }, 5)
}
