import type { JsonNode } from '../contract/json.js'
import { JsonNode as Nodes } from '../json/node.js'

/** Characters of a value. */
const LONGEST = 200
/** Of a part of a body, which was parsed before. */
const DEPTH = 10_000

/** Top-level fields that say how to answer, and hold no text of a person. */
const PLAIN = new Set([
  'model',
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'thinking',
  'output_config',
  'context_management',
  'service_tier',
  'tool_choice',
])

/** Names of the protocol; any other key below a message or a tool may be a person's text. */
const NAMES = new Set(
  'type role content text thinking signature data cache_control ttl source media_type url name input id tool_use_id tool_name is_error citations title description input_schema defer_loading user_id messages system tools metadata'.split(
    ' ',
  ),
)
/** Their values are words of the protocol as well. */
const WORDS = new Set(['type', 'role', 'ttl', 'media_type'])
/** Never shown to any caller. */
const HIDDEN = new Set(['user_id', 'authorization_token'])

/** Shows keys and values of a body as far as they may be seen. */
export class Display {
  constructor(
    private readonly texts: boolean,
    /** Shows two long texts from where they part, in place of their beginnings. */
    private readonly fromDifference = false,
  ) {}

  /** A key below the field `top`, as a path has it. */
  key(key: string, top: string): string {
    return this.#mayShow(key, top) ? key : '‹key›'
  }

  /** A value below the field `top`, under its `key`. */
  value(given: JsonNode | Buffer | string, key: string, top: string): string {
    const node = typeof given === 'string' || Buffer.isBuffer(given) ? parsed(given) : given
    if (!node) return `‹${(given as Buffer | string).length} bytes›` // a part of a value
    const out: string[] = []
    this.#write(node, key, top, out, { left: LONGEST })
    return cut(out.join(''))
  }

  /** Both sides of a change. */
  values(
    before: JsonNode | undefined,
    after: JsonNode | Buffer | undefined,
    key: string,
    top: string,
  ): readonly [before: string | undefined, after: string | undefined] {
    if (this.fromDifference && this.texts && !HIDDEN.has(key) && before?.isString && after) {
      const texts = [before.string(), Buffer.isBuffer(after) ? undefined : after.string()]
      if (texts[0] !== undefined && texts[1] !== undefined) return parted(texts[0], texts[1])
    }
    return [before && this.value(before, key, top), after && this.value(after, key, top)]
  }

  #write(node: JsonNode, key: string, top: string, out: string[], budget: { left: number }): void {
    const put = (text: string) => {
      out.push(text)
      budget.left -= text.length
    }
    if (budget.left <= 0) return
    if (HIDDEN.has(key)) put('"‹hidden›"')
    else if (node.isObject) {
      let separator = '{'
      for (const { key: name, value } of node.members()) {
        if (budget.left <= 0) return
        const inner = name.string() ?? ''
        put(`${separator}"${this.key(inner, top || inner)}":`)
        this.#write(value, inner, top || inner, out, budget)
        separator = ','
      }
      put(separator === '{' ? '{}' : '}')
    } else if (node.isArray) {
      const items = node.items()
      items.slice(0, LONGEST).forEach((item, i) => {
        if (budget.left <= 0) return
        if (i > 0) put(',')
        else put('[')
        this.#write(item, key, top, out, budget)
      })
      put(items.length === 0 ? '[]' : ']')
    } else if (node.isString && !this.texts && !PLAIN.has(top) && !WORDS.has(key))
      put(`‹${node.end - node.start - 2}›`)
    else put(node.raw.subarray(0, 4 * LONGEST).toString('utf8'))
  }

  #mayShow(key: string, top: string): boolean {
    return this.texts || PLAIN.has(top) || NAMES.has(key) || key === top
  }
}

function parsed(text: Buffer | string): JsonNode | undefined {
  try {
    return Nodes.parse(Buffer.from(text), DEPTH)
  } catch {
    return undefined
  }
}

/** Characters that two texts share, in front of where they part. */
const CONTEXT = 40

function parted(a: string, b: string): [string, string] {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  const from = at > 2 * CONTEXT ? at - CONTEXT : 0
  const shown = (text: string) =>
    cut(JSON.stringify(`${from > 0 ? '…' : ''}${text.slice(from, from + LONGEST)}`))
  return [shown(a), shown(b)]
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`
}
