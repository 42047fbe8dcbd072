import { randomBytes } from 'node:crypto'

/** The place of a request in a trace (https://www.w3.org/TR/trace-context/). */
export interface TraceIds {
  readonly traceId: string
  /** Of the request's own span. */
  readonly spanId: string
  /** Of the client's span, where it named one. */
  readonly parentId: string | undefined
  readonly sampled: boolean
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/
const ZEROS = /^0+$/

/** Continues the client's trace; one that it spelt wrongly is none, and a new one begins. */
export function traceOf(traceparent: string | undefined): TraceIds {
  const spanId = randomBytes(8).toString('hex')
  const [, traceId, parentId, flags] = TRACEPARENT.exec(traceparent?.slice(0, 64) ?? '') ?? []
  if (traceId === undefined || parentId === undefined || ZEROS.test(traceId) || ZEROS.test(parentId))
    return { traceId: randomBytes(16).toString('hex'), spanId, parentId: undefined, sampled: true }
  return { traceId, spanId, parentId, sampled: (Number.parseInt(flags!, 16) & 1) === 1 }
}

export function traceparent({ traceId, spanId, sampled }: TraceIds): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}
