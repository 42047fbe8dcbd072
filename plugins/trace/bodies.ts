import { plainHeaders, plainQuery, type SeenBody, type SeenCall, withoutMembers } from '../../core/kit.js'
import type { Bodies } from './entry.js'

/** Bytes of a request and of an answer that are kept. */
const REQUEST_LIMIT = 8 * 1024 * 1024
const ANSWER_LIMIT = 256 * 1024

/** What goes by of an answer, from its beginning. */
export class Capture {
  #chunks: Buffer[] = []
  #bytes = 0

  data(chunk: Buffer): void {
    const left = ANSWER_LIMIT - this.#bytes
    if (left <= 0) return
    this.#chunks.push(chunk.subarray(0, left))
    this.#bytes += Math.min(chunk.length, left)
  }

  get answer(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

/** What the client sent, without the id of its user, and what it got. */
export function bodiesOf(asked: SeenCall | undefined, capture: Capture): Bodies {
  return {
    request: asked?.body && withoutUser(asked.body),
    headers: asked && plainHeaders(asked.headers),
    query: plainQuery(asked?.query ?? ''),
    answer: capture.answer,
  }
}

function withoutUser(body: SeenBody): Buffer | undefined {
  if (body.bytes.length > REQUEST_LIMIT) return undefined
  const metadata = body.tree.get('metadata')
  if (!metadata?.get('user_id')) return body.bytes
  return body.edit(withoutMembers(metadata, (key) => key.is('user_id'))).bytes
}
