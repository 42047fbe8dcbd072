import type { CallHead } from '../contract/call.js'

/**
 * A plugin's own state of one request: the returned function gives the same object for every call, attempt and head of that
 * request, made by `make` when it is asked for first, and gone with the request. Keep the slot at module level or in `create`.
 *
 * @example
 * const seen = slot(() => ({ events: 0 }))
 * // onEvent(event, call) { seen(call).events++ }
 */
export function slot<State extends object>(make: () => State): (call: Pick<CallHead, 'record'>) => State {
  const key = {}
  return ({ record }) => {
    const holder = record as { [STATES]?: Map<object, object> | undefined }
    holder[STATES] ??= new Map()
    const states = holder[STATES]
    let state = states.get(key)
    if (state === undefined) {
      state = make()
      states.set(key, state)
    }
    return state as State
  }
}

/** Where a record has them, whichever copy of the package asks. A WeakMap in its place made each collection of young objects dearer. */
export const STATES: unique symbol = Symbol.for('agproxy.slots') as never
