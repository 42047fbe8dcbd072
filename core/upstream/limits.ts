import type { Call } from '../contract/call.js'

/**
 * Milliseconds for the headers of an answer without a stream, which come with its end. The official SDK waits 10 minutes;
 * an attempt that is cut before is paid for, and another one would take as long.
 */
const WHOLE_ANSWER = 600_000

/** Milliseconds that an upstream has for the headers of its answer to this call, and again for its first event or the beginning of a message. */
export function headersLimit({ stream, limits }: Call): number {
  return stream ? limits.firstEvent : (limits.answer ?? WHOLE_ANSWER)
}
