import { inject } from 'tsyringe'
import { z } from 'zod'
import {
  type Account,
  type Accounts,
  type Awaitable,
  type BudgetsAnswer,
  type Call,
  type CallHead,
  definePlugin,
  type Endpoint,
  type EndpointRequest,
  type FinishedRecord,
  GatewayError,
  type Logger,
  type Plugin,
  type PriceList,
  type Prices,
  Reply,
  type StateStore,
  slot,
  tokens,
} from '../../core/index.js'
import { loggable } from '../../core/kit.js'
import { type Budget, budgetOf, limitSchema } from './limits.js'
import { loopIn } from './loop.js'
import { type Spent, spentBy } from './spent.js'
import { statesOf } from './state.js'
import { Sums } from './sums.js'
import { digest, idsOf } from './whose.js'
import { refusal, warning } from './words.js'

const options = z.strictObject({
  /** What may be spent; each limit counts on its own. Default: none. */
  limits: z.array(limitSchema).default([]),
  /** Warns when the same tool was called so many times in a row with the same input; 0: never. Default: 5. */
  loop: z.int().min(0).max(100).default(5),
})

type BudgetsOptions = z.output<typeof options>

/** Percents from which a reply says how much is used. */
const WARN = 75
interface Held {
  readonly budget: Budget
  readonly reserved: number
}

/** What one request holds of its budgets. */
const held = slot(() => ({ budgets: [] as Held[], said: '', loop: '' }))

/** Keeps spending within limits; see docs/plugins/budgets.md. */
class Budgets implements Plugin {
  readonly endpoints: readonly Endpoint[]
  readonly #inMoney: boolean
  readonly #sums: Sums
  #accounts: ReadonlyMap<string, Account> | undefined
  #prices: PriceList | undefined
  #told = false

  constructor(
    @inject(tokens.options) private readonly options: BudgetsOptions,
    @inject(tokens.state) state: StateStore,
    @inject(tokens.accounts) private readonly accounts: Accounts,
    @inject(tokens.prices) private readonly prices: Prices,
    @inject(tokens.logger) private readonly logger: Logger,
  ) {
    this.#sums = new Sums(state)
    this.#inMoney = options.limits.some(({ usd }) => usd !== undefined)
    const handle = ({ query }: EndpointRequest) => {
      const session = new URLSearchParams(query).get('session')
      const ids = session === null ? undefined : [digest(session)]
      const answer: BudgetsAnswer = { budgets: statesOf(options.limits, state, Date.now(), ids) }
      return Reply.json(answer)
    }
    this.endpoints = [{ method: 'GET', path: '/_agproxy/api/budgets', access: 'admin', handle }]
  }

  onRequest(call: Call): Awaitable<void> {
    if (this.options.loop > 0) this.#warnOfLoop(call)
    if (this.options.limits.length === 0) return
    if (this.#inMoney && !this.#prices && !this.#told) return this.#load().then(() => this.#reserve(call))
    this.#reserve(call)
  }

  onReply(reply: Reply, call: Call): Reply | undefined {
    const { said, loop } = held(call)
    if (said === '' && loop === '') return undefined
    return reply.with({
      headers: {
        ...(said !== '' && { 'x-agproxy-budget': said }),
        ...(loop !== '' && { 'x-agproxy-loop': loop }),
      },
    })
  }

  /** What was reserved gives way to what was spent. A request that the operator sends again comes past `onRequest`, and costs as much. */
  onFinish(record: FinishedRecord, head: CallHead): Awaitable<void> {
    const { budgets } = held(head)
    if (budgets.length > 0) {
      const spent = this.#count(record, budgets)
      if (record.status === 200) this.#sums.remember(record, spent)
    } else if (record.attempts.length > 0 && this.options.limits.length > 0) {
      const count = () =>
        void this.#count(
          record,
          this.#budgetsOf(head).map((budget) => ({ budget, reserved: 0 })),
        )
      return this.#inMoney && !this.#prices && !this.#told ? this.#load().then(count) : count()
    }
  }

  #count(record: FinishedRecord, budgets: readonly Held[]): Spent {
    this.#accounts ??= new Map(this.accounts.all().map((account) => [account.id, account]))
    const spent = spentBy(record.attempts, this.#accounts, this.#prices)
    if (spent.usd === undefined) this.#tellUnpriced(record.attempts.at(-1)?.model)
    for (const { budget, reserved } of budgets) this.#sums.add(budget, (spent[budget.unit] ?? 0) - reserved)
    return spent
  }

  #budgetsOf(head: CallHead): readonly Budget[] {
    const now = Date.now()
    return this.options.limits.flatMap((limit) => idsOf(limit, head).map((id) => budgetOf(limit, id, now)))
  }

  #reserve(call: Call): void {
    const budgets = this.#budgetsOf(call)
    const probable = this.#sums.probable(call, this.#prices)
    let worst = 0
    for (const budget of budgets) {
      const used = this.#sums.used(budget)
      const takes = probable[budget.unit] ?? 0
      if (used + takes <= budget.amount && used < budget.amount) {
        const share = (used + takes) / budget.amount
        if (share * 100 >= WARN && share > worst) {
          worst = share
          held(call).said = warning(budget, used + takes)
        }
        continue
      }
      const message = refusal(budget, used, takes)
      const headers = { 'x-agproxy-budget': warning(budget, used) }
      throw new GatewayError('billing_error', message, {
        code: 'AGP_BUDGET',
        status: 429,
        retry: false,
        headers,
      })
    }
    // Only now, so that a request which one budget refuses takes nothing of another.
    for (const budget of budgets) {
      const reserved = probable[budget.unit] ?? 0
      this.#sums.add(budget, reserved)
      held(call).budgets.push({ budget, reserved })
    }
  }

  async #load(): Promise<void> {
    try {
      this.#prices = await this.prices.load()
    } catch (error) {
      this.#told = true
      this.logger.error(`budgets in money count nothing: ${loggable(error)}`)
    }
  }

  #tellUnpriced(model = 'a model'): void {
    if (this.#told || !this.#inMoney) return
    this.#told = true
    this.logger.warn(
      { model },
      'no price is known for a model: budgets in money do not count it; name one in `prices` of the config',
    )
  }

  #warnOfLoop(call: Call): void {
    const loop = loopIn(call.body.messages, this.options.loop, call.roles)
    if (!loop) return
    const { tool, times } = loop
    held(call).loop = `the last ${times} calls of a tool are the same`
    call.record.note('budgets', `the last ${times} tool calls are the same`)
    if (times % this.options.loop === 0)
      this.logger.warn(
        { id: call.id, session: call.record.facts.session, tool, times },
        'a tool is called again and again with the same input',
      )
  }
}

export const budgets = definePlugin({
  name: 'budgets',
  phase: 'request',
  after: 'auth',
  optIn: true,
  options,
  use: Budgets,
})
