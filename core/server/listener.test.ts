import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Matched } from './handle.js'
import { whenAsked } from './listener.js'

/** Asks for a path; what was served, and as what. */
function standIn(load?: () => Promise<never>) {
  const served: Matched[] = []
  const serve = async (_req: unknown, _res: unknown, matched: Matched) => {
    served.push(matched)
  }
  const listener: RequestListener = whenAsked(serve, () => {}, load)
  const ask = async (url: string, destroyed = false) => {
    listener({ url } as IncomingMessage, { destroyed } as ServerResponse)
    await new Promise(setImmediate)
  }
  return { served, ask }
}

describe('routes that are found by h3', () => {
  it('are found without it where it cannot be loaded', async () => {
    const { served, ask } = standIn(() => Promise.reject(new Error('EMFILE: too many open files')))
    for (const url of ['/v1/v1/models/some?x=1', '/_agproxy/api/usage', '/messages']) await ask(url)
    expect(served.map(({ route, params }) => [route?.name, params])).toEqual([
      ['model', { id: 'some' }],
      [undefined, {}],
      ['messages', {}],
    ])
  })

  it('are not served to a client that went while it was loaded', async () => {
    const { served, ask } = standIn(() => Promise.reject(new Error('EMFILE: too many open files')))
    await ask('/v1/models/some', true)
    expect(served).toEqual([])
  })
})
