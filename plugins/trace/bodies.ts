import type { Headers } from '../../core/index.js'
import {
  namesOfUser,
  plainHeaders,
  plainQuery,
  presentedKeys,
  type SeenBody,
  type SeenCall,
  withoutMembers,
} from '../../core/kit.js'
import type { Bodies } from './entry.js'

/** Bytes of a request and of an answer that are kept. */
const REQUEST_LIMIT = 8 * 1024 * 1024
const ANSWER_LIMIT = 256 * 1024

/** What goes by of an answer, from its beginning. */
export class Capture {
  #chunks: Buffer[] = []
  #bytes = 0
  isCut = false
  /** When each of its pieces came, by `performance.now()`, and how long it was by then. */
  readonly marks: { readonly at: number; readonly bytes: number }[] = []

  data(chunk: Buffer): void {
    const left = ANSWER_LIMIT - this.#bytes
    if (chunk.length > left) this.isCut = true
    if (left <= 0) return
    this.#chunks.push(chunk.subarray(0, left))
    this.#bytes += Math.min(chunk.length, left)
    this.marks.push({ at: performance.now(), bytes: this.#bytes })
  }

  get answer(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

/** What the client sent, without the id of its user, and what it got. */
export function bodiesOf(asked: SeenCall | undefined, capture: Capture, sent: Headers): Bodies {
  const user = asked?.body?.tree.get('metadata')?.get('user_id')?.string()
  return {
    request: asked?.body && withoutUser(asked.body),
    headers: asked && plainHeaders(asked.headers),
    query: plainQuery(asked?.query ?? ''),
    answer: capture.answer,
    isCut: capture.isCut,
    marks: capture.marks,
    secrets: { keys: presentedKeys(sent), names: namesOfUser({ metadata: { user_id: user } }) },
  }
}

function withoutUser(body: SeenBody): Buffer | undefined {
  if (body.bytes.length > REQUEST_LIMIT) return undefined
  const metadata = body.tree.get('metadata')
  if (!metadata?.get('user_id')) return body.bytes
  return body.edit(withoutMembers(metadata, (key) => key.is('user_id'))).bytes
}
