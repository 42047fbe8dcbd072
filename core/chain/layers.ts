import type { Call } from '../contract/call.js'
import type { EventMapper, StreamMapper } from '../contract/http.js'
import type { Next, Plugin } from '../contract/plugin.js'
import type { Reply } from '../contract/reply.js'
import { discardReplaced } from '../exchange/inner.js'
import type { Link } from './link.js'
import { expectEvents, expectReply, failing, isCall, isPromise, rejected, wrap } from './results.js'

type Layer = (next: Next) => Next

/** Only the hooks that a plugin has cost anything. */
export function layersOf({ name, plugin }: Link): Layer[] {
  const layers: Layer[] = []
  if (plugin.onRequest) layers.push((next) => requestLayer(name, plugin, next))
  if (plugin.onReply) layers.push((next) => replyLayer(name, plugin, next))
  if (plugin.onEvent || plugin.onStreamEnd) layers.push((next) => eventLayer(name, plugin, next))
  if (plugin.handle) layers.push((next) => handleLayer(name, plugin, next))
  return layers
}

function requestLayer(name: string, plugin: Plugin, next: Next): Next {
  const fail = failing(name, 'onRequest')
  const goOn = (result: Call | Reply | void, call: Call): Promise<Reply> => {
    if (result === undefined) return next(call)
    return isCall(result) ? next(result) : Promise.resolve(expectReply(name, 'onRequest', result))
  }
  return (call) => {
    try {
      const result = plugin.onRequest!(call)
      // `fail` gets errors of the hook alone: those of further in belong to other plugins.
      return isPromise(result)
        ? result.then(undefined, fail).then((later) => goOn(later, call))
        : goOn(result, call)
    } catch (error) {
      return rejected(fail, error)
    }
  }
}

/** A reply that the hook replaces or fails on is discarded here: its upstream and its account should not wait for the request's end. */
function replyLayer(name: string, plugin: Plugin, next: Next): Next {
  return (call) =>
    next(call).then((reply) => {
      const fail = (error: unknown): never => {
        reply.discard()
        throw wrap(name, 'onReply', error)
      }
      const replace = (result: Reply | void) => {
        if (result === undefined || result === reply) return reply
        const replaced = expectReply(name, 'onReply', result)
        discardReplaced(reply, replaced)
        return replaced
      }
      try {
        const result = plugin.onReply!(reply, call)
        return isPromise(result) ? result.then(replace).catch(fail) : replace(result)
      } catch (error) {
        return fail(error)
      }
    })
}

function eventLayer(name: string, plugin: Plugin, next: Next): Next {
  return (call) => next(call).then((reply) => reply.mapEvents(mapperOf(name, plugin, call)))
}

function mapperOf(name: string, plugin: Plugin, call: Call): EventMapper | StreamMapper {
  const event: EventMapper = (given) => {
    try {
      return expectEvents('onEvent', plugin.onEvent!(given, call))
    } catch (error) {
      throw wrap(name, 'onEvent', error)
    }
  }
  if (!plugin.onStreamEnd) return event
  const end = () => {
    try {
      return expectEvents('onStreamEnd', plugin.onStreamEnd!(call))
    } catch (error) {
      throw wrap(name, 'onStreamEnd', error)
    }
  }
  return plugin.onEvent ? { event, end } : { end }
}

function handleLayer(name: string, plugin: Plugin, next: Next): Next {
  const fail = failing(name, 'handle')
  const check = (reply: unknown) => expectReply(name, 'handle', reply)
  return (call) => {
    try {
      const result = plugin.handle!(call, next)
      return isPromise(result) ? result.then(check, fail) : Promise.resolve(check(result))
    } catch (error) {
      return rejected(fail, error)
    }
  }
}
