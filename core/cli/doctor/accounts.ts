import type { Account } from '../../contract/upstream.js'
import { edit, type Finding, type Patient } from './finding.js'

/** Seconds: the rounding of a Date header and a slow answer, with room. */
const CLOCK = 60
const PATIENCE = 5_000

/** One tiny request to each account, all at a time. */
export async function accounts({ config, calls }: Patient): Promise<Finding[]> {
  const about = 'accounts'
  if (config.accounts.length === 0) {
    const text =
      'none: the offline upstream answers in place of a model; ZAI_API_KEY or AGPROXY_ANTHROPIC_API_KEY gives one, or `accounts` in the config'
    return [{ about, level: 'warn', text, mend: 'agproxy init' }]
  }
  if (!calls) return [{ about, level: 'ok', text: `${config.accounts.length}, not called` }]
  const { tryOut } = await import('../probe.js')
  const { results } = await tryOut(config, true)
  return results.map(({ id, upstream, ok, text }, i): Finding => {
    const said = `${upstream}: ${text}`
    if (ok) return { about: `account ${id}`, level: 'ok', text: said }
    return {
      about: `account ${id}`,
      level: 'error',
      text: said,
      mend: mendOf(text, config.accounts[i]!, config),
    }
  })
}

/** By the status that the upstream answered with, or by what kept it from answering. */
function mendOf(text: string, account: Account, config: Patient['config']): string {
  const fromEnv = config.accountsFrom === 'env'
  const [key, base] =
    account.upstream === 'zai'
      ? ['ZAI_API_KEY', 'ZAI_BASE_URL']
      : ['AGPROXY_ANTHROPIC_API_KEY', 'AGPROXY_ANTHROPIC_BASE_URL']
  const there = (what: string) => edit(config.file ?? 'agproxy.config.ts', `account ${account.id}: ${what}`)
  const status = /^(\d{3}) /.exec(text)?.[1]
  if (status === '401' || status === '403')
    return fromEnv ? `export ${key}=…   # a key that works` : there('a key that works')
  if (status === '402') return 'agproxy init   # another account beside it, or top this one up'
  if (status === '429')
    return 'agproxy accounts   # it may be used again later; another account would serve meanwhile'
  if (/model/.test(text) && !/base URL|baseURL/.test(text))
    return edit(config.file ?? 'agproxy.config.ts', `plugins.${account.upstream}.models: a model of its plan`)
  if (/base URL|baseURL|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|redirect|something else/.test(text))
    return fromEnv ? `unset ${base}   # or set the right one` : there('baseURL')
  return 'agproxy check --probe'
}

/** The clock against that of the first upstream that has an address; no key goes along. */
export async function clock({ config, calls }: Patient, now = Date.now): Promise<Finding[]> {
  const url = calls ? await addressOf(config) : undefined
  if (url === undefined) return []
  const date = await fetch(url, {
    method: 'HEAD',
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE),
  }).then(
    (response) => Date.parse(response.headers.get('date') ?? ''),
    () => Number.NaN,
  )
  if (Number.isNaN(date)) return []
  const off = Math.round((now() - date) / 1000)
  if (Math.abs(off) < CLOCK) return [{ about: 'clock', level: 'ok', text: `as that of ${new URL(url).host}` }]
  const text = `${Math.abs(off)} s ${off > 0 ? 'ahead of' : 'behind'} that of ${new URL(url).host}: cooldowns and tokens that expire are reckoned wrongly`
  return [{ about: 'clock', level: 'warn', text, mend: 'sudo timedatectl set-ntp true' }]
}

async function addressOf(config: Patient['config']): Promise<string | undefined> {
  const { withChain } = await import('../probe.js')
  return withChain(config, async ({ upstreams }) => {
    for (const account of config.accounts) {
      const url = upstreams.get(account.upstream)?.address?.(account).url
      if (url !== undefined) return url
    }
    return undefined
  })
}
