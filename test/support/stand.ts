import { onTestFinished } from 'vitest'
import {
  startTestGateway,
  type TestConfig,
  type TestGateway,
  type TestGatewayOptions,
} from '../../testing.js'
import { type Handler, startUpstream, type Upstream, type UpstreamOptions } from './bad-upstream.js'
import { type Seen, type SendInit, send } from './client.js'

export interface StandOptions extends TestGatewayOptions, UpstreamOptions {
  /** The gateway's config for an upstream at this URL. Default: `direct`. */
  readonly config?: (url: string) => TestConfig | Promise<TestConfig>
}

/** A scripted upstream with a gateway in front of it. */
export interface Stand {
  readonly up: Upstream
  readonly gateway: TestGateway
  /** The gateway's URL. */
  readonly url: string
  /** One request to the gateway. */
  send(init?: SendInit): Promise<Seen>
}

/** Starts both for one test; they are closed when it is over. */
export async function stand(handler: Handler, options: StandOptions = {}): Promise<Stand> {
  const up = await startUpstream(handler, options)
  onTestFinished(() => up.close())
  const gateway = await startTestGateway(await (options.config ?? direct)(up.url), options)
  onTestFinished(() => gateway.close())
  return { up, gateway, url: gateway.url, send: (init) => send(gateway.url, init) }
}

/** The preset with one Anthropic account: a chain that has nothing to rewrite. */
export function direct(url: string): TestConfig {
  return {
    preset: 'claude-code',
    accounts: [{ id: 'one', upstream: 'anthropic', apiKey: 'sk-upstream-1' }],
    plugins: { anthropic: { baseURL: url } },
  }
}

/** The preset with two z.ai accounts, the second to take over from the first. */
export function zaiPair(url: string): TestConfig {
  return {
    preset: 'claude-code',
    accounts: [
      { id: 'first', upstream: 'zai', apiKey: 'sk-upstream-1' },
      { id: 'second', upstream: 'zai', apiKey: 'sk-upstream-2', email: 'second@example.com' },
    ],
    plugins: { zai: { baseURL: url } },
  }
}
