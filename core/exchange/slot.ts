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
  const states = new WeakMap<object, State>()
  return ({ record }) => {
    let state = states.get(record)
    if (state === undefined) {
      state = make()
      states.set(record, state)
    }
    return state
  }
}
