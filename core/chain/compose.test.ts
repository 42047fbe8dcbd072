import { describe, expect, it, vi } from 'vitest'
import { makeCall } from '../../testing.js'
import type { Call, RouteName } from '../contract/call.js'
import type { ByteSource } from '../contract/http.js'
import type { Next, Plugin } from '../contract/plugin.js'
import { ClientGoneError, GatewayError, PluginError, UpstreamError } from '../errors/gateway-errors.js'
import { Reply } from '../exchange/reply.js'
import { StreamEvent } from '../stream/sse-event.js'
import { type Chain, compose } from './compose.js'
import type { Link } from './link.js'
import { nobodyAnswered } from './local-routes.js'

const link = (name: string, plugin: Plugin, routes: Link['routes'] = ['messages']): Link => ({
  name,
  plugin,
  routes,
})
const stream = () => Reply.events([{ type: 'x' }])

/** A plugin that writes down each of its hooks, and changes nothing. */
function spy(name: string, log: string[]): Link {
  return link(name, {
    onRequest: () => void log.push(`${name}.onRequest`),
    async handle(call, next) {
      log.push(`${name}.handle`)
      const reply = await next(call)
      log.push(`${name}.handle back`)
      return reply
    },
    onEvent: () => void log.push(`${name}.onEvent`),
    onReply: () => void log.push(`${name}.onReply`),
  })
}

async function failure(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => undefined,
    (error) => error,
  )
}

const through = async (chain: Chain, call: Call) => (await chain.head(call)) ?? chain.run(call)

describe('the order of the hooks', () => {
  it('is in through onRequest and handle, out through handle and onReply in reverse, events last', async () => {
    const log: string[] = []
    const end: Next = async () => {
      log.push('end')
      return stream()
    }
    const reply = await compose([spy('a', log), spy('b', log)], end).run(makeCall())
    expect(log.splice(0)).toEqual([
      'a.onRequest',
      'a.handle',
      'b.onRequest',
      'b.handle',
      'end',
      'b.handle back',
      'b.onReply',
      'a.handle back',
      'a.onReply',
    ])
    await reply.bytes()
    expect(log).toEqual(['b.onEvent', 'a.onEvent'])
  })

  it('is head first, in the order of the chain, until one answers', async () => {
    const log: string[] = []
    const head = (name: string, reply?: Reply) =>
      link(name, {
        onHeaders() {
          log.push(name)
          return reply
        },
      })
    const chain = compose([head('a'), head('b', Reply.json('b')), head('c')], nobodyAnswered)
    expect(await (await chain.head(makeCall()))!.json()).toBe('b')
    expect(log).toEqual(['a', 'b'])
    expect(await compose([head('a')], nobodyAnswered).head(makeCall())).toBeUndefined()
  })
})

describe('onRequest', () => {
  it('passes a changed call on, and nobody further out sees it', async () => {
    const seen: string[] = []
    const chain = compose(
      [
        link('outer', { onReply: (_reply, call) => void seen.push(call.model) }),
        link('rename', { onRequest: (call) => call.with({ body: { ...call.body, model: 'new' } }) }),
        link('inner', { onRequest: (call) => void seen.push(call.model) }),
      ],
      async () => stream(),
    )
    await chain.run(makeCall({ model: 'old' }))
    expect(seen).toEqual(['new', 'old'])
  })

  it('that answers ends the way in: outer plugins see the reply, its own onReply and inner ones see nothing', async () => {
    const log: string[] = []
    const answer = spy('answer', log)
    const chain = compose(
      [
        spy('outer', log),
        { ...answer, plugin: { ...answer.plugin, onRequest: () => Reply.json('here') } },
        spy('inner', log),
      ],
      nobodyAnswered,
    )
    expect(await (await chain.run(makeCall())).json()).toBe('here')
    expect(log).toEqual(['outer.onRequest', 'outer.handle', 'outer.handle back', 'outer.onReply'])
  })
})

describe('next', () => {
  it('may be called again and again, and runs everything further in anew each time', async () => {
    const log: string[] = []
    const retry = link('retry', {
      async handle(call, next) {
        for (let i = 0; i < 4; i++) await next(call.with({ query: `?${i}` }))
        return next(call)
      },
    })
    const queries: string[] = []
    const chain = compose([retry, spy('inner', log)], async (call) => {
      queries.push(call.query)
      return Reply.json({})
    })
    await chain.run(makeCall())
    expect(queries).toEqual(['?0', '?1', '?2', '?3', ''])
    expect(log.filter((entry) => entry === 'inner.onRequest')).toHaveLength(5)
  })

  it('may be called at the same time', async () => {
    const race = link('race', { handle: (call, next) => Promise.any([next(call), next(call)]) })
    let calls = 0
    const chain = compose([race], async () => {
      if (++calls === 1) throw new UpstreamError('reset', 'lost')
      return Reply.json(calls)
    })
    expect(await (await chain.run(makeCall())).json()).toBe(2)
  })

  it('need not be called', async () => {
    const chain = compose([link('stop', { handle: async () => Reply.json('stop') })], nobodyAnswered)
    expect(await (await chain.run(makeCall())).json()).toBe('stop')
  })
})

describe('an error of a plugin', () => {
  const boom = new Error('sk-secret')
  const throwing: [string, Plugin][] = [
    ['onHeaders', { onHeaders: () => Promise.reject(boom) }],
    [
      'onRequest',
      {
        onRequest() {
          throw boom
        },
      },
    ],
    ['handle', { handle: () => Promise.reject(boom) }],
    ['onReply', { onReply: () => Promise.reject(boom) }],
  ]

  it.each(throwing)(
    'in %s is wrapped once and names the plugin and the hook, not the cause',
    async (hook, plugin) => {
      const passing = { handle: (call: never, next: Next) => next(call), onReply: () => {} }
      const chain = compose(
        [link('outer', passing), link('faulty', plugin), link('inner', passing)],
        async () => Reply.json({}),
      )
      const call = makeCall()
      const error = await failure(through(chain, call))
      expect(PluginError.is(error)).toBe(true)
      expect(error).toMatchObject({ plugin: 'faulty', hook, cause: boom })
      expect((error as Error).message).toBe(`plugin 'faulty' failed in ${hook}`)
    },
  )

  it('in onEvent ends the stream with an error event that names it', async () => {
    const chain = compose(
      [
        link('faulty', {
          onEvent() {
            throw boom
          },
        }),
      ],
      async () => stream(),
    )
    const reply = await chain.run(makeCall())
    const text = await new Promise<string>((resolve) => {
      let seen = ''
      const end = () => resolve(seen)
      reply.source().pipe({
        data(chunk) {
          seen += chunk
        },
        end,
        error: end,
      })
    })
    expect(text).toContain('event: error\n')
    expect(text).toContain("plugin 'faulty' failed in onEvent")
    expect(text).not.toContain('sk-secret')
  })

  it.each([
    ['GatewayError', new GatewayError('permission_error', 'no')],
    ['UpstreamError', new UpstreamError('reset', 'lost')],
    ['ClientGoneError', new ClientGoneError()],
  ])('of the gateway’s own kind passes as it is: %s', async (_name, error) => {
    const chain = compose(
      [
        link('a', { handle: (call, next) => next(call) }),
        link('b', { onRequest: () => Promise.reject(error) }),
      ],
      nobodyAnswered,
    )
    expect(await failure(chain.run(makeCall()))).toBe(error)
  })

  it('is known by its brand, so that another copy of the class is known too', async () => {
    const foreign = Object.assign(new Error('no'), { [Symbol.for('agproxy.error')]: 'gateway' })
    const chain = compose([link('a', { handle: () => Promise.reject(foreign) })], nobodyAnswered)
    expect(await failure(chain.run(makeCall()))).toBe(foreign)
    expect(GatewayError.is(foreign)).toBe(true)
    for (const other of [undefined, null, 'text', new Error('x'), {}])
      expect(GatewayError.is(other)).toBe(false)
  })

  it('can be caught by a plugin further out', async () => {
    const chain = compose(
      [
        link('catch', { handle: (call, next) => next(call).catch((e: PluginError) => Reply.json(e.plugin)) }),
        link('faulty', { handle: () => Promise.reject(boom) }),
      ],
      nobodyAnswered,
    )
    expect(await (await chain.run(makeCall())).json()).toBe('faulty')
  })

  it.each<[string, Plugin, RegExp]>([
    [
      'handle without a reply',
      { handle: async () => undefined as never },
      /handle must return a Reply.*undefined/,
    ],
    ['handle with null', { handle: async () => null as never }, /null/],
    ['handle with a call', { handle: async (call) => call as never }, /handle must return a Reply/],
    ['onRequest with a text', { onRequest: () => 'no' as never }, /onRequest must return/],
    ['onRequest with a plain object', { onRequest: () => ({}) as never }, /onRequest must return/],
    ['onRequest with null', { onRequest: () => null as never }, /onRequest must return/],
    ['onReply with a response', { onReply: () => new Response('x') as never }, /onReply must return/],
    ['onHeaders with a call', { onHeaders: (head) => head as never }, /onHeaders must return/],
  ])('is a result of the wrong type too: %s', async (_what, plugin, words) => {
    const chain = compose([link('faulty', plugin)], async () => Reply.json({}))
    const call = makeCall()
    const error = await failure(through(chain, call))
    expect(error).toMatchObject({
      plugin: 'faulty',
      cause: expect.objectContaining({ message: expect.stringMatching(words) }),
    })
  })
})

describe('an onReply that fails', () => {
  const boom = () => {
    throw new Error('a bug')
  }
  const faults: [string, Plugin['onReply']][] = [
    ['throws', boom],
    ['rejects', async () => boom()],
    ['returns the wrong thing', () => 'text' as never],
    ['resolves with the wrong thing', async () => null as never],
    [
      'throws when it has read a part',
      async (reply) => {
        for await (const _event of reply.events()) boom()
      },
    ],
    ['throws an error of the gateway’s own kind', () => Promise.reject(new ClientGoneError())],
  ]

  it.each(faults)('and %s discards the reply that it got', async (_what, onReply) => {
    const cancel = vi.fn()
    const source: ByteSource = {
      pipe: (sink) => sink.data(StreamEvent.of({ type: 'x' }).raw),
      pause() {},
      resume() {},
      cancel,
    }
    const headers = { 'content-type': 'text/event-stream' }
    const outer = vi.fn()
    const chain = compose([link('outer', { onReply: outer }), link('faulty', { onReply })], async () =>
      Reply.stream(source, { headers }),
    )
    expect(await failure(chain.run(makeCall()))).toBeInstanceOf(Error)
    expect(cancel).toHaveBeenCalled()
    expect(outer).not.toHaveBeenCalled()
  })
})

describe('onEvent', () => {
  it('of several plugins runs in one pass, the innermost first', async () => {
    const add = (name: string) =>
      link(name, {
        onEvent: (event) => event.with({ ...event.data, by: [...((event.data.by as string[]) ?? []), name] }),
      })
    const chain = compose([add('outer'), add('inner')], async () => stream())
    const reply = await chain.run(makeCall())
    for await (const event of reply.events()) expect(event.data.by).toEqual(['inner', 'outer'])
  })

  it('is not asked about answers that are no event stream', async () => {
    const reply = Reply.json({ type: 'message' })
    const chain = compose([link('a', { onEvent: () => [] })], async () => reply)
    expect(await chain.run(makeCall())).toBe(reply)
  })

  it('gets the call as this plugin got it', async () => {
    const models: string[] = []
    const chain = compose(
      [
        link('outer', { onEvent: (_event, call) => void models.push(call.model) }),
        link('rename', { onRequest: (call) => call.with({ body: { ...call.body, model: 'new' } }) }),
        link('inner', { onEvent: (_event, call) => void models.push(call.model) }),
      ],
      async () => stream(),
    )
    await (await chain.run(makeCall({ model: 'old' }))).bytes()
    expect(models).toEqual(['new', 'old'])
  })

  it('can add events', async () => {
    const chain = compose([link('a', { onEvent: (e) => [e, StreamEvent.of({ type: 'y' })] })], async () =>
      stream(),
    )
    expect(await (await chain.run(makeCall())).text()).toBe(
      'event: x\ndata: {"type":"x"}\n\nevent: y\ndata: {"type":"y"}\n\n',
    )
  })
})

describe('onStreamEnd', () => {
  const counting = (name: string) => {
    let events = 0
    return link(name, {
      onEvent: () => void events++,
      onStreamEnd: (call) => StreamEvent.of({ type: name, events, model: call.model }),
    })
  }

  it('adds events that plugins further out see, each plugin in its turn', async () => {
    const chain = compose([counting('outer'), link('none', {}), counting('inner')], async () => stream())
    const reply = await chain.run(makeCall({ model: 'm' }))
    const seen: unknown[] = []
    for await (const event of reply.events()) seen.push(event.data)
    expect(seen).toEqual([
      { type: 'x' },
      { type: 'inner', events: 1, model: 'm' },
      { type: 'outer', events: 2, model: 'm' },
    ])
  })

  it('needs no onEvent, and leaves JSON alone', async () => {
    const ends = link('ends', { onStreamEnd: () => StreamEvent.of({ type: 'y' }) })
    const events = await (await compose([ends], async () => stream()).run(makeCall())).text()
    expect(events).toContain('event: y')
    const reply = Reply.json({})
    expect(await compose([ends], async () => reply).run(makeCall())).toBe(reply)
  })

  it.each([
    [() => ({ type: 'y' }) as never, 'onStreamEnd must return an event'],
    [
      () => {
        throw new Error('broken')
      },
      'broken',
    ],
  ])('that fails is told as its plugin’s fault', async (onStreamEnd, words) => {
    const reply = await compose([link('bad', { onStreamEnd })], async () => stream()).run(makeCall())
    await expect(reply.bytes()).rejects.toMatchObject({
      plugin: 'bad',
      hook: 'onStreamEnd',
      cause: { message: expect.stringContaining(words) },
    })
  })
})

describe('routes', () => {
  const seen = async (routes: Link['routes'], route: RouteName) => {
    let heads = 0
    let calls = 0
    const plugin: Plugin = { onHeaders: () => void heads++, onRequest: () => void calls++ }
    const chain = compose([link('a', plugin, routes)], async () => Reply.json({}))
    const call = makeCall({}, { route })
    await chain.head(call)
    await chain.run(call)
    return [heads, calls]
  }

  it('say which calls a plugin sees', async () => {
    expect(await seen(['messages'], 'messages')).toEqual([1, 1])
    expect(await seen(['messages'], 'count-tokens')).toEqual([0, 0])
    expect(await seen(['models', 'model'], 'model')).toEqual([1, 1])
    expect(await seen('all', 'not-found')).toEqual([1, 1])
  })
})

describe('a call that no plugin answers', () => {
  it('is an error that says how to look at the chain', async () => {
    const error = await failure(compose([], nobodyAnswered).run(makeCall()))
    expect(error).toMatchObject({
      status: 500,
      message: expect.stringMatching(/POST \/v1\/messages.*agproxy check/),
    })
  })
})
