import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { inject } from 'tsyringe'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Logger, Token } from '../contract/services.js'
import { Call, definePlugin, type PluginDefinition, Reply } from '../index.js'
import { tokens } from '../plugin/tokens.js'
import { buildPlugin, type Container, createContainer, provide } from './container.js'

function logger(lines: object[], bound: object = {}): Logger {
  const log = (first: object | string) =>
    void lines.push(typeof first === 'string' ? bound : { ...bound, ...first })
  return {
    debug: log,
    info: log,
    warn: log,
    error: log,
    child: (fields) => logger(lines, { ...bound, ...fields }),
  }
}

function container(lines: object[] = []): Container {
  const own = createContainer()
  provide(own, tokens.logger, logger(lines))
  provide(own, tokens.server, { host: '127.0.0.1', port: 1, loopback: true })
  return own
}

const definition = (fields: object): PluginDefinition =>
  definePlugin({ name: 'mine', phase: 'request', ...fields } as never).definition
const call = Call.of({ id: 'req_1' })

describe('a plugin as a class', () => {
  it('gets its services and its own options by constructor', async () => {
    class Mine {
      constructor(
        @inject(tokens.options) private readonly options: { text: string },
        @inject(tokens.server) private readonly server: { port: number },
      ) {}
      onRequest() {
        return Reply.json([this.options.text, this.server.port])
      }
    }
    const link = buildPlugin(container(), definition({ use: Mine }), { text: 'hi' })
    expect(await ((await link.plugin.onRequest!(call)) as Reply).json()).toEqual(['hi', 1])
    expect([link.name, link.routes]).toEqual(['mine', ['messages']])
  })

  it('needs nothing if it takes nothing', () => {
    class Bare {}
    expect(buildPlugin(container(), definition({ use: Bare }), undefined).plugin).toBeInstanceOf(Bare)
  })

  it('with a parameter without @inject is an error that names plugin and parameter', () => {
    class Careless {
      constructor(
        @inject(tokens.options) readonly options: object,
        readonly server: object,
      ) {}
    }
    expect(() => buildPlugin(container(), definition({ use: Careless }), {})).toThrow(
      "parameter 2 of Careless's constructor needs @inject(tokens.…)",
    )
  })

  it('whose services come by inheritance, from a class without a constructor of its own, is an error too', () => {
    class Base {
      constructor(@inject(tokens.options) readonly options: object) {}
    }
    class Heir extends Base {}
    expect(() => buildPlugin(container(), definition({ use: Heir }), {})).toThrow(/Heir.*constructor/)
  })

  it('may take services that are classes, built for it, and ones that nobody need provide', () => {
    class Clock {
      constructor(@inject(tokens.server) readonly server: { port: number }) {}
    }
    class Mine {
      constructor(
        @inject(Clock) readonly clock: Clock,
        @inject(Symbol.for('agproxy.nothing'), { isOptional: true }) readonly nothing?: object,
      ) {}
    }
    const { plugin } = buildPlugin(container(), definition({ use: Mine }), {})
    expect(plugin).toMatchObject({ clock: { server: { port: 1 } }, nothing: undefined })
  })

  it('is forgotten with its chain: each reload brings a class of its own, and the module that it is from', async () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const build = () => {
      class Mine {
        constructor(@inject(tokens.options) readonly options: object) {}
      }
      buildPlugin(container(), definition({ use: Mine }), {})
      return new WeakRef(Mine)
    }
    const refs = Array.from({ length: 20 }, build)
    await new Promise(setImmediate)
    collect()
    expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([])
  })

  it('that asks for a service nobody provides is an error that names it', () => {
    class Lost {
      constructor(@inject(Symbol.for('agproxy.nothing')) readonly nothing: object) {}
    }
    expect(() => buildPlugin(container(), definition({ use: Lost }), {})).toThrow(/agproxy\.nothing/)
  })
})

describe('a plugin as a function', () => {
  it('gets its name, its options and the services', () => {
    const lines: object[] = []
    const own = container(lines)
    const other = Symbol.for('test.other') as Token<string>
    provide(own, other, 'service')
    const seen: unknown[] = []
    const { definition } = definePlugin({
      name: 'mine',
      phase: 'request',
      options: z.strictObject({ a: z.number() }),
      create(context) {
        seen.push(context.name, context.options.a, context.server.port, context.resolve(other))
        context.logger.info({ x: 1 })
        return {}
      },
    })
    buildPlugin(own, definition as never, { a: 1 })
    expect(seen).toEqual(['mine', 1, 1, 'service'])
    expect(lines).toEqual([{ plugin: 'mine', x: 1 }])
  })

  it('does not touch services that it does not ask for', () => {
    const bare = createContainer()
    provide(bare, tokens.logger, logger([]))
    expect(() => buildPlugin(bare, definition({ create: () => ({}) }), undefined)).not.toThrow()
    expect(() =>
      buildPlugin(bare, definition({ create: ({ accounts }: never) => ({ accounts }) }), undefined),
    ).toThrow(/accounts/)
  })
})

describe('containers', () => {
  it('of two chains do not see each other’s services', () => {
    class Mine {
      constructor(
        @inject(tokens.server) readonly server: { port: number },
        @inject(tokens.options) readonly options: object,
      ) {}
    }
    const first = createContainer()
    const second = createContainer()
    for (const [own, port] of [
      [first, 1],
      [second, 2],
    ] as const) {
      provide(own, tokens.logger, logger([]))
      provide(own, tokens.server, { host: 'x', port, loopback: true })
    }
    const build = (own: Container, options: object) =>
      buildPlugin(own, definition({ use: Mine }), options).plugin as unknown as Mine
    const a = build(first, { a: 1 })
    const b = build(second, { b: 2 })
    expect([a.server.port, b.server.port]).toEqual([1, 2])
    expect([a.options, b.options]).toEqual([{ a: 1 }, { b: 2 }])
    expect(build(first, {})).not.toBe(a)
  })

  it('of two plugins in a chain keep their options apart', () => {
    const chain = container()
    const seen: unknown[] = []
    const create = ({ options }: { options: unknown }) => {
      seen.push(options)
      return {}
    }
    buildPlugin(chain, definition({ name: 'one', create }), 1)
    buildPlugin(chain, definition({ name: 'two', create }), 2)
    expect(seen).toEqual([1, 2])
  })
})

describe('definePlugin', () => {
  it.each([
    ['Upper', { create: () => ({}) }, /lower case/],
    ['with space', { create: () => ({}) }, /lower case/],
    ['both', { create: () => ({}), use: class {} }, /either `use`.*or `create`/],
    ['neither', {}, /either `use`.*or `create`/],
  ])('refuses %s', (name, fields, words) => {
    expect(() => definePlugin({ name, phase: 'request', ...fields } as never)).toThrow(words)
  })
})
