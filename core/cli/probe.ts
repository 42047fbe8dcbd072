import { PoolState } from '../accounts/pool-state.js'
import { buildChain, type RunningChain } from '../chain/build.js'
import type { ChainEndpoint } from '../chain/endpoints.js'
import type { Link } from '../chain/link.js'
import { type Tried, trySamples } from '../chain/sample.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { Logger } from '../contract/services.js'
import type { Account } from '../contract/upstream.js'
import { isLoopback } from '../exchange/loopback.js'
import { secretsOf } from '../server/redact.js'
import { createHttpClient } from '../upstream/http.js'
import { Transport } from '../upstream/transport.js'
import { callOnce } from './probe-call.js'

export interface ProbeResult {
  readonly id: string
  readonly upstream: string
  readonly ok: boolean
  readonly text: string
}

const nothing = () => {}
const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => quiet }

/** Characters of a result. */
const LONGEST = 600

/** Milliseconds that an account has for its answer. */
export const PATIENCE = 10_000

export interface TryOut extends Tried {
  readonly results: readonly ProbeResult[]
  /** Routes that the chain's plugins and the operator's API have, as rows of a table. */
  readonly endpoints: readonly (readonly string[])[]
}

/**
 * Builds the chain, hands its plugins a sample and, when `call` says so, calls every account of the config once, all at a
 * time; each has `patience` milliseconds.
 */
export async function tryOut(config: ResolvedConfig, call: boolean, patience = PATIENCE): Promise<TryOut> {
  return withChain(config, async (running) => {
    const tried = await trySamples(ownLinks(running))
    const endpoints = running.endpoints.list.map(endpointRow)
    if (!call) return { results: [], ...tried, endpoints }
    const redact = secretsOf(config)
    const results = config.accounts.map((account) => probe(account, running, patience))
    const told = (await Promise.all(results)).map((result) => ({ ...result, text: redact(result.text) }))
    return { results: told, ...tried, endpoints }
  })
}

/** Builds the chain, without a server and without a word in the log, for as long as `use` takes. */
export async function withChain<T>(
  config: ResolvedConfig,
  use: (running: RunningChain) => Promise<T>,
): Promise<T> {
  const { host, port } = config.server
  const transport = new Transport()
  try {
    const running = await buildChain(config, {
      logger: quiet,
      transport,
      http: createHttpClient(transport),
      poolState: new PoolState(),
      server: { host, port, loopback: isLoopback(host) },
    })
    try {
      return await use(running)
    } finally {
      await running.dispose()
    }
  } finally {
    await transport.close()
  }
}

function endpointRow({ plugin, endpoint, pattern }: ChainEndpoint): readonly string[] {
  const from = plugin === undefined ? 'the gateway' : `plugin ${plugin}`
  return [`${endpoint.method} ${pattern.shown}`, endpoint.access, from]
}

/** Without those that want accounts for the sample. */
function ownLinks({ config, links }: RunningChain): readonly Link[] {
  const dispatchers = config.chain.filter(({ definition: d }) => d.phase === 'dispatch')
  const names = new Set(['dispatch', ...dispatchers.map(({ definition }) => definition.name)])
  return links.filter(({ name }) => !names.has(name))
}

async function probe(account: Account, running: RunningChain, patience: number): Promise<ProbeResult> {
  const { id, upstream: name } = account
  const upstream = running.upstreams.get(name)
  if (!upstream) return { id, upstream: name, ok: true, text: 'not called, its upstream is switched off' }
  const startedAt = performance.now()
  const signal = AbortSignal.timeout(patience)
  try {
    const called = upstream.probe ? upstream.probe(account, signal) : callOnce(account, running, signal)
    await Promise.race([called, expiry(signal)])
    return { id, upstream: name, ok: true, text: `${Math.round(performance.now() - startedAt)} ms` }
  } catch (error) {
    const url = upstream.address?.(account).url
    const reason = signal.aborted
      ? `no answer within ${patience / 1000} s${url ? ` from ${url}` : ''}`
      : (error as Error).message
    return { id, upstream: name, ok: false, text: reason.split('\n')[0]!.slice(0, LONGEST) }
  }
}

/** For an upstream that does not watch its signal. */
function expiry(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
