import type { Target } from '../contract/upstream.js'
import type { Awaitable } from '../plugin/define.js'
import type { Upstreams } from '../upstream/registry.js'
import type { Candidate } from './candidate.js'
import { Lease } from './lease.js'
import { decide, type Situation, staysAt } from './pick.js'
import type { PoolState } from './pool-state.js'
import type { Waiting } from './queue.js'
import type { Wish } from './request.js'
import type { Ranking, Ranks } from './tiers.js'

/** Turns lost to other gateways in a row, after which a request waits for news like any other. */
const RACES = 5

const NOTHING: readonly string[] = []

/** Finds a request its account and seats it there. */
export class Seating {
  constructor(
    private readonly state: PoolState,
    private readonly ranks: Ranks,
    private readonly upstreams: Upstreams,
  ) {}

  /**
   * One look: a lease; undefined when nobody can serve; or word that it must wait. Up to the first question that a shared
   * store must answer it runs at once, so that what one request takes the next one sees taken.
   */
  look(wish: Wish, late: boolean): Awaitable<Lease | undefined | Waiting> {
    return this.#look(wish, late, this.ranks.of(wish.call.model), RACES)
  }

  #look(wish: Wish, late: boolean, ranking: Ranking, races: number): Awaitable<Lease | undefined | Waiting> {
    const { rests, random } = this.state
    const situation = this.#situation(wish, ranking, late)
    const decision = races > 0 ? decide(situation, (c) => rests.standing(c), random) : 'wait'
    if (decision === 'none') return undefined
    if (decision === 'wait') return { waitsFor: Math.min(...ranking.all.map((c) => rests.changesIn(c))) }
    const target = this.#target(wish, decision)
    if (!situation.seated) return new Lease(target, decision, rests, NOTHING, () => {})
    const lease = this.#sit(target, decision)
    const answers = this.#ask(wish, situation, lease)
    if (answers.length === 0) return lease
    return Promise.all(answers).then((good) => {
      if (good.every(Boolean)) return lease
      this.#leave(lease) // without a word to those that wait: they would look again, and so would this request, for ever
      return this.#look(wish, late, ranking, races - 1)
    })
  }

  #situation({ call, session, tried }: Wish, ranking: Ranking, late: boolean): Situation {
    const at = (key: string | undefined) => {
      const id = key === undefined ? undefined : this.state.affinity.home(key + ranking.set)
      return id === undefined ? undefined : ranking.byId.get(id)
    }
    // A count is over in a moment, and no upstream holds it against the concurrency of conversations.
    const seated = call.route === 'messages'
    const home = at(session.own)
    return { ranking, home, parent: home ? undefined : at(session.parent), tried, late, seated }
  }

  #target({ attempt }: Wish, { account, model }: Candidate): Target {
    const upstream = this.upstreams.expect(account.upstream)
    return { upstream, account, accepts: upstream.accepts, attempt, ...(model !== undefined && { model }) }
  }

  #sit(target: Target, candidate: Candidate): Lease {
    const { rests, queue } = this.state
    candidate.seat.inFlight++
    return new Lease(target, candidate, rests, rests.unsettled(candidate), (lease) => {
      this.#leave(lease)
      queue.changed()
    })
  }

  #leave(lease: Lease): void {
    const {
      candidate: { account, seat },
      unsettled,
    } = lease
    const { rests, store } = this.state
    seat.inFlight--
    for (const scope of unsettled) rests.giveTurnBack(scope, lease.id)
    if (account.maxConcurrent !== undefined) store.release(seat.id, lease.id)
  }

  /**
   * What all gateways must agree on before the place is good: whose turn it is to try the account, its number of requests,
   * the session's home. Asked together, so that a store elsewhere costs one round trip. Most requests have nothing to ask.
   */
  #ask(wish: Wish, situation: Situation, lease: Lease): Awaitable<boolean>[] {
    const { rests, store } = this.state
    const { candidate, unsettled } = lease
    const { account, seat } = candidate
    const answers: Awaitable<boolean>[] = []
    for (const scope of unsettled)
      if (rests.isTrial(scope)) answers.push(rests.takeTurn(scope, lease.id, wish.patience))
    if (account.maxConcurrent !== undefined)
      answers.push(store.lease(seat.id, lease.id, account.maxConcurrent, wish.patience))
    const settled = this.#settle(wish, situation, candidate)
    if (settled !== true) answers.push(settled)
    return answers
  }

  /** Makes the account the session's home, unless the request is only a guest there while its own is full. */
  #settle(wish: Wish, { ranking, home, tried }: Situation, { account, seat }: Candidate): Awaitable<boolean> {
    const { affinity, rests } = this.state
    const session = wish.session.own + ranking.set
    const present = affinity.home(session)
    if (present === account.id) affinity.keep(session, account.id)
    const isGuest = home && !tried.has(home.account.id) && staysAt(rests.standing(home))
    if (present === account.id || isGuest) return true
    seat.place()
    const stands = affinity.move(session, present, account.id, wish.patience)
    return typeof stands === 'object' ? stands.then((id) => id === account.id) : stands === account.id
  }
}
