// Upstreams over TLS, as many as the bench opens, in a process of their own. Steered by messages of its parent.
import { front } from './front.mjs'
import { relay } from './relay.mjs'

/** @type {{ handshakes: number, resumed: number }[]} */
const opened = []

/** @param {import('node:net').Server} server @returns {Promise<number>} */
const listening = (server) =>
  new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port),
    )
  })

process.on('message', async (/** @type {any} */ { id, open, counts }) => {
  if (counts !== undefined) return void process.send?.({ id, answer: opened[counts] })
  const tls = front(open.stub, open.idle)
  const index = opened.push(tls.counts) - 1
  const near = await listening(tls.server)
  const port = open.delay > 0 ? await listening(relay(near, open.delay)) : near
  process.send?.({ id, answer: { index, port } })
})
process.on('disconnect', () => process.exit(0))
