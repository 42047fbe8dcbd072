import { expect, it } from 'vitest'
import { makeCall } from '../../testing.js'
import { sessionOf } from '../accounts/session-id.js'
import { withoutMembers } from '../json/edit.js'

const without = (call: ReturnType<typeof makeCall>, name: string) =>
  call.edit(withoutMembers(call.tree, (key) => key.is(name)))

it('a field that was cut out and then set again leaves valid JSON with the new value', () => {
  const call = without(makeCall({ metadata: { user_id: 'x' }, stream: true }), 'metadata')
  const { bytes } = call.set({ metadata: { user_id: 'y' }, stream: false })
  expect(JSON.parse(bytes.toString())).toMatchObject({ metadata: { user_id: 'y' }, stream: false })
})

it('a scalar that was cut out is gone at once, before anybody reads the bytes', () => {
  expect(without(makeCall({ stream: true }), 'stream').stream).toBe(false)
})

it.each(['zai:a\r\nx: 1', 'zai:\u017e', 'a'.repeat(257)])(
  'a model name that no header could carry is a 400: %j',
  (model) => {
    expect(() => makeCall({ model }).tree).toThrow(/model: Input should be printable ASCII/)
  },
)

it('a long user id made to be slow is passed over', () => {
  const call = makeCall({ metadata: { user_id: `${'_session_'.repeat(40_000)}!` } })
  const before = performance.now()
  expect(sessionOf(call)).toBeUndefined()
  expect(performance.now() - before).toBeLessThan(500)
})
