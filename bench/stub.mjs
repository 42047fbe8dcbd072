// stub.c in Node, for machines without a C compiler: the same answers, the same way to steer it.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const STAMP_SIZE = 19
const END_OF_HEAD = Buffer.from('\r\n\r\n')
const ASKS_FOR_STREAM = Buffer.from('"stream":true')

/** @type {Record<string, Buffer>} */
let files = {}
let interval = 20_000
let events = 0
let stats = { requests: 0, min: 0, max: 0 }
/** @type {Buffer} */
let first = Buffer.alloc(0)

/** @param {string} lines */
function set(lines) {
  const settings = Object.fromEntries(lines.split('\n').map((line) => line.split(/ (.*)/s, 2)))
  const named = ['json', 'sse', 'head', 'event', 'tail'].filter((name) => settings[name])
  files = Object.fromEntries(named.map((name) => [name, readFileSync(settings[name])]))
  interval = Number(settings.interval ?? interval)
  events = Number(settings.events ?? events)
  stats = { requests: 0, min: 0, max: 0 }
}

/** @param {import('node:net').Socket} socket */
function pace(socket) {
  const { event, tail } = files
  const at = event.indexOf('0'.repeat(STAMP_SIZE))
  const began = performance.now()
  let sent = 0
  const next = () => {
    if (socket.destroyed) return
    const stamped = Buffer.from(event)
    stamped.write(String(process.hrtime.bigint()).padStart(STAMP_SIZE, '0'), at)
    socket.write(++sent === events ? Buffer.concat([stamped, tail]) : stamped)
    if (sent < events) setTimeout(next, began + ((sent + 1) * interval) / 1000 - performance.now())
  }
  setTimeout(next, interval / 1000)
}

/** @param {import('node:net').Socket} socket @param {string} path @param {Buffer} body */
function answer(socket, path, body) {
  const text = (/** @type {string | Buffer} */ said) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(said)}\r\n\r\n`)
    socket.write(said)
  }
  if (path === '/__bench/set') {
    set(body.toString())
    return text('ok')
  }
  if (path === '/__bench/stats') return text(JSON.stringify(stats))
  if (path === '/__bench/first') return text(stats.requests > 0 ? first : '')
  if (stats.requests++ === 0) {
    first = Buffer.from(body)
    stats.min = body.length
  }
  stats.min = Math.min(stats.min, body.length)
  stats.max = Math.max(stats.max, body.length)
  const { head, json, sse } = files
  if (head) {
    socket.write(head)
    return pace(socket)
  }
  socket.write(sse && (!json || body.includes(ASKS_FOR_STREAM)) ? sse : json)
}

const server = createServer({ noDelay: true }, (socket) => {
  /** @type {Buffer[]} */
  let chunks = []
  let have = 0
  let want = 0
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    have += chunk.length
    while (have > 0 && have >= want) {
      const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
      chunks = [bytes]
      const end = bytes.indexOf(END_OF_HEAD)
      if (end < 0) return
      const head = bytes.latin1Slice(0, end)
      if (/\r\ntransfer-encoding:/i.test(head))
        return void socket.end('HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\n\r\n')
      want = end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (have < want) return
      answer(socket, head.split(' ', 2)[1], bytes.subarray(end + 4, want))
      chunks = have > want ? [bytes.subarray(want)] : []
      have -= want
      want = 0
    }
  })
})

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  process.stdout.write(`${port}\n`)
})
