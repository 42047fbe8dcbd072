import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createServer } from 'node:tls'

const pem = (/** @type {string} */ name) =>
  readFileSync(new URL(`../../test/fixtures/tls/${name}`, import.meta.url))

/**
 * TLS in front of the stub: counts handshakes, and closes connections that had no byte for `idle` ms, as upstreams do after a minute or
 * so; 0: never.
 * @param {number} stub port @param {number} idle
 */
export function front(stub, idle) {
  const counts = { handshakes: 0, resumed: 0 }
  const options = { key: pem('key.pem'), cert: pem('self-signed.pem'), noDelay: true }
  const server = createServer(options, (near) => {
    counts.handshakes++
    if (near.isSessionReused()) counts.resumed++
    const far = connect({ port: stub, host: '127.0.0.1', noDelay: true })
    if (idle > 0) near.setTimeout(idle, () => near.end())
    near.pipe(far).pipe(near)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ])
      one.on('error', () => {}).on('close', () => other.destroy())
  })
  return { server, counts }
}
