import type { Tokenizer } from 'ai-tokenizer'
import { ClientGoneError } from '../errors/gateway-errors.js'
import type { TurnQueue } from './event-loop.js'
import { KINDS, type KindCounts, noCounts, sharesOf } from './kinds.js'

/** Milliseconds that one request computes before others have a turn. */
const SLICE = 8

/** Characters that are tokenised between two looks at the clock: at worst (random letters) 10 ms, usually 0.5. */
const SEGMENT = 4096

/**
 * Characters of one kind in a row, at the most, that the tokenizer sees as one word. Its merging is quadratic in a word's
 * length: 20,000 times the letter a took 240 ms in one piece, and takes 1 ms in pieces. A cut costs at most one token.
 */
const LONGEST_WORD = 128
const HAS_LONG_WORD = new RegExp(`\\S{${LONGEST_WORD + 1}}|\\s{${LONGEST_WORD + 1}}`)
const LONG_WORD = new RegExp(
  ['\\p{L}', '\\p{N}', '[^\\s\\p{L}\\p{N}]', '\\s'].map((kind) => `${kind}{${LONGEST_WORD + 1},}`).join('|'),
  'gu',
)

/**
 * Characters that are really tokenised, more than any model's window, and milliseconds of computing that one request gets: 4 MB
 * of prose take 500, of random letters 10,000. The rest of a larger body counts at the same rate.
 */
const EXACT_LIMIT = 4_000_000
const BUDGET = 2_000

/** Counts the tokens of texts, in slices that leave the event loop free. One for each request. */
export class TextCounter {
  /** Of all texts so far, by their kind. */
  readonly tokens: KindCounts = noCounts()
  #characters = 0
  /** Milliseconds. */
  #spent = 0
  #sliceEnd = 0

  private constructor(
    private readonly tokenizer: Tokenizer,
    private readonly turns: TurnQueue,
    private readonly gone: AbortSignal,
  ) {}

  /**
   * Loads the tokenizer on first use: 2.3 MB and 80 ms that a start-up should not pay. A counter has a tokenizer of its own
   * (0.1 ms), because each keeps the words that it has seen, and with them, in V8, the texts that they were cut from.
   */
  static async create(turns: TurnQueue, gone: AbortSignal): Promise<TextCounter> {
    const [{ Tokenizer }, encoding] = await Promise.all([
      import('ai-tokenizer'),
      import('ai-tokenizer/encoding/claude'),
    ])
    return new TextCounter(new Tokenizer(encoding), turns, gone)
  }

  /** Rejects with a ClientGoneError when no caller waits for the count any more. */
  async add(text: string): Promise<void> {
    for (let from = 0; from < text.length; from += SEGMENT) {
      if (this.#characters >= EXACT_LIMIT || this.#spent > BUDGET) {
        const rest = text.length - from
        for (const kind of KINDS) this.tokens[kind] *= 1 + rest / this.#characters
        this.#characters += rest
        return
      }
      await this.pause()
      const segment = text.slice(from, from + SEGMENT)
      const started = performance.now()
      const tokens = this.#count(segment)
      const shares = sharesOf(segment)
      for (const kind of KINDS) this.tokens[kind] += tokens * shares[kind]
      this.#spent += performance.now() - started
      this.#characters += segment.length
    }
  }

  /** Lets others have a turn when this one's is over. */
  async pause(): Promise<void> {
    if (performance.now() < this.#sliceEnd) return
    await this.turns.next()
    if (this.gone.aborted) throw new ClientGoneError()
    this.#sliceEnd = performance.now() + SLICE
  }

  #count(segment: string): number {
    if (!HAS_LONG_WORD.test(segment)) return this.#encode(segment)
    let tokens = 0
    let from = 0
    for (const { 0: word, index } of segment.matchAll(LONG_WORD)) {
      tokens += this.#encode(segment.slice(from, index))
      for (let at = 0; at < word.length; at += LONGEST_WORD)
        tokens += this.#encode(word.slice(at, at + LONGEST_WORD))
      from = index + word.length
    }
    return tokens + this.#encode(segment.slice(from))
  }

  /** 'all': text that looks like a special token is text; without it the tokenizer throws. */
  #encode(text: string): number {
    return text === '' ? 0 : this.tokenizer.encode(text, 'all').length
  }
}
