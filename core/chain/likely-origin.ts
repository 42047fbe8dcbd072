import type { Accounts } from '../contract/accounts.js'
import type { Upstreams } from '../contract/services.js'
import type { Account } from '../contract/upstream.js'

/**
 * The origin that the next request may go to, before anything of it is known: that of the account that is preferred now. Undefined
 * where its upstream has no address.
 */
export function likelyOrigin(accounts: Accounts, upstreams: Upstreams): string | undefined {
  const rank = (account: Account) => {
    const precedence = upstreams.get(account.upstream)?.precedence
    return precedence === 'exclusive' ? 0 : precedence === 'fallback' ? 2 : 1
  }
  const [first] = accounts
    .all()
    .filter((account) => accounts.cooldownMs(account) === 0)
    .sort((a, b) => rank(a) - rank(b) || (a.priority ?? 0) - (b.priority ?? 0))
  const url = first && upstreams.get(first.upstream)?.address?.(first).url
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined
}
