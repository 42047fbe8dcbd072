import { describe, expect, it } from 'vitest'
import { checkPlugin } from './check.js'

const handler = () => undefined

describe('what `create` returns', () => {
  it.each([
    ['handel', 'handle'],
    ['onrequest', 'onRequest'],
    ['setUp', 'setup'],
    ['ondispose', undefined],
    ['endpoint', 'endpoints'],
    ['disposes', 'dispose'],
    ['onRequset', 'onRequest'],
  ])('may not have the slip %s', (name, meant) => {
    const plugin = { [name]: name === 'endpoint' ? [] : handler, onReply: handler }
    if (meant) expect(() => checkPlugin(plugin)).toThrow(`did you mean '${meant}'`)
    else expect(() => checkPlugin(plugin)).not.toThrow() // no hook is meant for sure
  })

  it('may have methods and fields of its own, also near a hook that it has', () => {
    class Own {
      handles = 3
      onRequest() {}
      handle() {}
      handler() {}
      send() {}
      events = new Map()
    }
    expect(() => checkPlugin(new Own())).not.toThrow()
  })

  it('must be there at once', () => {
    expect(() => checkPlugin(Promise.resolve({ onRequest: handler }))).toThrow(
      /returned a promise; wait in `setup`/,
    )
  })
})
