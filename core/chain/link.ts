import type { RouteName } from '../contract/call.js'
import type { Phase, Plugin } from '../contract/plugin.js'

/** A plugin that was built, with the routes that it sees. */
export interface Link {
  readonly name: string
  /** Absent: `request`. */
  readonly phase?: Phase
  readonly routes: readonly RouteName[] | 'all'
  readonly plugin: Plugin
  /** The parts of the body that it declares to change. */
  readonly touches?: readonly string[] | undefined
}
