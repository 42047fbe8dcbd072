import type { ServiceFactories, Services } from '../contract/services.js'

/** The methods without which a product of `services` can't take its place. */
const METHODS: { readonly [Name in keyof ServiceFactories]-?: readonly (keyof Services[Name])[] } = {
  logger: ['debug', 'info', 'warn', 'error', 'child'],
  state: [
    'get',
    'entries',
    'set',
    'delete',
    'add',
    'compareAndSet',
    'acquireSlot',
    'releaseSlot',
    'slots',
    'onChange',
    'close',
  ],
  transport: ['send'],
  http: ['raw'],
  accounts: [
    'all',
    'request',
    'acquire',
    'exhausted',
    'soonest',
    'coolDown',
    'clear',
    'cooldownMs',
    'status',
  ],
  estimate: [],
  prices: ['load'],
}

/** The services that a config can replace. */
export const REPLACEABLE = Object.keys(METHODS) as readonly (keyof ServiceFactories)[]

/** What is wrong with a factory's product, in words; undefined for a good one. */
export function problemOf(name: keyof ServiceFactories, service: unknown): string | undefined {
  if ((typeof service !== 'object' && typeof service !== 'function') || service === null)
    return `the factory must return the service, and returned ${service === null ? 'null' : typeof service}`
  if ('then' in service) return 'the factory must return the service itself, and returned a promise'
  if (name === 'estimate' && typeof service !== 'function')
    return 'the factory must return a function from a call to a number of tokens, and returned an object'
  const missing = METHODS[name].filter((method) => typeof service[method as never] !== 'function')
  if (missing.length === 0) return undefined
  return `what the factory returned has no ${missing.map((method) => `\`${method}\``).join(', ')}`
}
