import type { Edit, JsonNode, Span } from '../contract/json.js'
import type { MessagesRequest } from '../contract/messages.js'
import { inOrder, type Spliced, splice, withoutMembers } from '../json/edit.js'
import { lazyObject } from '../json/lazy.js'
import type { TapeNode } from '../json/node.js'
import { type BodyLimits, DEFAULT_LIMITS, parseBody, splicedBody, UNLIMITED } from './parse-body.js'

const EMPTY = Buffer.alloc(0)
const ITEMWISE = new Set(['messages'])
/** What `parseBody` demands. */
const NEEDED: ReadonlySet<string> = new Set(['model', 'messages'])

/** Changes that were asked for and not made yet: a chain of plugins then costs one copy, when the body leaves. */
export interface Pending {
  /** Into `base`'s bytes. */
  readonly edits: readonly Edit[]
  /** Top-level fields as JSON texts. */
  readonly fields: ReadonlyMap<string, string>
  readonly base: RequestBody
}

/**
 * The body of a request, as bytes until more is needed: `tree` gives the offsets, `object` decodes
 * what is read. Immutable; an edit is a splice, and what no edit touches leaves as the bytes that came.
 */
export class RequestBody {
  readonly #limits: BodyLimits
  readonly #pending: Pending | undefined
  #bytes: Buffer | undefined
  #tree: TapeNode | undefined
  #made: Spliced | undefined
  #object: MessagesRequest | undefined
  /** Bytes whose values have been decoded. */
  #decoded = 0
  #roles: readonly string[] | undefined
  #model: string | undefined
  #stream: boolean | undefined

  private constructor(init: {
    bytes?: Buffer
    object?: MessagesRequest
    pending?: Pending
    limits: BodyLimits
  }) {
    this.#bytes = init.bytes
    this.#object = init.object
    this.#pending = init.pending
    this.#limits = init.limits
  }

  static ofBytes(bytes: Buffer = EMPTY, limits = DEFAULT_LIMITS): RequestBody {
    return new RequestBody({ bytes, limits })
  }

  static ofObject(object: MessagesRequest): RequestBody {
    return new RequestBody({ object: frozen(object), limits: UNLIMITED })
  }

  /** How it differs from another body, where it was made by splices. */
  get pending(): Pending | undefined {
    return this.#pending
  }

  get bytes(): Buffer {
    this.#bytes ??= this.#pending ? this.#spliced.bytes : Buffer.from(JSON.stringify(this.#object))
    return this.#bytes
  }

  /** Throws a 400 for what is no Messages request. */
  get tree(): TapeNode {
    this.#tree ??= this.#pending
      ? splicedBody(this.#pending.base.tree, this.#spliced)
      : parseBody(this.bytes, this.#limits)
    return this.#tree
  }

  get roles(): readonly string[] {
    this.#roles ??= this.#pending && keepsRoles(this.#pending) ? this.#pending.base.roles : rolesOf(this.tree)
    return this.#roles
  }

  get object(): MessagesRequest {
    this.#object ??= lazyObject(this.tree, ITEMWISE, (node) => {
      this.#decoded += node.end - node.start
    }) as MessagesRequest
    return this.#object
  }

  get model(): string {
    this.#model ??= this.field('model') as string
    return this.#model
  }

  get stream(): boolean {
    this.#stream ??= this.field('stream') === true
    return this.#stream
  }

  /** The share of it that reading `object` has decoded, from 0 to 1. */
  get share(): number {
    return this.#tree ? this.#decoded / this.bytes.length : this.#object ? 1 : 0
  }

  /** A top-level field's value; decodes nothing else. */
  field(name: string): unknown {
    const pending = this.#pending?.fields.get(name)
    if (pending !== undefined) return JSON.parse(pending)
    if (this.#pending && !this.#object && !this.#bytes && !touchesMember(this.#pending, name)) {
      return this.#pending.base.field(name)
    }
    return this.#object ? this.#object[name] : this.tree.get(name)?.value()
  }

  /** Other values for top-level fields; `undefined` takes a field out. */
  set(fields: Readonly<Record<string, unknown>>): RequestBody {
    const all = Object.entries(fields)
    const given = all.filter(([, value]) => value !== undefined)
    if (given.length < all.length) {
      const gone = all.filter(([, value]) => value === undefined).map(([name]) => name)
      const rest = this.#without(gone)
      return given.length === 0 ? rest : rest.set(Object.fromEntries(given))
    }
    if (this.#object && !this.#bytes)
      return RequestBody.ofObject({ ...this.#object, ...Object.fromEntries(given) })
    const texts = given.map(([name, value]) => [name, JSON.stringify(value)] as const)
    const pending = this.#editable()
    // An edit that takes a field out and a new value for it would touch the same bytes: the edits are made first.
    const clash = given.some(([name]) => touchesMember(pending, name))
    const { base, edits, fields: before } = clash ? { base: this, edits: [], fields: new Map() } : pending
    return this.#with({ base, edits, fields: new Map([...before, ...texts]) })
  }

  #without(names: readonly string[]): RequestBody {
    const needed = names.find((name) => NEEDED.has(name))
    if (needed) throw new TypeError(`a Messages request needs '${needed}', so it can't be set to undefined`)
    if (this.#object && !this.#bytes) {
      const kept = Object.entries(this.#object).filter(([name]) => !names.includes(name))
      return RequestBody.ofObject(Object.fromEntries(kept) as unknown as MessagesRequest)
    }
    return this.edit(withoutMembers(this.tree, (key) => names.includes(key.string()!)))
  }

  /** Splices by positions in `tree`. */
  edit(edits: readonly Edit[]): RequestBody {
    if (edits.length === 0) return this
    return this.#with({ base: this, edits, fields: new Map() })
  }

  /**
   * Lets go of what can be made again: its bytes and those of each body that it was made of, but for the one that came. Of 2 MB each
   * of five fixes had made a copy, and a request held all of them until its answer had ended.
   */
  compact(): void {
    for (let body: RequestBody = this; body.#pending; body = body.#pending.base)
      body.#bytes = body.#tree = body.#made = body.#object = undefined
  }

  get #spliced(): Spliced {
    this.#made ??= made(this.#pending!)
    return this.#made
  }

  #editable(): Pending {
    return this.#pending && !this.#bytes ? this.#pending : { base: this, edits: [], fields: new Map() }
  }

  #with(pending: Pending): RequestBody {
    return new RequestBody({ pending, limits: UNLIMITED })
  }
}

function rolesOf(tree: JsonNode): readonly string[] {
  return tree
    .get('messages')!
    .items()
    .map((message) => message.get('role')!.string()!)
}

/**
 * Edits within a message's content, or outside all messages, leave the roles as they are. One walk over both lists: a search
 * for each edit took 5.9 s for the 26,000 messages of 4 MB.
 */
function keepsRoles({ base, edits, fields }: Pending): boolean {
  if (fields.has('messages')) return false
  const messages = base.tree.get('messages')!
  const items = messages.items()
  let at = -1
  let content: Span | undefined
  for (const { start, end } of inOrder(edits)) {
    if (end <= messages.start || start >= messages.end) continue
    while (at < 0 || (at < items.length && items[at]!.end <= start)) content = items[++at]?.get('content')
    if (!content || start < content.start || end > content.end) return false
  }
  return true
}

/** Whether an edit reaches out of a top-level field's value, or into its key. */
function touchesMember({ base, edits }: Pending, name: string): boolean {
  if (edits.length === 0) return false
  const member = base.tree.member(name)
  if (!member) return edits.some(({ end }) => end >= base.tree.end - 1)
  const { key, value } = member
  return edits.some(
    ({ start, end }) => start < value.end && end > key.start && !(start >= value.start && end <= value.end),
  )
}

function made({ base, edits, fields }: Pending): Spliced {
  const { tree } = base
  const added: string[] = []
  const replaced: Edit[] = []
  for (const [name, text] of fields) {
    const value = tree.get(name)
    if (value) replaced.push({ start: value.start, end: value.end, text })
    else added.push(`${JSON.stringify(name)}:${text}`)
  }
  // A whole new value makes splices inside the old one pointless.
  const all = edits.filter(
    (edit) => !replaced.some(({ start, end }) => edit.start >= start && edit.end <= end),
  )
  for (const edit of replaced) all.push(edit)
  // A Messages request has fields, so a comma is always right.
  if (added.length > 0) all.push({ start: tree.end - 1, end: tree.end - 1, text: `,${added.join(',')}` })
  return splice(base.bytes, all)
}

/** Objects that plugins made: the containers that others edit are frozen, as those of a decoded body are. */
function frozen(body: MessagesRequest): MessagesRequest {
  if (Object.isFrozen(body)) return body
  if (Array.isArray(body.messages) && !Object.isFrozen(body.messages)) {
    for (const message of body.messages) Object.freeze(message)
    Object.freeze(body.messages)
  }
  if (Array.isArray(body.system)) Object.freeze(body.system)
  if (Array.isArray(body.tools)) Object.freeze(body.tools)
  return Object.freeze(body)
}
