import type { MessagesRequest } from '../contract/messages.js'
import type { TurnQueue } from './event-loop.js'
import type { KindCounts } from './kinds.js'
import { type Part, partsOf } from './parts.js'
import { pdfTokens } from './pdf.js'
import { TextCounter } from './tokenizer.js'
import { toolParts } from './tools.js'

/**
 * Around the whole prompt, and around each message. With them Anthropic's first example ("You are a scientist" and "Hello,
 * Claude") is 14 before a model's factor, as the API counts it
 * (https://platform.claude.com/docs/en/build-with-claude/token-counting).
 */
const PROMPT = 4
const MESSAGE = 3

/** What a request is made of. */
export interface Counted {
  /** Tokens of texts by the table of the last tokenizer that Anthropic published, by the kind of text. */
  readonly texts: KindCounts
  /** Tokens of all else: framing, images, pages. */
  readonly rest: number
}

/**
 * Counts a request. Never throws for a body of odd shape. Rejects with a ClientGoneError when `gone` aborts.
 */
export async function countRequest(
  body: MessagesRequest,
  turns: TurnQueue,
  gone: AbortSignal,
): Promise<Counted> {
  const texts = await TextCounter.create(turns, gone)
  const pause = () => texts.pause()
  let tokens = PROMPT

  const add = async (parts: Iterable<Part>) => {
    for (const part of parts) {
      await pause()
      if ('text' in part) await texts.add(part.text)
      else tokens += 'pdf' in part ? await pdfTokens(part.pdf, pause) : part.tokens
    }
  }
  await add(toolParts(body.tools))
  await add(partsOf(body.system))
  for (const { content } of body.messages) {
    tokens += MESSAGE
    await add(partsOf(content))
  }
  return { texts: texts.tokens, rest: tokens }
}
