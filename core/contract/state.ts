import type { Awaitable } from './awaitable.js'

/** A value with the local clock's time at which it is gone. */
export interface Fact {
  readonly value: string
  readonly expires: number
}

/** Milliseconds that one request may still spend on waiting for a store; shared by all its questions. */
export interface Patience {
  left: number
}

/** A change that is made only if no other gateway made one before. */
export interface ConditionalChange {
  readonly kind: string
  readonly key: string
  /** Undefined: the key has no value. */
  readonly expected: string | undefined
  readonly value: string
  readonly ttl: number
}

/**
 * What the account pool knows, in one process or in many. Values are texts under a kind and a key; times to live are in
 * milliseconds.
 *
 * `get`, `set`, `delete` and `add` are replicated: they act on the copy of this process at once, cost no waiting, and the
 * other gateways see them a moment later. `compareAndSet` and `acquireSlot` are agreed upon by all gateways: with a store that is
 * elsewhere they take one round trip, at most the patience given, after which the local copy decides. None of them rejects.
 */
export interface StateStore {
  /** Undefined for a value that is not there or has expired. */
  get(kind: string, key: string): Fact | undefined
  /** Everything of a kind that is not expired. */
  entries(kind: string): Iterable<readonly [key: string, fact: Fact]>
  set(kind: string, key: string, value: string, ttl: number): void
  delete(kind: string, key: string): void
  /** Adds to a counter, which begins at 0 and is gone `ttl` after its last change. Returns its new value. */
  add(kind: string, key: string, by: number, ttl: number): number
  /** Sets the value if the present one is the expected one. Returns the value that is present afterwards. */
  compareAndSet(change: ConditionalChange, patience: Patience): Awaitable<string | undefined>
  /** Takes one of `limit` slots for this holder, until it is released or this process is gone. False when all are taken. */
  acquireSlot(key: string, holder: string, limit: number, patience: Patience): Awaitable<boolean>
  releaseSlot(key: string, holder: string): void
  /** Slots taken, by all gateways, as far as is known here. */
  slots(key: string): number
  /** Calls the listener with the kind and key of everything that changes, here or elsewhere; the kind of slots is `slot`. */
  onChange(listener: (kind: string, key: string) => void): void
  close(): Promise<void>
}
