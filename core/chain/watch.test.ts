import { describe, expect, it } from 'vitest'
import { makeCall, messageReply } from '../../testing.js'
import type { Call } from '../contract/call.js'
import type { Plugin, Step } from '../contract/plugin.js'
import type { PluginError } from '../errors/gateway-errors.js'
import { compose } from './compose.js'
import type { Link } from './link.js'

const link = (name: string, plugin: Plugin, touches?: readonly string[]): Link => ({
  name,
  routes: ['messages'],
  plugin,
  touches,
})

function watched(links: readonly Link[], onStep?: (step: Step, call: Call) => void) {
  const seen: string[] = []
  const errors: PluginError[] = []
  const look = link('trace', {
    onStep: (step, call) => {
      seen.push(`${step.way} ${step.plugin ?? 'upstream'} ${call.model}`)
      onStep?.(step, call)
    },
  })
  const chain = compose(
    [look, ...links],
    async () => messageReply(),
    (error) => errors.push(error),
  )
  return { chain, seen, errors }
}

describe('an onlooker', () => {
  it('sees each plugin’s call, and the replies of those that have a part in the way out', async () => {
    const { chain, seen } = watched([
      link('rename', { onRequest: (call) => call.set({ model: 'b' }) }),
      link('retry', { handle: (call, next) => next(call).then(() => next(call.set({ model: 'c' }))) }),
      link('stamp', { onReply: (reply) => reply }),
    ])
    await chain.run(makeCall({ model: 'a' }))
    expect(seen).toEqual([
      'in trace a',
      'in rename a',
      'in retry b',
      ...['b', 'c'].flatMap((model) => [`in stamp ${model}`, `in upstream ${model}`, `out stamp ${model}`]),
      'out retry b',
    ])
  })

  it('gets the same step for the same place, with what the plugin declares', async () => {
    const steps: Step[] = []
    const { chain } = watched([link('fix', { onRequest: () => {} }, ['max_tokens'])], (step) =>
      steps.push(step),
    )
    await chain.run(makeCall())
    await chain.run(makeCall())
    expect(steps.slice(3)).toEqual(steps.slice(0, 3))
    expect(steps[4]).toBe(steps[1])
    expect(steps[1]).toEqual({ plugin: 'fix', way: 'in', position: 1, touches: ['max_tokens'] })
  })

  it('that wants none of a request is called once for it', async () => {
    const seen: string[] = []
    const look = link('trace', {
      onStep: (step, call) => {
        seen.push(`${step.position} ${call.model}`)
        return call.model === 'a' ? false : undefined
      },
    })
    const chain = compose([look, link('stamp', { onReply: (reply) => reply })], async () => messageReply())
    await chain.run(makeCall({ model: 'a' }))
    expect(seen).toEqual(['0 a'])
    await chain.run(makeCall({ model: 'b' }))
    expect(seen).toEqual(['0 a', '0 b', '1 b', '2 b', '1 b'])
  })

  it('sees what another one does not want', async () => {
    const seen: number[] = []
    const bored = link('bored', { onStep: () => false })
    const keen = link('keen', { onStep: ({ position }) => void seen.push(position) })
    await compose([bored, keen], async () => messageReply()).run(makeCall())
    expect(seen).toEqual([0, 1, 2])
  })

  it('that throws harms no request, and is told', async () => {
    const { chain, errors } = watched([], () => {
      throw new Error('blind')
    })
    expect((await chain.run(makeCall())).status).toBe(200)
    expect(errors[0]).toMatchObject({ plugin: 'trace', hook: 'onStep', cause: { message: 'blind' } })
  })
})
