import { describe, expect, it } from 'vitest'
import { definePreset, type Preset } from './define.js'
import { printConfig } from './print.js'
import { resolveConfig } from './resolve.js'

const none = definePreset({ name: 'none', plugins: [] })
const resolve = (raw: object) => resolveConfig({ preset: none, ...raw }, { env: {}, presets: {} })
const problemsOf = (raw: object) => {
  try {
    resolve(raw)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

describe('services', () => {
  it('of the config win over those of presets, and a later preset over an earlier one', () => {
    const [first, second, own] = [() => ({}), () => ({}), () => ({})] as never[]
    const presets: Preset[] = [
      { name: 'first', plugins: [], services: { accounts: first, http: first, transport: first } as never },
      { name: 'second', plugins: [], services: { http: second, transport: second } as never },
    ]
    const config = resolve({ preset: presets, services: { transport: own, logger: undefined } })
    expect(config.services).toEqual({
      accounts: { create: first, from: 'preset first' },
      http: { create: second, from: 'preset second' },
      transport: { create: own, from: 'config' },
    })
    expect(printConfig(config)).toMatch(
      /^services\n {2}accounts +replaced +preset first\n {2}http +replaced +preset second\n {2}transport +replaced +config$/m,
    )
  })

  it('are not shown where none is replaced', () => {
    expect(printConfig(resolve({}))).not.toContain('services')
  })

  it('that are replaced need no account in the config', () => {
    expect(resolve({}).warnings).toMatchObject([expect.stringMatching(/no upstream account/)])
    expect(resolve({ services: { accounts: () => ({}) } }).warnings).toEqual([])
  })

  it.each([
    [
      { acounts: () => ({}) },
      "services.acounts: unknown service; allowed are logger, state, .*did you mean 'accounts'",
    ],
    [{ upstreams: () => ({}) }, 'services.upstreams: unknown service'],
    [{ accounts: {} }, 'services.accounts: expected a function that returns the service, found an object'],
    [{ accounts: 'mine' }, "services.accounts: expected a function that returns the service, found 'mine'"],
    [[], 'services: expected an object of factories, found a list'],
  ])('%j is a problem of the config', (services, words) => {
    expect(problemsOf({ services })).toMatch(new RegExp(words))
  })

  it('of a preset are its problem', () => {
    const preset = { name: 'team', plugins: [], services: { http: 1 } }
    expect(problemsOf({ preset })).toMatch(
      /services\.http \(in preset 'team'\): expected a function .* found 1/,
    )
  })
})
