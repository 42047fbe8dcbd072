import { connect, createServer } from 'node:net'

/**
 * A way of `delay` ms in each direction. On loopback TCP's handshake takes no time, so the client's first bytes wait for the round trip
 * that it would have taken.
 * @param {number} target port @param {number} delay
 */
export function relay(target, delay) {
  return createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    carry(near, far, delay, performance.now() + 2 * delay)
    carry(far, near, delay, 0)
  })
}

/** @param {import('node:net').Socket} from @param {import('node:net').Socket} to @param {number} delay @param {number} earliest */
function carry(from, to, delay, earliest) {
  /** @type {{ at: number, run: () => void }[]} */
  const queue = []
  const next = () => {
    const now = performance.now()
    while (queue.length > 0 && queue[0].at <= now) queue.shift()?.run()
    if (queue.length > 0) setTimeout(next, queue[0].at - performance.now())
  }
  const later = (/** @type {() => void} */ run) => {
    queue.push({ at: Math.max(performance.now(), earliest) + delay, run })
    if (queue.length === 1) setTimeout(next, queue[0].at - performance.now())
  }
  from.on('data', (chunk) => later(() => to.writable && to.write(chunk)))
  from.on('end', () => later(() => to.end()))
  from.on('error', () => {})
  from.on('close', () => later(() => to.destroy()))
}
