import type { Script } from '../support/script.js'

/** What a model says, before it is put into a provider's own stream. */
export interface Answer {
  readonly thinking?: string
  /** What the provider wants back: of the thinking, else of the first tool call. */
  readonly signature?: string
  readonly text?: string
  readonly tools?: readonly Tool[]
  /** Pages that the text rests on. */
  readonly sources?: readonly string[]
  readonly finish?: 'stop' | 'length' | 'filter'
  /** Default: 100 tokens in, 40 of them from the cache; 20 out, 5 of them thinking. */
  readonly usage?: Tokens
  /** Ends the stream where the finish reason would come. */
  readonly cut?: boolean
  /** What follows the last event; default: the end of the response. */
  readonly ending?: Script
}

export interface Tool {
  readonly id: string
  readonly name: string
  readonly input: object
  /** What the model writes in the place of it. */
  readonly written?: string
}

export function writtenBy({ input, written }: Tool): string {
  return written ?? JSON.stringify(input)
}

export interface Tokens {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly thinking: number
}

export const TOKENS: Tokens = { input: 100, cached: 40, output: 20, thinking: 5 }

/** In two pieces, so that something comes in the middle of it. */
export function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)].filter((piece) => piece !== '')
}
