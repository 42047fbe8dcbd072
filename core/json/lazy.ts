import type { JsonNode } from './node.js'

/**
 * An object that looks as if it had been parsed, and decodes a field when somebody reads it. Containers are frozen: a
 * plugin that changes one in place would change every later attempt.
 *
 * `deep` names fields whose items are decoded one by one in their turn: a body's `messages`, of which most plugins read the
 * last one alone. `onDecode` hears of each part that is decoded.
 */
export function lazyObject(
  node: JsonNode,
  deep: ReadonlySet<string>,
  onDecode: (node: JsonNode) => void = () => {},
): object {
  const decoded = (part: JsonNode) => {
    onDecode(part)
    return frozen(part.value())
  }
  // Without a prototype V8 makes a dictionary. In an object of the usual kind each getter would hang on its shape, which
  // lives in the old generation and keeps the body for as long: a full collection every 20 requests of 300 kB.
  const target = Object.create(null)
  for (const { key, value } of node.members()) {
    const name = key.value() as string
    define(target, name, () => (deep.has(name) && value.isArray ? lazyArray(value, decoded) : decoded(value)))
  }
  return Object.freeze(Object.setPrototypeOf(target, Object.prototype))
}

function lazyArray(node: JsonNode, decoded: (node: JsonNode) => unknown): readonly unknown[] {
  const items = node.items()
  const target: unknown[] = new Array(items.length)
  items.forEach((item, i) => {
    define(target, i, () => decoded(item))
  })
  return Object.freeze(target)
}

function define(target: object, name: PropertyKey, decode: () => unknown): void {
  let decoded = false
  let value: unknown
  Object.defineProperty(target, name, {
    enumerable: true,
    configurable: true, // a field that comes twice is defined twice, and the last one counts
    get() {
      if (!decoded) {
        value = decode()
        decoded = true
      }
      return value
    },
  })
}

function frozen(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Object.freeze(value) : value
}
