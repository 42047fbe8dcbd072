import { defineCommand } from 'citty'
import { ownModel } from '../accounts/tiers.js'
import { heading } from '../config/print.js'
import type { Upstream } from '../contract/call.js'
import type { Account } from '../contract/upstream.js'
import { nearest } from '../errors/nearest.js'
import { createForwarder } from '../upstream/anthropic-forwarder.js'
import { isBaseURL } from '../upstream/base-url.js'
import { createHttpClient } from '../upstream/http.js'
import { upstreamOf } from '../upstream/registry.js'
import { Transport } from '../upstream/transport.js'
import { type CliContext, loadResolved } from './context.js'
import { type Findings, findOut, REQUESTS } from './find-out.js'
import { type ConfigArgs } from './flags.js'
import { withChain } from './probe.js'
import { modelFor } from './probe-call.js'
import { PROBE_KEY, probe as row } from './table/set-up.js'
import { CommandLineError, UsageError } from './usage-error.js'

export const probe = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const { upstream: named } = args
    if (!named)
      throw new CommandLineError('name an upstream or the URL of an endpoint: agproxy probe NAME|URL')
    const run = async (probed: Probed) => {
      const { upstream, account, model } = probed
      const url = upstream.address?.(account).url
      if (!args.json) context.out(`${upstream.name}${url ? ` at ${url}` : ''}, model ${model}: ${cost()}\n\n`)
      const findings = await findOut(upstream, account, model)
      context.out(args.json ? asJson(probed, url, findings) : card(probed, url, findings))
      return 0
    }
    return isBaseURL(named) ? atURL(named, args, context, run) : ofConfig(named, args, context, run)
  },
})

interface Probed {
  readonly upstream: Upstream
  readonly account: Account
  /** The upstream's own, or one that it maps. */
  readonly model: string
  /** Named by its URL, and not by a config. */
  readonly isURL: boolean
}

type Run = (probed: Probed) => Promise<number>
type Args = ConfigArgs & { readonly model?: string | undefined; readonly 'key-header'?: string | undefined }

const cost = () =>
  `${REQUESTS} requests, answers of at most 16 tokens, one of which may search the web once; the account pays`

async function atURL(baseURL: string, args: Args, { env }: CliContext, run: Run): Promise<number> {
  const transport = new Transport()
  try {
    const services = { transport, http: createHttpClient(transport) }
    const keyHeader = args['key-header'] ?? 'x-api-key'
    const hooks = createForwarder({ name: 'probed', baseURL, keyHeader, listsModels: true }, services)
    const upstream = upstreamOf('probed', hooks)
    const apiKey = env[PROBE_KEY]
    const account: Account = { id: 'probed', upstream: 'probed', ...(apiKey && { apiKey }) }
    const listed = upstream.listModels?.(account, AbortSignal.timeout(10_000)).catch(() => [])
    const model = args.model ?? (await listed)?.[0]?.id
    if (!model) throw new UsageError('the endpoint lists no models: name one with --model')
    return await run({ upstream, account, model, isURL: true })
  } finally {
    await transport.close()
  }
}

async function ofConfig(name: string, args: Args, context: CliContext, run: Run): Promise<number> {
  const config = await loadResolved(args, context)
  return withChain(config, ({ upstreams }) => {
    const upstream = upstreams.get(name)
    const account = config.accounts.find((one) => one.upstream === name)
    if (!upstream || !account) {
      const names = [...new Set(config.accounts.map((one) => one.upstream))]
      const there = names.length > 0 ? `accounts are there for ${names.join(', ')}` : 'there is no account'
      throw new UsageError(`no account of an upstream '${name}'${nearest(name, names)}; ${there}`)
    }
    const asked = args.model ?? modelFor(account, upstream)
    return run({ upstream, account, model: ownModel(account, asked) ?? asked, isURL: false })
  })
}

function asJson({ upstream }: Probed, url: string | undefined, findings: Findings): string {
  const at = new Date().toISOString()
  return `${JSON.stringify({ upstream: upstream.name, url, at, ...findings }, undefined, 2)}\n`
}

function card(probed: Probed, url: string | undefined, { findings, accepts }: Findings): string {
  const rows = findings.map(({ tries, outcome, status, words }) => [
    tries,
    outcome,
    outcome === 'taken' ? '' : [status, words].filter(Boolean).join(' '),
  ])
  return `${heading('found', rows)}\n\nfor the config (what is taken may also be ignored without a word)\n${entry(probed, url, accepts)}\n`
}

function entry({ upstream: { name }, isURL }: Probed, url: string | undefined, accepts: object): string {
  const told = JSON.stringify(accepts)
  return isURL
    ? `  upstreams: [{ name: 'probed', baseURL: '${url}', accepts: ${told} }]`
    : `  plugins: { '${name}': { accepts: ${told} } }`
}
