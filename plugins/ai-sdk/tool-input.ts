import { UpstreamError } from '../../core/index.js'
import { isRecord, parseJson } from '../../core/kit.js'

/** No honest input that is held in memory is larger. */
const LIMIT = 64 * 1024 * 1024
/** Far deeper than any tool input; readers of JSON are recursive, ours and the clients'. */
const DEEPEST = 1_000

/**
 * The input of one tool call on its way to the client, which gets an object in any case. An input that begins as one goes on
 * piece by piece; any other waits for its end. `holds`: all of it waits, for a client that gets the message in one piece.
 */
export class ToolInput {
  #text = ''
  #size = 0
  #state: 'blank' | 'flows' | 'held'
  #isWhole = false

  constructor(holds: boolean) {
    this.#state = holds ? 'held' : 'blank'
  }

  get isEmpty(): boolean {
    return this.#text === ''
  }

  /** Once it has ended: it came as an object. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** What of the input the client can get by now. @throws UpstreamError for more than any honest input has */
  push(piece: string): string {
    this.#text += piece
    this.#size += piece.length
    if (this.#size > LIMIT)
      throw new UpstreamError('shape', 'the model wrote a tool input of more than 64 MB')
    if (this.#state === 'flows') return piece
    const first = this.#state === 'blank' ? piece.trimStart()[0] : undefined
    if (first === undefined) return ''
    this.#state = first === '{' ? 'flows' : 'held'
    return first === '{' ? piece.trimStart() : ''
  }

  /** What is left for the client, and what is wrong with the input where nothing can mend it any more. */
  end(): { readonly rest: string; readonly fault?: string } {
    const text = this.#text.trim()
    const input = isDeep(text) ? undefined : parseJson(text)
    this.#isWhole = isRecord(input)
    if (this.#state === 'flows') return this.#isWhole ? { rest: '' } : { rest: '', fault: faultOf(text) }
    if (text === '' || input === null) return { rest: '' }
    return { rest: this.#isWhole ? text : objectOf(text, input) }
  }
}

/** Some models write the object as a text, with its quotes escaped. */
function objectOf(text: string, input: unknown): string {
  if (typeof input === 'string' && isRecord(parseJson(input))) return input
  return JSON.stringify({ [INVALID]: text })
}

/**
 * Models write JSON that is none, and answers stop in the middle of it. The key is the one that Anthropic's documentation of
 * fine-grained tool streaming proposes, so that the client's tool refuses the input and the model reads why.
 */
const INVALID = 'INVALID_JSON'

function isDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === BACKSLASH) i++
      else if (code === QUOTE) inString = false
    } else if (code === QUOTE) inString = true
    else if (OPENING.has(code) && ++depth > DEEPEST) return true
    else if (CLOSING.has(code)) depth--
  }
  return false
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c]
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d])

function faultOf(text: string): string {
  if (isDeep(text)) return `JSON that nests deeper than ${DEEPEST}`
  try {
    JSON.parse(text)
  } catch (error) {
    if (/end of JSON input|unterminated/i.test((error as Error).message))
      return `JSON that breaks off after ${text.length} characters`
  }
  return `${text.length} characters that are not valid JSON`
}
