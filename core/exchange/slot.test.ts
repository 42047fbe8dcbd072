import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { makeCall } from '../../testing.js'
import { slot } from './slot.js'

it('is one object for all calls that come of one request, and another for each other request', () => {
  let made = 0
  const own = slot(() => ({ n: ++made, list: [] as string[] }))
  const call = makeCall()
  own(call).list.push('head')
  own(call.with({ query: '?a' })).list.push('with')
  own(call.set({ max_tokens: 1 })).list.push('set')
  own({ record: call.record }).list.push('record')
  expect(own(call)).toEqual({ n: 1, list: ['head', 'with', 'set', 'record'] })
  expect(own(makeCall())).toEqual({ n: 2, list: [] })
})

it('is each plugin’s own', () => {
  const call = makeCall()
  const [first, second] = [slot(() => ({})), slot(() => ({}))]
  expect(first(call)).not.toBe(second(call))
})

it('goes with its request', async () => {
  const own = slot(() => ({ text: 'x' }))
  const states = new Set<WeakRef<object>>()
  for (let i = 0; i < 100; i++) states.add(new WeakRef(own(makeCall())))
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await setTimeout(10) // a WeakRef holds its object for the rest of its turn
  collect()
  expect([...states].filter((state) => state.deref()).length).toBeLessThan(50)
})
