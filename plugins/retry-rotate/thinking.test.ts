import { expect, it } from 'vitest'
import { makeCall } from '../../testing.js'
import { withoutThinking } from './thinking.js'

it('takes out as many blocks as there are', () => {
  const thinking = Array.from({ length: 160_000 }, () => ({ type: 'thinking' }))
  const content = [{ type: 'text', text: 'a' }, ...thinking]
  const call = makeCall({ messages: [{ role: 'assistant', content }] })
  const edits = withoutThinking(call.tree, 'thinking: invalid signature', false)!
  expect(call.edit(edits).body.messages).toEqual([
    { role: 'assistant', content: [{ type: 'text', text: 'a' }] },
  ])
})

it('takes out messages that are nothing else', () => {
  const messages = Array.from({ length: 3 }, () => ({ role: 'user', content: [{ type: 'thinking' }] }))
  const call = makeCall({ messages: [{ role: 'user', content: 'a' }, ...messages] as never })
  const edits = withoutThinking(call.tree, 'thinking: invalid signature', false)!
  expect(call.edit(edits).body.messages).toEqual([{ role: 'user', content: 'a' }])
})
