import { LONGEST, type UpstreamWords, wordsOfJson } from '../errors/upstream-words.js'
import { parseJson } from '../json/plain.js'
import { FrameDecoder } from '../stream/sse-decoder.js'
import { looksLikeEvents, StreamEvent } from '../stream/sse-event.js'

/** Characters of a body that is no JSON: what it says is at its beginning. */
const READ = 16 * 1024

const NOTHING: UpstreamWords = { message: undefined, code: undefined, status: undefined }

/**
 * Reads the body of an error answer: JSON of any envelope, the events of a stream (DashScope sends `event:error` under
 * status 400), HTML by its title or text, and anything else as text.
 */
export function wordsOfText(body: string): UpstreamWords {
  const text = body.trim()
  if (text === '') return NOTHING
  const json = parseJson(text)
  if (json !== undefined) return wordsOfJson(json)
  if (looksLikeEvents(text)) return wordsOfEvents(text)
  if (/^(<!doctype|<html|<[a-z]+[\s>])/i.test(text))
    return { ...NOTHING, message: textOfHtml(text.slice(0, READ)) }
  return wordsOfJson(text)
}

/** Those of the first event that says something. */
function wordsOfEvents(text: string): UpstreamWords {
  let words: UpstreamWords | undefined
  const read = (frame: Buffer) => {
    const event = StreamEvent.parse(frame)
    if (!event.hasData || event.type === 'ping') return false
    words = wordsOfJson(parseJson(event.text) ?? event.text)
    return true
  }
  new FrameDecoder().push(Buffer.from(`${text}\n\n`), read)
  return words ?? wordsOfJson(text)
}

/** Each pattern is linear: none can begin inside what it has to pass, and a script that is cut off reaches to the end. */
function textOfHtml(html: string): string | undefined {
  const title = /<title[^<>]*>([^<]+)<\/title>/i.exec(html)?.[1]
  const text = title ?? html.replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)/gi, ' ').replace(/<[^<>]*>/g, ' ')
  return text.replace(/\s+/g, ' ').trim().slice(0, LONGEST) || undefined
}
