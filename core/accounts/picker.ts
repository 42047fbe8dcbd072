import type { AccountRequest } from '../contract/accounts.js'
import type { Awaitable } from '../contract/awaitable.js'
import type { Target } from '../contract/call.js'
import type { Choice } from '../contract/choice.js'
import { cancellationOf } from '../exchange/inner.js'
import type { Upstreams } from '../upstream/registry.js'
import type { Candidate } from './candidate.js'
import { choiceOf } from './choice.js'
import { AccountLease } from './lease.js'
import { keepsPin, type PickInput, pick } from './pick.js'
import type { PoolState } from './pool-state.js'
import type { Waiting } from './queue.js'
import type { Tiers, TierTable } from './tiers.js'

/** Turns lost to other gateways in a row, after which a request waits for news like any other. */
const RACES = 5

const NOTHING: readonly string[] = []

/** Finds a request its account and seats it there. */
export class Picker {
  constructor(
    private readonly state: PoolState,
    private readonly tierTable: TierTable,
    private readonly upstreams: Upstreams,
  ) {}

  /**
   * One look: a lease; undefined when no account can serve; or word that it must wait. Up to the first question that a shared
   * store must answer it runs at once, so that what one request takes the next one sees taken.
   */
  pick(request: AccountRequest, late: boolean): Awaitable<AccountLease | undefined | Waiting> {
    const { model, preference } = request.call
    const usual = () => this.#pick(request, late, this.tierTable.of(model), RACES)
    if (!preference) return usual()
    // The accounts of a preference are a set of their own, in which the session has a pin of its own.
    const found = this.#pick(request, late, this.tierTable.of(model, preference), RACES)
    if (preference.only) return found
    if (found instanceof Promise) return found.then((later) => later ?? usual())
    return found ?? usual()
  }

  #pick(
    request: AccountRequest,
    late: boolean,
    tiers: Tiers,
    races: number,
  ): Awaitable<AccountLease | undefined | Waiting> {
    const { cooldowns, random } = this.state
    const input = this.#input(request, tiers, late)
    const found = races > 0 ? pick(input, (c) => cooldowns.health(c), random) : 'wait'
    if (found === 'none') return undefined
    if (found === 'wait') return { waitsFor: Math.min(...tiers.all.map((c) => cooldowns.changesIn(c))) }
    const choice = choiceOf(found, input, (c) => cooldowns.health(c))
    const target = this.#target(request, found, choice)
    if (!input.needsSlot) return new AccountLease(target, found, this.state, NOTHING, () => {})
    const lease = this.#reserve(target, found)
    const answers = this.#agree(request, input, lease)
    const cancellation = cancellationOf(request.call)
    if (answers.length === 0) return lease.ownedBy(cancellation)
    return Promise.all(answers).then((good) => {
      if (good.every(Boolean)) return lease.ownedBy(cancellation)
      this.#free(lease) // without waking those that wait: they would look again, and so would this request, without end
      return this.#pick(request, late, tiers, races - 1)
    })
  }

  #input({ call, session, tried }: AccountRequest, tiers: Tiers, late: boolean): PickInput {
    const at = (key: string | undefined) => {
      const id = key === undefined ? undefined : this.state.affinity.pinned(key + tiers.set)
      return id === undefined ? undefined : tiers.byId.get(id)
    }
    // A count is over in a moment, and no upstream holds it against the concurrency of conversations.
    const needsSlot = call.route === 'messages'
    const pinned = at(session.own)
    return { tiers, pinned, parent: pinned ? undefined : at(session.parent), tried, overdue: late, needsSlot }
  }

  #target({ attempt, call }: AccountRequest, { account, model }: Candidate, choice: Choice): Target {
    const upstream = this.upstreams.expect(account.upstream)
    const accepts = upstream.acceptsFor(model ?? upstream.modelFor(call.model))
    const named = model !== undefined && { model }
    return { upstream, account, accepts, attempt, choice, ...named }
  }

  #reserve(target: Target, candidate: Candidate): AccountLease {
    const { cooldowns, queue } = this.state
    candidate.load.inFlight++
    return new AccountLease(target, candidate, this.state, cooldowns.recovering(candidate), (lease) => {
      this.#free(lease)
      queue.changed()
    })
  }

  #free(lease: AccountLease): void {
    const {
      candidate: { account, load },
      recovering,
    } = lease
    const { cooldowns, store } = this.state
    load.inFlight--
    for (const scope of recovering) cooldowns.releaseProbe(scope, lease.id)
    if (account.maxConcurrent !== undefined) store.releaseSlot(load.id, lease.id)
  }

  /**
   * What all gateways must agree on before the place is good: whose turn it is to try the account, its number of requests,
   * the session's home. Asked together, so that a store elsewhere costs one round trip. Most requests have nothing to ask.
   */
  #agree(request: AccountRequest, input: PickInput, lease: AccountLease): Awaitable<boolean>[] {
    const { cooldowns, store } = this.state
    const { candidate, recovering } = lease
    const { account, load } = candidate
    const answers: Awaitable<boolean>[] = []
    for (const scope of recovering)
      if (cooldowns.isHalfOpen(scope)) answers.push(cooldowns.claimProbe(scope, lease.id, request.patience))
    if (account.maxConcurrent !== undefined)
      answers.push(store.acquireSlot(load.id, lease.id, account.maxConcurrent, request.patience))
    const settled = this.#pin(request, input, candidate)
    if (settled !== true) answers.push(settled)
    return answers
  }

  /** Makes the account the session's home, unless the request is only a guest there while its own is full. */
  #pin(
    request: AccountRequest,
    { tiers, pinned, tried }: PickInput,
    { account, load }: Candidate,
  ): Awaitable<boolean> {
    const { affinity, cooldowns } = this.state
    const session = request.session.own + tiers.set
    const present = affinity.pinned(session)
    if (present === account.id) affinity.refresh(session, account.id)
    const isOverflow = pinned && !tried.has(pinned.account.id) && keepsPin(cooldowns.health(pinned))
    if (present === account.id || isOverflow) return true
    load.sessionPinned()
    const stands = affinity.pin(session, present, account.id, request.patience)
    return typeof stands === 'object' ? stands.then((id) => id === account.id) : stands === account.id
  }
}
