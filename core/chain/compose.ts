import type { Awaitable } from '../contract/awaitable.js'
import type { Call, CallHead, RouteName } from '../contract/call.js'
import type { Next } from '../contract/plugin.js'
import type { FinishedRecord } from '../contract/record.js'
import type { Reply } from '../contract/reply.js'
import { PluginError } from '../errors/gateway-errors.js'
import { layersOf } from './layers.js'
import type { Link } from './link.js'
import { expectReply, failing, isPromise, wrap } from './results.js'
import { watching } from './watch.js'

export interface Chain {
  /** What a plugin answers before the body is read, if any. */
  head(head: CallHead): Awaitable<Reply | undefined>
  run(call: Call): Promise<Reply>
  /** Calls the `onFinish` hooks; a promise where one of them is not done at once. Never throws: `failed` gets the errors. */
  finish(record: FinishedRecord, head: CallHead, failed: (error: PluginError) => void): Awaitable<void>
}

/**
 * Composes plugins into closures, once for each route, at start: a request then pays a few function calls and no
 * look-ups (8 layers: under 1 µs). A hook that answers at once costs no promise. `end` answers what no plugin answered.
 *
 * Our own composer, because h3's `next()` is memoised and a retry calls it again.
 */
export function compose(
  links: readonly Link[],
  end: Next,
  onlookerFailed: (error: PluginError) => void = ignore,
): Chain {
  const seen = (route: RouteName) =>
    links.filter((link) => link.routes === 'all' || link.routes.includes(route))

  const runners = kept((route) => {
    const on = seen(route)
    return watching(on, onlookerFailed, (wrap) =>
      on.reduceRight<Next>(
        (inner, link, i) =>
          wrap(
            layersOf(link).reduceRight((n, l) => l(n), inner),
            link,
            i,
          ),
        wrap(end, undefined, on.length),
      ),
    )
  })
  const finishers = kept((route) => seen(route).filter(({ plugin }) => plugin.onFinish))
  const heads = kept((route) => seen(route).filter(({ plugin }) => plugin.onHeaders))
  return {
    run: (call) => runners(call.route)(call),
    head: (head) => headFrom(heads(head.route), 0, head),
    finish: (record, head, failed) => finishAll(finishers(head.route), record, head, failed),
  }
}

function ignore(): void {}

function kept<T>(make: (route: RouteName) => T): (route: RouteName) => T {
  const made = new Map<RouteName, T>()
  return (route) => {
    let found = made.get(route)
    if (found === undefined) {
      found = make(route)
      made.set(route, found)
    }
    return found
  }
}

/** Asks the plugins with an `onHeaders` in their order, from the one at `at` on, until one answers. */
function headFrom(links: readonly Link[], at: number, head: CallHead): Awaitable<Reply | undefined> {
  for (let i = at; i < links.length; i++) {
    const { name, plugin } = links[i]!
    let result: Awaitable<Reply | void>
    try {
      result = plugin.onHeaders!(head)
    } catch (error) {
      throw wrap(name, 'onHeaders', error)
    }
    if (isPromise(result))
      return Promise.resolve(result).then(
        (later) => (later ? expectReply(name, 'onHeaders', later) : headFrom(links, i + 1, head)),
        failing(name, 'onHeaders'),
      )
    if (result) return expectReply(name, 'onHeaders', result)
  }
  return undefined
}

function finishAll(
  links: readonly Link[],
  record: FinishedRecord,
  head: CallHead,
  failed: (error: PluginError) => void,
): Awaitable<void> {
  const pending: Promise<void>[] = []
  for (const { name, plugin } of links) {
    const fail = (cause: unknown) => failed(new PluginError(name, 'onFinish', cause))
    try {
      const result = plugin.onFinish!(record, head)
      if (isPromise(result)) pending.push(result.catch(fail))
    } catch (error) {
      fail(error)
    }
  }
  if (pending.length > 0) return Promise.all(pending).then(() => {})
}
