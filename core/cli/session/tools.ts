import { cacheWords, printRequest } from '../explain-text.js'
import { quantity } from '../quantity.js'
import {
  type AccountsTold,
  type BudgetsAnswer,
  type CacheAnswer,
  cacheShare,
  type RequestsAnswer,
  today,
  type UsageAnswer,
  type UsageSums,
} from './answers.js'
import type { Ask } from './ask.js'

/** A question that an agent can ask about its own session. All of them only read. */
export interface SessionTool {
  readonly name: string
  readonly description: string
  /** Whether it takes the id of one request. */
  readonly takesRequest?: true
  answer(ask: Ask, session: string, request?: string): Promise<string>
}

const NO_TRACE =
  'The gateway keeps no requests: its config needs `trace: {}` for this. Requests that are sent after that are kept.'

export const sessionTools: readonly SessionTool[] = [
  {
    name: 'cost_so_far',
    description:
      'What this session has cost until now in US dollars and tokens, and what all sessions cost today.',
    async answer(ask, session) {
      const [own, day] = await Promise.all([
        ask<UsageAnswer>('usage?by=session&since=30d'),
        ask<UsageAnswer>(`usage?by=day&since=${today()}`),
      ])
      if (!own) return 'The gateway has no ledger, so nothing is counted.'
      const sums = own.rows.find(({ name }) => name === session)
      const words = sums ? `This session: ${sumsWords(sums)}.` : 'Nothing of this session is counted yet.'
      return day ? `${words}\nAll sessions today: ${sumsWords(day.total)}.` : words
    },
  },
  {
    name: 'why_cache_missed',
    description:
      'How much of this session’s prompts came from the prompt cache, and for each miss why, and what it cost.',
    async answer(ask, session) {
      const found = await ask<CacheAnswer>('cache')
      if (!found) return NO_TRACE
      const own = found.sessions.find((each) => each.session === session)
      if (!own) return 'None of this session’s requests is kept.'
      const share = cacheShare(own)
      const head = `${quantity(own.requests, 'request')}; ${share === undefined ? 'no tokens counted' : `${Math.round(share * 100)} % of the prompts came from the cache`}; ${quantity(own.misses.length, 'miss', 'misses')}.`
      return [head, ...own.misses.map((miss) => `${miss.at} ${miss.id}: ${cacheWords(miss)}`)].join('\n')
    },
  },
  {
    name: 'budget_left',
    description:
      'What is left of the budgets that this session counts against, and of the plan of its account.',
    async answer(ask, session) {
      const [budgets, accounts] = await Promise.all([
        ask<BudgetsAnswer>(`budgets?session=${encodeURIComponent(session)}`),
        ask<AccountsTold>('accounts'),
      ])
      const limits = (budgets?.budgets ?? []).map(({ per, label, unit, amount, used, ends }) => {
        const left = Math.max(0, amount - used)
        const shown =
          unit === 'usd' ? `$${left.toFixed(2)} of $${amount.toFixed(2)}` : `${left} of ${amount} tokens`
        return `Per ${label ?? per}: ${shown} left${ends ? `, begins anew at ${ends}` : ''}.`
      })
      const plans = (accounts?.accounts ?? []).flatMap(({ id, windows = [] }) =>
        windows.map(
          ({ name, used, resets }) =>
            `Plan of account ${id}, ${name}: ${Math.round((1 - used) * 100)} % left${resets ? `, begins anew at ${resets}` : ''}.`,
        ),
      )
      return [...limits, ...plans].join('\n') || 'No budget is set, and no account tells of a plan.'
    },
  },
  {
    name: 'last_error',
    description: 'The newest request of this session that failed: what each attempt met, and why.',
    async answer(ask, session) {
      const found = await ask<RequestsAnswer>(`requests?limit=200&session=${encodeURIComponent(session)}`)
      if (!found) return NO_TRACE
      const failed = found.requests.find(
        ({ status, ending }) => (status ?? 500) >= 400 || ending === 'broken',
      )
      return failed ? explained(ask, failed.id) : 'None of this session’s kept requests failed.'
    },
  },
  {
    name: 'account_state',
    description:
      'The upstream accounts of the gateway: which can serve now, which are in cooldown and why, and their load.',
    async answer(ask) {
      const found = await ask<AccountsTold>('accounts')
      if (!found) return 'The gateway does not answer.'
      const lines = found.accounts.map(({ id, upstream, usable, inFlight, cooldowns }) => {
        const held = cooldowns.map(({ reason, model, until }) => {
          const what = model ? `in cooldown for ${model}` : usable ? 'the last choice' : 'in cooldown'
          return `; ${what} until ${until ?? 'the config changes'} (${reason.replaceAll('-', ' ')})`
        })
        return `${id} (${upstream}): ${usable ? 'can serve' : 'can not serve'}, ${inFlight} in flight${held.join('')}`
      })
      return [...lines, `${quantity(found.waiting, 'request waits', 'requests wait')} for an account`].join(
        '\n',
      )
    },
  },
  {
    name: 'explain_request',
    description:
      'What happened to one request: each plugin’s changes, each attempt with its account and times, tokens, cost and cache. Without an id the newest of this session.',
    takesRequest: true,
    async answer(ask, session, request) {
      if (request !== undefined) return explained(ask, request)
      const found = await ask<RequestsAnswer>(`requests?limit=1&session=${encodeURIComponent(session)}`)
      if (!found) return NO_TRACE
      const [newest] = found.requests
      return newest ? explained(ask, newest.id) : 'None of this session’s requests is kept.'
    },
  },
]

async function explained(ask: Ask, id: string): Promise<string> {
  const found = await ask<Parameters<typeof printRequest>[0]>(
    `requests/${encodeURIComponent(id)}?bodies=false`,
  )
  return found ? printRequest(found, { NO_COLOR: '1' }) : `No request ${id.slice(0, 60)} is kept.`
}

function sumsWords(sums: UsageSums): string {
  const { requests, failed, outputTokens, cost, priced, listCost, plan } = sums
  const sent = sums.inputTokens + sums.cacheReadTokens + sums.cacheCreationTokens
  const share = cacheShare(sums)
  const money = priced > 0 ? `$${cost.toFixed(4)}` : plan > 0 ? 'paid by a plan' : 'no price known'
  const asked =
    listCost > 0 ? ` ($${listCost.toFixed(4)} by the names of the models that were asked for)` : ''
  const cached = share === undefined ? '' : `, ${Math.round(share * 100)} % of them from the cache`
  return `${money}${asked}; ${quantity(requests, 'request')}, ${failed} failed; ${sent} tokens in${cached}, ${outputTokens} out`
}
