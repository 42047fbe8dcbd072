import type { Awaitable } from '../contract/awaitable.js'
import type { Patience, StateStore } from '../contract/state.js'

/** Milliseconds since a session's last request; a prompt cache lives for five minutes or an hour. */
const KEPT = 3_600_000
/** Kept for longer, so that a session's requests need a word to the store once in a while and not each time. */
const SLACK = KEPT / 10

/** Which account a session is at home on, by the account's id. */
export class Affinity {
  constructor(
    private readonly store: StateStore,
    private readonly now: () => number,
  ) {}

  pinned(session: string): string | undefined {
    return this.store.get('session', session)?.value
  }

  /** The session used its own account; its hour starts over. */
  refresh(session: string, accountId: string): void {
    const present = this.store.get('session', session)
    if (present && present.expires - this.now() > KEPT) return
    this.store.set('session', session, accountId, KEPT + SLACK)
  }

  /** Gives a session its first or another home. Returns where it is at home now: another request may have been first. */
  pin(
    session: string,
    from: string | undefined,
    to: string,
    patience: Patience,
  ): Awaitable<string | undefined> {
    const change = { kind: 'session', key: session, expected: from, value: to, ttl: KEPT + SLACK }
    return this.store.compareAndSet(change, patience)
  }
}
