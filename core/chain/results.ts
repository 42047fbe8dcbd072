import type { Awaitable } from '../contract/awaitable.js'
import type { Call } from '../contract/call.js'
import type { EventMapper } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'
import { isKnownError, PluginError } from '../errors/gateway-errors.js'

/** Checked like the results of the other hooks, since a mapper that forgets its return would empty the stream. */
export function expectEvents(hook: string, result: ReturnType<EventMapper>): ReturnType<EventMapper> {
  const isEvent = (value: unknown) => typeof value === 'object' && value !== null && 'raw' in value
  if (result === undefined || (Array.isArray(result) ? result.every(isEvent) : isEvent(result))) return result
  const asked = `${hook} must return an event, a list of events or nothing`
  throw new TypeError(
    isPromise(result as object)
      ? `${asked} at once: it is synchronous, and returned a promise`
      : `${asked}, and returned ${found(result)}; data becomes an event by event.with(data) or StreamEvent.of(data)`,
  )
}

/** Throws a plugin's error in its name. */
export function failing(name: string, hook: string): (error: unknown) => never {
  return (error) => {
    throw wrap(name, hook, error)
  }
}

export async function rejected(fail: (error: unknown) => never, error: unknown): Promise<never> {
  return fail(error)
}

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value
}

/** Errors of further in were wrapped there, so the first wrapper names the plugin at fault. */
export function wrap(name: string, hook: string, error: unknown): unknown {
  return isKnownError(error) ? error : new PluginError(name, hook, explained(error, hook))
}

/** V8's words for a change of what is frozen, as all that a call holds is. */
const FROZEN = /only a getter|read only property|object is not extensible|Cannot delete property/

const EVENT_HOOKS: ReadonlySet<string> = new Set(['onEvent', 'onStreamEnd'])

/** Names the way out of the mistake that most authors make once. */
function explained(error: unknown, hook: string): unknown {
  if (!(error instanceof TypeError) || !FROZEN.test(error.message)) return error
  error.message += EVENT_HOOKS.has(hook)
    ? '; if this is the event: it never changes in place, return event.with({ … })'
    : '; if this is the request: it never changes in place, return call.set({ field: value }), call.edit(…) for what is deeper, or call.with({ headers })'
  return error
}

/** By shape, since a config's plugin may hold another copy of the class. */
export function isCall(value: unknown): value is Call {
  return typeof value === 'object' && value !== null && 'route' in value && 'with' in value
}

export function expectReply(name: string, hook: string, value: unknown): Reply {
  if (typeof value === 'object' && value !== null && 'status' in value && 'mapEvents' in value)
    return value as Reply
  throw new PluginError(
    name,
    hook,
    new TypeError(`${hook} must return ${WANTED[hook] ?? 'a Reply'}, and returned ${found(value)}`),
  )
}

const WANTED: Readonly<Record<string, string>> = {
  onHeaders: 'a Reply or nothing',
  onRequest: 'a Call (call.with, call.set, call.edit), a Reply, or nothing',
  onReply: 'a Reply or nothing',
}

/** What a hook returned, in words that an author recognises. */
function found(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  if (Array.isArray(value)) return 'a list'
  if ('messages' in value) return 'the body of a request: put it into a call, `call.with({ body })`'
  if ('type' in value && 'content' in value)
    return 'the body of a message: put it into a reply, `Reply.json(message)`'
  return `an object with ${Object.keys(value).slice(0, 5).join(', ') || 'no fields'}`
}
