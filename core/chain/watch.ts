import type { Call } from '../contract/call.js'
import type { Next, Plugin, Step } from '../contract/plugin.js'
import { PluginError } from '../errors/gateway-errors.js'
import type { Link } from './link.js'

type Watched = (next: Next, link: Link | undefined, position: number) => Next

/** Calls the `onStep` hooks of a chain at each place; a chain without one is composed without this. */
export function watching(links: readonly Link[], failed: (error: PluginError) => void): Watched {
  const onlookers = links.filter(({ plugin }) => plugin.onStep)
  if (onlookers.length === 0) return (next) => next
  const look = (step: Step, call: Call) => {
    for (const { name, plugin } of onlookers) {
      try {
        plugin.onStep!(step, call)
      } catch (error) {
        failed(new PluginError(name, 'onStep', error))
      }
    }
  }
  return (next, link, position) => {
    const entered: Step = { plugin: link?.name, way: 'in', position, touches: link?.touches }
    if (!link || !returns(link.plugin))
      return (call) => {
        look(entered, call)
        return next(call)
      }
    const left: Step = { ...entered, way: 'out' }
    return (call) => {
      look(entered, call)
      return next(call).then((reply) => {
        look(left, call)
        return reply
      })
    }
  }
}

/** Other plugins see no reply, and a promise for each of them would cost time for nothing. */
function returns({ handle, onReply }: Plugin): boolean {
  return handle !== undefined || onReply !== undefined
}
