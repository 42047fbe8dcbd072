import type { MessagesRequest } from '../contract/messages.js'
import type { TurnQueue } from './event-loop.js'
import { type Part, partsOf } from './parts.js'
import { pdfTokens } from './pdf.js'
import { TextCounter } from './tokenizer.js'
import { toolParts } from './tools.js'

/**
 * Around the whole prompt, and around each message. With them Anthropic's first example ("You are a scientist" and "Hello,
 * Claude") is 14 before the factor below, as the API counts it
 * (https://platform.claude.com/docs/en/build-with-claude/token-counting).
 */
const PROMPT = 4
const MESSAGE = 3

/**
 * The table is that of the last tokenizer which Anthropic published; ai-tokenizer measured 1.1 tokens of Claude 3 to 4.5 for
 * each of its. Claude 4.7 and later make about 30 % more, GLM about 15 % fewer.
 */
const TEXT_FACTOR = 1.1

/**
 * About how many input tokens a request costs; at least 1. Never throws for a body of odd shape. Rejects with a ClientGoneError
 * when `gone` aborts.
 */
export async function estimateTokens(
  body: MessagesRequest,
  turns: TurnQueue,
  gone: AbortSignal,
): Promise<number> {
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
  return Math.round(tokens + texts.tokens * TEXT_FACTOR)
}
