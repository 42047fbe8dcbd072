import type { MessagesRequest } from '../contract/messages.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { applyEdits, type Edit } from '../json/edit.js'
import { lazyObject } from '../json/lazy.js'
import { JsonNode } from '../json/node.js'
import { NestingError } from '../json/scan.js'

const EMPTY = Buffer.alloc(0)
/** How deep the JSON of a body may nest where the server sets no limit; real tool schemas reach about 20. */
export const DEPTH_LIMIT = 200
/** It comes back in headers and log lines, and is matched against patterns. */
const MODEL_NAME = /^[\x20-\x7e]{1,256}$/
const ITEMWISE = new Set(['messages'])

/** Changes that were asked for and not made yet: a chain of plugins then costs one copy, when the body leaves. */
interface Pending {
  /** Into `base`'s bytes. */
  readonly edits: readonly Edit[]
  /** Top-level fields as JSON texts. */
  readonly fields: ReadonlyMap<string, string>
  readonly base: RequestBody
}

/**
 * The body of a request, as bytes until somebody asks for more: `tree` says where everything stands, `object` decodes
 * what is read. Immutable; an edit is a splice, and what no edit touches leaves as the bytes that came.
 */
export class RequestBody {
  readonly #depthLimit: number
  readonly #pending: Pending | undefined
  #bytes: Buffer | undefined
  #tree: JsonNode | undefined
  #object: MessagesRequest | undefined
  /** Bytes of which somebody has the values. */
  #decoded = 0
  #roles: readonly string[] | undefined
  #model: string | undefined
  #stream: boolean | undefined

  private constructor(init: {
    bytes?: Buffer
    object?: MessagesRequest
    pending?: Pending
    depthLimit: number
  }) {
    this.#bytes = init.bytes
    this.#object = init.object
    this.#pending = init.pending
    this.#depthLimit = init.depthLimit
  }

  static ofBytes(bytes: Buffer = EMPTY, depthLimit = DEPTH_LIMIT): RequestBody {
    return new RequestBody({ bytes, depthLimit })
  }

  static ofObject(object: MessagesRequest): RequestBody {
    return new RequestBody({ object: frozen(object), depthLimit: Number.POSITIVE_INFINITY })
  }

  get bytes(): Buffer {
    this.#bytes ??= this.#pending ? made(this.#pending) : Buffer.from(JSON.stringify(this.#object))
    return this.#bytes
  }

  /** Throws a 400 for what is no Messages request. */
  get tree(): JsonNode {
    this.#tree ??= checked(indexed(this.bytes, this.#depthLimit))
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

  /** How much of it has been decoded for those who read `object`, from 0 to 1. */
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

  /** Other values for top-level fields; `undefined` is no value and leaves the field as it is. */
  set(fields: Readonly<Record<string, unknown>>): RequestBody {
    if (this.#object && !this.#bytes) return RequestBody.ofObject({ ...this.#object, ...fields })
    const texts = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, JSON.stringify(value)] as const],
    )
    const pending = this.#editable()
    // An edit that takes a field out and a new value for it would meet in the same bytes: first things first.
    const clash = Object.keys(fields).some((name) => touchesMember(pending, name))
    const { base, edits, fields: before } = clash ? { base: this, edits: [], fields: new Map() } : pending
    return this.#with({ base, edits, fields: new Map([...before, ...texts]) })
  }

  /** Splices by positions in `tree`. */
  edit(edits: readonly Edit[]): RequestBody {
    if (edits.length === 0) return this
    return this.#with({ base: this, edits, fields: new Map() })
  }

  #editable(): Pending {
    return this.#pending && !this.#bytes ? this.#pending : { base: this, edits: [], fields: new Map() }
  }

  #with(pending: Pending): RequestBody {
    return new RequestBody({ pending, depthLimit: this.#depthLimit })
  }
}

function rolesOf(tree: JsonNode): readonly string[] {
  return tree
    .get('messages')!
    .items()
    .map((message) => message.get('role')!.string()!)
}

/** Edits within a message's content, or outside all messages, leave the roles as they are. */
function keepsRoles({ base, edits, fields }: Pending): boolean {
  if (fields.has('messages')) return false
  const messages = base.tree.get('messages')!
  const items = messages.items()
  return edits.every(({ start, end }) => {
    if (end <= messages.start || start >= messages.end) return true
    const content = items.find((item) => item.start < end && start < item.end)?.get('content')
    return content !== undefined && start >= content.start && end <= content.end
  })
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

function made({ base, edits, fields }: Pending): Buffer {
  const { tree } = base
  const all = [...edits]
  const added: string[] = []
  for (const [name, text] of fields) {
    const value = tree.get(name)
    if (!value) added.push(`${JSON.stringify(name)}:${text}`)
    else {
      const { start, end } = value
      // A whole new value makes splices inside the old one pointless.
      for (let i = all.length - 1; i >= 0; i--)
        if (all[i]!.start >= start && all[i]!.end <= end) all.splice(i, 1)
      all.push({ start, end, text })
    }
  }
  // A Messages request has fields, so a comma is always right.
  if (added.length > 0) all.push({ start: tree.end - 1, end: tree.end - 1, text: `,${added.join(',')}` })
  return applyEdits(base.bytes, all)
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

function indexed(bytes: Buffer, depthLimit: number): JsonNode {
  if (bytes.length === 0) throw bad('the request has no body: send a JSON object with `model` and `messages`')
  try {
    return JsonNode.parse(bytes, depthLimit)
  } catch (error) {
    if (error instanceof NestingError)
      throw bad(`the body nests deeper than server.depthLimit (${depthLimit})`)
    throw bad(`the body is not valid JSON: ${reason(bytes)}`)
  }
}

/** V8 says better than we do what is wrong, but quotes the text around it, which is the conversation. */
function reason(bytes: Buffer): string {
  try {
    JSON.parse(bytes.toString('utf8'))
    return 'it can not be read'
  } catch (error) {
    return (error as Error).message.replace(/, (\.{3})?".*$/s, '')
  }
}

function checked(tree: JsonNode): JsonNode {
  if (!tree.isObject) throw bad(`the body must be a JSON object, found ${kindOf(tree)}`)
  const model = tree.get('model')
  if (!model?.isString || model.is('')) throw bad(`model: ${missing(model, 'a string')}`)
  if (!MODEL_NAME.test(model.string()!))
    throw bad('model: Input should be printable ASCII of at most 256 characters')
  const messages = tree.get('messages')
  if (!messages?.isArray) throw bad(`messages: ${missing(messages, 'an array')}`)
  const wrong = messages.items().findIndex((message) => !message.get('role')?.isString)
  if (wrong >= 0) throw bad(`messages.${wrong}: must be an object with \`role\` and \`content\``)
  return tree
}

/** In words: what was found instead may be the conversation, and these messages go into the log. */
function kindOf(node: JsonNode): string {
  if (node.isArray) return 'an array'
  if (node.isObject) return 'an object'
  if (node.is('')) return 'an empty string'
  const value = node.value()
  return value === null ? 'null' : `a ${typeof value}`
}

function missing(node: JsonNode | undefined, wanted: string): string {
  if (!node) return 'Field required'
  return `Input should be ${wanted}, found ${kindOf(node)}`
}

function bad(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message, { retry: false })
}
