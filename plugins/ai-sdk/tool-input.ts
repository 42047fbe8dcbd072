import { isRecord, parseJson } from '../../core/kit.js'

/**
 * The input of one tool call on its way to the client, which gets an object in any case. An input that begins as one goes on
 * piece by piece; any other waits for its end. `holds`: all of it waits, for a client that gets the message in one piece.
 */
export class ToolInput {
  #text = ''
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

  /** What of the input the client can get by now. */
  push(piece: string): string {
    this.#text += piece
    if (this.#state === 'flows') return piece
    const first = this.#state === 'blank' ? piece.trimStart()[0] : undefined
    if (first === undefined) return ''
    this.#state = first === '{' ? 'flows' : 'held'
    return first === '{' ? piece.trimStart() : ''
  }

  /** What is left for the client, and what is wrong with the input where nothing can mend it any more. */
  end(): { readonly rest: string; readonly fault?: string } {
    const text = this.#text.trim()
    const input = parseJson(text)
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
 * fine-grained tool streaming proposes, so that the client's tool refuses the input and the model hears why.
 */
const INVALID = 'INVALID_JSON'

function faultOf(text: string): string {
  try {
    JSON.parse(text)
  } catch (error) {
    if (/end of JSON input|unterminated/i.test((error as Error).message))
      return `JSON that breaks off after ${text.length} characters`
  }
  return `${text.length} characters that are not valid JSON`
}
