import { describe, expect, it } from 'vitest'
import type { PluginDefinition } from '../core/contract/plugin.js'
import { FORWARDED_ROUTES, ROUTES } from '../core/plugin/routes.js'
import * as plugins from '../plugins/index.js'

describe('a route of the Messages API that goes to an upstream', () => {
  it('is seen by each built-in plugin that sees the others', () => {
    const lists = Object.values(plugins)
      .filter((factory) => typeof factory === 'function' && 'definition' in factory)
      .map((factory) => (factory as { definition: PluginDefinition }).definition)
      .flatMap(({ name, routes }) => (Array.isArray(routes) ? [{ name, routes }] : []))
    expect(lists.length).toBeGreaterThan(10)
    for (const { name, routes } of lists) {
      const some = FORWARDED_ROUTES.filter((route) => routes.includes(route))
      if (some.length > 1) expect(routes, `${name}: use FORWARDED_ROUTES`).toBe(FORWARDED_ROUTES)
    }
  })

  it('holds no path that would be forwarded by another method than POST', () => {
    for (const name of FORWARDED_ROUTES)
      for (const route of ROUTES[name]) expect(route.methods).toEqual(['POST'])
  })
})
