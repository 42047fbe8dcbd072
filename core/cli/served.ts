import { ownModel } from '../accounts/tiers.js'
import type { RunningChain } from '../chain/build.js'
import type { RegisteredGateway } from './registry.js'

/** The names by which Claude Code asks, the cheapest last. */
const FAMILIES = ['opus', 'sonnet', 'haiku'] as const

/** What the first account's upstream is asked for in place of Claude's models: `opus → glm-5.3`. */
export function servedModels({ accounts, upstreams }: RunningChain): string[] {
  const [account] = accounts.all()
  const upstream = account && upstreams.get(account.upstream)
  if (!account || !upstream) return []
  return FAMILIES.flatMap((family) => {
    const asked = `claude-${family}-5`
    const served = ownModel(account, asked) ?? upstream.modelFor(asked)
    return served === asked ? [] : [`${family} → ${served}`]
  })
}

/** Its config and models, in words. */
export function factsOf({ config, models }: Pick<RegisteredGateway, 'config' | 'models'>): string {
  return `config ${config ?? 'none'}; models ${models.length > 0 ? models.join(', ') : 'as asked for'}`
}
