import { expect, it } from 'vitest'
import { ask } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { delay, end, head, write } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { direct, stand } from '../support/stand.js'
import { lengthRows } from './rows/lengths.js'
import { observeRows } from './run.js'

observeRows('lying about its length', lengthRows)

it('heartbeats fit into a stream whose length the upstream stated', async () => {
  const [first, ...rest] = frames(messageEvents())
  const length = Buffer.concat([first!, ...rest]).length
  const headers = { 'content-type': 'text/event-stream', 'content-length': String(length) }
  const { send } = await stand(() => [head(200, headers), write(first!), delay(150), write(rest), end()], {
    config: (url) => ({
      ...direct(url),
      plugins: { ...direct(url).plugins, 'stream-guard': { heartbeat: 40 } },
    }),
  })
  const seen = await send({ body: ask({ stream: true }) })
  expect(seen.end).toBe('clean')
  expect(seen.text()).toContain(': keep-alive')
  expect(seen.text()).toMatch(/event: message_stop\ndata: .*\n\n$/)
})
