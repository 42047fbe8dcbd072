import type { Awaitable } from '../contract/awaitable.js'
import type { Call } from '../contract/call.js'
import type { HeaderList } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'
import type { Account } from '../contract/upstream.js'
import { applyEdits, withoutMembers } from '../json/edit.js'
import type { BaseURL } from './base-url.js'
import type { RequestHeaders } from './request-headers.js'

/** A request as it leaves. */
export interface WireRequest {
  /** Below the base URL, with its query. */
  readonly path: string
  readonly headers: HeaderList
  readonly body: Buffer
  /** What no error may quote. Default: the account's key. */
  readonly secrets?: readonly string[]
}

export interface WireContext {
  readonly account: Account
  readonly base: BaseURL
  readonly key: string | undefined
  readonly headers: RequestHeaders
}

/** How an upstream's calls are written and its answers read. */
export interface Wire {
  write(call: Call, context: WireContext): Awaitable<WireRequest>
  /** The answer, an error too, as Anthropic's own API would give it. Default: as it came. */
  read?(reply: Reply, call: Call): Awaitable<Reply>
}

/** The API's own: the client's path, its headers with the account's key, and its body. */
export const MESSAGES_WIRE: Wire = {
  write: (call, { headers, key }) => ({
    path: `${call.path}${call.query}`,
    headers: headers.list(call.headers, key),
    body: call.bytes,
  }),
}

/** A call's body with other top-level fields: `removed` go, `fields` come first. What stays keeps its bytes. */
export function bodyWith(
  call: Call,
  removed: readonly string[],
  fields: Readonly<Record<string, unknown>>,
): Buffer {
  const gone = new Set([...removed, ...Object.keys(fields)])
  const { tree } = call
  const added = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`)
  const at = tree.start + 1
  return applyEdits(call.bytes, [
    { start: at, end: at, text: added.join('') },
    ...withoutMembers(tree, (key) => gone.has(key.string() ?? '')), // `messages` stays, so a comma is right
  ])
}
