import { isRecord, type JsonRecord, parseJson } from '../json/plain.js'
import { isErrorType, statusOfType } from './api-errors.js'
import { statusLine, statusOfMiniMax, statusOfName, statusOfPhrase } from './status-names.js'

/** What an upstream says in an error body, whatever its envelope. */
export interface UpstreamWords {
  /** Undefined where it says nothing that a person could read. */
  readonly message: string | undefined
  /** A code of the upstream's own: z.ai's `{"error":{"code":"1302"}}`, OpenAI's `insufficient_quota`. */
  readonly code: string | undefined
  /** The HTTP status that the body names: by a number, by the type, or by what it calls the error. */
  readonly status: number | undefined
}

/** Characters of a message that clients get. */
export const LONGEST = 600
/** Envelopes inside envelopes that are opened. */
const DEEPEST = 6
/** So many of a list of errors are shown. */
const MOST = 3

const MESSAGE_KEYS = ['message', 'msg', 'status_msg', 'detail', 'error_msg', 'error_message', 'raw', 'error']
const CODE_KEYS = ['code', 'error_code', 'status_code']
const STATUS_KEYS = ['code', 'status', 'http_code', 'status_code', 'statusCode', 'error_code']
const NAME_KEYS = ['type', 'code', 'status', '__type', 'error_code']

/**
 * Reads an error body of any envelope that upstreams send; docs/plugins/errors.md lists them. A proxy wraps the words of the
 * upstream behind it, so the innermost words, code and status count.
 */
export function wordsOfJson(json: unknown): UpstreamWords {
  const bodies = bodiesOf(typeof json === 'string' ? { message: json } : json, 0)
  const layers = bodies.flat()
  const message = first(layers, messageOf)?.slice(0, LONGEST)
  const status =
    statusLine(message ?? '') ??
    first(bodies, (body) => first(body, numberedStatus) ?? first(body, namedStatus)) ??
    statusOfPhrase(message ?? '')
  return { message, code: first(layers, codeOf), status }
}

/** A body as its layers, after the bodies that its texts quote. */
function bodiesOf(json: unknown, depth: number): JsonRecord[][] {
  const layers = layersOf(json, 0)
  const quotes =
    depth < DEEPEST ? layers.flatMap((layer) => MESSAGE_KEYS.map((key) => quoted(layer[key]))) : []
  return [
    ...quotes.filter((quote) => quote !== undefined).flatMap((quote) => bodiesOf(quote, depth + 1)),
    layers,
  ]
}

function first<I, T>(items: readonly I[], read: (item: I) => T | undefined): T | undefined {
  for (const item of items) {
    const found = read(item)
    if (found !== undefined) return found
  }
  return undefined
}

/** The objects of a body that may tell something, the innermost first; of a list the first one, behind what holds it. */
function layersOf(json: unknown, depth: number): JsonRecord[] {
  if (depth > DEEPEST) return []
  if (Array.isArray(json)) return layersOf(json[0], depth + 1)
  if (!isRecord(json)) return []
  const layers = (value: unknown) => layersOf(value, depth + 1)
  const { error, errors, detail, base_resp, metadata } = json
  const held = [error, base_resp, metadata].flatMap(layers)
  const lists = [errors, detail]
  const records = lists.filter((value) => !Array.isArray(value)).flatMap(layers)
  return [...held, ...records, json, ...lists.filter(Array.isArray).flatMap(layers)]
}

/**
 * The error body that a text is, as OpenRouter's `metadata.raw`, or quotes, as LiteLLM's
 * `litellm.BadRequestError: AnthropicException - {"type":"error","error":{…}}`.
 */
function quoted(text: unknown): unknown {
  if (typeof text !== 'string') return undefined
  const start = text.search(/\{\s*"|\[\s*\{/)
  if (start < 0) return undefined
  const json = parseJson(text.slice(start, Math.max(text.lastIndexOf('}'), text.lastIndexOf(']')) + 1))
  const body: unknown = Array.isArray(json) ? json[0] : json
  if (!isRecord(body)) return undefined
  const isError = body.error !== undefined || body.type === 'error'
  return isError || (start === 0 && textOf(body) !== undefined) ? body : undefined
}

function messageOf(layer: JsonRecord): string | undefined {
  return listed(layer.errors) ?? listed(layer.detail) ?? textOf(layer)
}

/** OpenRouter's `raw` may be another's web page. */
const MARKUP = /^\s*<[a-z!]/i

/** The layer's own words. */
function textOf(layer: JsonRecord): string | undefined {
  for (const key of MESSAGE_KEYS) {
    const text = layer[key]
    if (typeof text === 'string' && text !== '' && !MARKUP.test(text)) return text
  }
  return undefined
}

/** `messages.1.role: Input should be 'user' or 'assistant'`: by the API's own form of such words clients heal themselves. */
function listed(list: unknown): string | undefined {
  if (!Array.isArray(list)) return undefined
  const said = list.slice(0, MOST).flatMap((item) => {
    const text =
      typeof item === 'string' ? item : isRecord(item) ? textOf(isRecord(item.error) ? item.error : item) : ''
    if (!text) return []
    const place = isRecord(item) && Array.isArray(item.loc) ? item.loc.filter((part) => part !== 'body') : []
    return [place.length > 0 ? `${place.join('.')}: ${text}` : text]
  })
  return said.length > 0 ? said.join('; ') : undefined
}

/** An HTTP status is none: it says nothing that the status doesn't. */
function codeOf(layer: JsonRecord): string | undefined {
  for (const key of CODE_KEYS) {
    const code = layer[key]
    const text = typeof code === 'number' ? String(code) : code
    if (typeof text === 'string' && text !== '' && httpStatus(text) === undefined) return text
  }
  return undefined
}

function numberedStatus(layer: JsonRecord): number | undefined {
  for (const key of STATUS_KEYS) {
    const status = httpStatus(layer[key])
    if (status !== undefined) return status
  }
  return layer.status_msg === undefined ? undefined : statusOfMiniMax(layer.status_code)
}

/** 400 to 599, as a number or as a text. */
export function httpStatus(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^[45]\d\d$/.test(text) ? Number(text) : undefined
}

function namedStatus(layer: JsonRecord): number | undefined {
  if (isErrorType(layer.type)) return statusOfType(layer.type)
  for (const key of NAME_KEYS) {
    const status = statusOfName(layer[key])
    if (status !== undefined) return status
  }
  // FastAPI refuses a request by a list of places and words, under 422.
  return Array.isArray(layer.detail) && isRecord(layer.detail[0]) && layer.detail[0].loc ? 422 : undefined
}
