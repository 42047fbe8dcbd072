import { describe, expect, it } from 'vitest'
import { ask } from '../support/client.js'
import { reset, sse, stall } from '../support/script.js'
import { frames } from '../support/sse-bytes.js'
import { direct, stand } from '../support/stand.js'
import { cutRows, EVENTS } from './rows/cuts.js'
import { observeRows } from './run.js'

observeRows('cut short', cutRows)

describe('after each of its events', () => {
  // Without `message_stop`: what follows that are rows of the table.
  const counts = EVENTS.map((_event, i) => i + 1).slice(0, -1)
  const body = ask({ stream: true })

  it('a reset: the client gets exactly those and no end', async () => {
    for (const n of counts) {
      const { up, send } = await stand(() => sse(EVENTS.slice(0, n), { ending: reset() }))
      const seen = await send({ body })
      expect(seen.end).toBe('broken')
      expect(seen.text()).toBe(Buffer.concat(frames(EVENTS.slice(0, n))).toString())
      expect(up.requests).toHaveLength(1)
    }
  })

  it('a stall: the client gets exactly those and an `event: error`, and the upstream call is cancelled', async () => {
    const config = (url: string) => ({
      ...direct(url),
      plugins: { ...direct(url).plugins, 'stream-guard': { idleTimeout: 200 } },
    })
    const seen = await Promise.all(
      counts.map(async (n) => {
        const { up, send } = await stand(() => sse(EVENTS.slice(0, n), { ending: stall() }), { config })
        const { body: bytes, end } = await send({ body })
        await expect.poll(() => up.requests[0]!.aborted).toBe(true)
        const sent = Buffer.concat(frames(EVENTS.slice(0, n))).toString()
        return { end, sent: bytes.toString().startsWith(sent), rest: bytes.toString().slice(sent.length) }
      }),
    )
    for (const { end, sent, rest } of seen) {
      expect({ end, sent }).toEqual({ end: 'clean', sent: true })
      expect(rest).toMatch(
        /^event: error\ndata: {"type":"error","error":{"type":"overloaded_error",.*stalled.*}}\n\n$/,
      )
    }
  })
})
