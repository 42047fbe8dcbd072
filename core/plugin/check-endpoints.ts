import type { Endpoint } from '../contract/endpoint.js'
import { unknown } from './check.js'
import { PathPattern } from './path-pattern.js'

const KEYS: readonly (keyof Endpoint)[] = ['method', 'path', 'access', 'handle']
const METHODS: readonly Endpoint['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const ACCESS: readonly Endpoint['access'][] = ['public', 'client', 'admin']

/** Throws a TypeError that says what is wrong with a plugin's `endpoints`, and what is allowed. */
export function checkEndpoints(endpoints: unknown): void {
  if (endpoints === undefined) return
  if (!Array.isArray(endpoints)) throw new TypeError('`endpoints` must be a list')
  endpoints.forEach((endpoint: unknown, i) => {
    const problem = problemOf(endpoint)
    if (problem !== undefined) throw new TypeError(`endpoints[${i}]: ${problem}`)
  })
}

function problemOf(endpoint: unknown): string | undefined {
  if (typeof endpoint !== 'object' || endpoint === null) return `expected an object with ${KEYS.join(', ')}`
  const { method, path, access, handle } = endpoint as Partial<Endpoint>
  const odd = Object.keys(endpoint).find((key) => !KEYS.includes(key as never))
  if (odd !== undefined) return unknown('the key', odd, KEYS)
  if (!METHODS.includes(method!)) return unknown('the method', method, METHODS)
  if (!ACCESS.includes(access!)) return unknown('the access', access, ACCESS)
  if (typeof handle !== 'function') return '`handle` must be a function from a request to a reply'
  return PathPattern.problemOf(path)
}
