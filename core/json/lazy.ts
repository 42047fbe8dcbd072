import type { JsonNode } from '../contract/json.js'

/**
 * An object that looks as if it had been parsed, and decodes a field when it is read. Containers are frozen: a
 * plugin that changes one in place would change every later attempt.
 *
 * `deep` names fields whose items are decoded one by one in their turn: a body's `messages`, of which most plugins read the
 * last one alone. `onDecode` is called for each part that is decoded.
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
  const fields = new Map<PropertyKey, JsonNode>()
  let count = 0
  for (const { key, value } of node.members()) {
    if (++count > MANY) return decodedWhole(node, deep, onDecode)
    fields.set(key.value() as string, value) // of two the last one counts
  }
  return lazy({}, fields, (value, name) =>
    deep.has(name as string) && value.isArray ? lazyArray(value, decoded) : decoded(value),
  )
}

/** Fields from which on an object is decoded at once: a getter costs 5 µs, and real bodies have some 15. */
const MANY = 1_000

function decodedWhole(node: JsonNode, deep: ReadonlySet<string>, onDecode: (node: JsonNode) => void): object {
  onDecode(node)
  const object = node.value() as Record<string, unknown>
  for (const name in object) frozen(object[name])
  for (const name of deep) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined
    if (Array.isArray(value)) value.forEach(frozen)
  }
  return Object.freeze(object)
}

function lazyArray(node: JsonNode, decoded: (node: JsonNode) => unknown): object {
  const items = node.items()
  return lazy(new Array(items.length), new Map(items.entries()), decoded)
}

const PARTS = Symbol('parts')

/** What a lazy object is made of, and what of it is decoded already. */
class Parts {
  readonly #values = new Map<PropertyKey, unknown>()

  constructor(
    private readonly nodes: ReadonlyMap<PropertyKey, JsonNode>,
    private readonly decode: (node: JsonNode, key: PropertyKey) => unknown,
  ) {}

  read(key: PropertyKey): unknown {
    if (!this.#values.has(key)) this.#values.set(key, this.decode(this.nodes.get(key)!, key))
    return this.#values.get(key)
  }
}

function lazy(
  target: object,
  nodes: ReadonlyMap<PropertyKey, JsonNode>,
  decode: (node: JsonNode, key: PropertyKey) => unknown,
): object {
  Object.defineProperty(target, PARTS, { value: new Parts(nodes, decode) })
  for (const key of nodes.keys()) Object.defineProperty(target, key, { enumerable: true, get: getterOf(key) })
  return Object.freeze(target)
}

const getters = new Map<PropertyKey, () => unknown>()
/** Clients choose the names: so many getters are kept, of names that are no longer. */
const LIMIT = 10_000
const LONGEST_NAME = 64

/**
 * One getter for all objects, which finds its object by `this`. V8 keeps pairs of accessors in its old generation, so a getter
 * that held a body would keep it until the next full collection: one every 20 requests of 300 kB.
 */
function getterOf(key: PropertyKey): () => unknown {
  let getter = getters.get(key)
  if (!getter) {
    getter = function (this: { readonly [PARTS]: Parts }) {
      return this[PARTS].read(key)
    } as () => unknown
    const isLong = typeof key === 'string' && key.length > LONGEST_NAME
    if (getters.size < LIMIT && !isLong) getters.set(key, getter)
  }
  return getter
}

function frozen(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Object.freeze(value) : value
}
