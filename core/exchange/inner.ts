import type { Call } from '../contract/call.js'
import type { Cancellation, HeaderList, Headers } from '../contract/http.js'
import type { Reply } from '../contract/reply.js'

/**
 * What the gateway's own code sees of a call beside its contract. Fields and not a table by object: the copy of the package that
 * a config's plugin imports then reads calls that another copy made.
 */
export interface InnerCall extends Call {
  readonly cancellation: Cancellation
  readonly decodedShare: number
}

/** The same of a reply. */
export interface InnerReply extends Reply {
  readonly held: Buffer | undefined
  headerList(drop: ReadonlySet<string>): HeaderList
  withBytes(bytes: Buffer, headers: Headers): Reply
  replacedBy(other: Reply): void
}

/** `call.signal` without the cost of an AbortSignal. */
export function cancellationOf(call: Call): Cancellation {
  return (call as InnerCall).cancellation
}

/** How much of the body plugins have decoded by reading `call.body`, from 0 to 1. */
export function decodedShare(call: Call): number {
  return (call as InnerCall).decodedShare
}

/** The bytes of a reply when all of them are here already, else undefined. */
export function heldBytes(reply: Reply): Buffer | undefined {
  return (reply as InnerReply).held
}

/** The headers of a reply that may travel on, as `endToEndList` has them. */
export function headerList(reply: Reply, drop: ReadonlySet<string>): HeaderList {
  return (reply as InnerReply).headerList(drop)
}

/** The same answer with another body, which is here, and its headers over those that came. */
export function withBytes(reply: Reply, bytes: Buffer, headers: Headers): Reply {
  return (reply as InnerReply).withBytes(bytes, headers)
}

/** Discards a reply when another one goes out in its place, unless that one is made of it or it is being read. */
export function discardReplaced(reply: Reply, other: Reply): void {
  ;(reply as InnerReply).replacedBy(other)
}
