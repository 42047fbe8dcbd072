import type { Call } from '../contract/call.js'
import type { Next, Plugin, Step } from '../contract/plugin.js'
import { PluginError } from '../errors/gateway-errors.js'
import type { Link } from './link.js'

/** Wraps what begins at a place of the chain; the last place, behind all links, has no link. */
type Wrap = (next: Next, link: Link | undefined, position: number) => Next

/**
 * Calls the `onStep` hooks of a chain at each place, for the requests that one of them wants to see. The others go through a
 * chain that is composed without looks, as does a chain that has no such hook: ten looks and six promises cost 20 µs.
 */
export function watching(
  links: readonly Link[],
  failed: (error: PluginError) => void,
  composed: (wrap: Wrap) => Next,
): Next {
  const plain = composed((next) => next)
  const onlookers = links.filter(({ plugin }) => plugin.onStep)
  if (onlookers.length === 0) return plain
  const look = (step: Step, call: Call): boolean => {
    let isWanted = false
    for (const { name, plugin } of onlookers) {
      try {
        if (plugin.onStep!(step, call) !== false) isWanted = true
      } catch (error) {
        failed(new PluginError(name, 'onStep', error))
      }
    }
    return isWanted
  }
  const watched = composed((next, link, position) => {
    const entered = stepOf(link, position)
    const onward = link && returns(link.plugin) ? leaving(next, { ...entered, way: 'out' }, look) : next
    if (position === 0) return onward // looked at below
    return (call) => {
      look(entered, call)
      return onward(call)
    }
  })
  const begun = stepOf(links[0], 0)
  return (call) => (look(begun, call) ? watched(call) : plain(call))
}

function stepOf(link: Link | undefined, position: number): Step {
  return { plugin: link?.name, way: 'in', position, touches: link?.touches }
}

function leaving(next: Next, left: Step, look: (step: Step, call: Call) => boolean): Next {
  return (call) =>
    next(call).then((reply) => {
      look(left, call)
      return reply
    })
}

/** Other plugins see no reply, and a promise for each of them would cost time for nothing. */
function returns({ handle, onReply }: Plugin): boolean {
  return handle !== undefined || onReply !== undefined
}
