import { expect, it } from 'vitest'
import { messageEvents } from '../../test/support/messages.js'
import { frames } from '../../test/support/sse-bytes.js'
import { MessageStop } from './message-stop.js'

const answer = messageEvents({ text: 'event: message_stop\ndata: {"type":"message_stop"}\n\n' })

it.each(['\n', '\r\n', '\r'] as const)('is seen wherever the chunks break, with line ends %j', (eol) => {
  const bytes = Buffer.concat(frames(answer, { eol }))
  const last = eol === '\r\n' ? 1 : 0 // a CR alone ends a line too
  for (let cut = 0; cut < bytes.length - last; cut++) {
    const sign = new MessageStop()
    expect(sign.saw(bytes.subarray(0, cut))).toBe(false)
    expect(sign.saw(bytes.subarray(cut))).toBe(true)
  }
})

it('is not taken from an answer that speaks of it', () => {
  const sign = new MessageStop()
  const seen = frames(answer.slice(0, -1)).map((frame) => sign.saw(frame))
  expect(seen).not.toContain(true)
})

it('may carry more fields', () => {
  const sign = new MessageStop()
  sign.saw(Buffer.from('event: message_delta\ndata: {}\n\n'))
  const metrics = 'x'.repeat(300)
  expect(sign.saw(Buffer.from(`event: message_stop\nid: 7\ndata: {"metrics":"${metrics}"}\n\n`))).toBe(true)
})
