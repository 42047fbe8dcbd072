import type { StateStore } from '../contract/state.js'
import 'reflect-metadata'
import type { Server } from 'node:http'
import { Gateway } from '../chain/gateway.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { Logger } from '../contract/services.js'
import { isLoopback } from '../exchange/loopback.js'
import { Admission } from './admission.js'
import { answerClientErrors } from './client-error.js'
import { createCloser } from './close.js'
import { createListener } from './listener.js'
import { addressOf, openListener } from './open.js'
import { openServices } from './open-services.js'
import { secretsOf } from './redact.js'

export interface StartOptions {
  readonly config: ResolvedConfig
  /** Default: made from `config.log`. */
  readonly logger?: Logger
  /** State that is shared with other processes of this machine; default: what `config.state` says. */
  readonly store?: StateStore
}

export interface RunningGateway {
  readonly url: string
  /** URLs by which other machines reach it; only when it listens on all addresses. */
  readonly network: readonly string[]
  readonly gateway: Gateway
  readonly logger: Logger
  /**
   * Builds the new chain beside the old one and swaps at once; running requests finish on the old one. Throws, and changes
   * nothing, when the new one can't be built. Returns what will change only with a restart, in words.
   */
  reload(config: ResolvedConfig): Promise<readonly string[]>
  /** Stops accepting, lets running requests finish for `timeout` ms (default `shutdownTimeout`), then cuts them. */
  close(timeout?: number): Promise<void>
  /** Cuts what runs: a `close` that has begun resolves within a second, whatever a plugin's `dispose` does. */
  cut(): void
}

/** Builds the chain and listens. Rejects, with nothing left behind, when either can't be done. */
export async function startGateway(options: StartOptions): Promise<RunningGateway> {
  const { config } = options
  const secrets = { redact: secretsOf(config) }
  const { host, port } = config.server
  const address = await addressOf(host)
  // A name below `.localhost` may be given any address.
  const info = { host, port, loopback: isLoopback(host) && isLoopback(address) }
  const opened = await openServices(config, info, options, (line) => secrets.redact(line))
  const { services, close: closeServices } = opened
  const { logger } = services
  let gateway: Gateway | undefined
  try {
    gateway = await Gateway.create(config, services)
    const admission = new Admission(config.server)
    const serve = createListener({ gateway, logger, admission })
    const { server, url, network } = await openListener(serve, address, config.server)
    applyTimeouts(server, config.server)
    answerClientErrors(server)
    const running = gateway
    const reload = async (next: ResolvedConfig) => {
      await running.reload(next)
      secrets.redact = secretsOf(next)
      admission.limits = next.server
      applyTimeouts(server, next.server)
      if ('level' in logger) Object.assign(logger, { level: next.log.level })
      return needsRestart(config, next)
    }
    const { close, cut } = createCloser(server, gateway, closeServices)
    return {
      url,
      network,
      gateway,
      logger,
      reload,
      close: (timeout = running.running.config.server.shutdownTimeout) => close(timeout),
      cut,
    }
  } catch (error) {
    await gateway?.close()
    await closeServices()
    throw error
  }
}

function applyTimeouts(server: Server, options: ResolvedConfig['server']): void {
  // With a longer time for the headers than for all of the request, Node 20 finds no request that takes too long.
  server.headersTimeout = Math.min(options.headersTimeout, options.requestTimeout || Number.POSITIVE_INFINITY)
  server.requestTimeout = options.requestTimeout
  server.keepAliveTimeout = options.keepAliveTimeout
  server.maxHeadersCount = 0 // past a count Node drops headers silently; header-limits counts them instead
}

/** What a running gateway can't change. */
function needsRestart(before: ResolvedConfig, next: ResolvedConfig): readonly string[] {
  const differ = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b)
  const fixed = ['host', 'port', 'https'] as const
  const changed = fixed
    .filter((name) => differ(before.server[name], next.server[name]))
    .map((name) => `server.${name}`)
  for (const name of ['state', 'transport'] as const) if (differ(before[name], next[name])) changed.push(name)
  for (const name of ['logger', 'state'] as const)
    if (!before.services[name] !== !next.services[name]) changed.push(`services.${name}`)
  return changed.map((name) => `${name} changes with the next start; this gateway keeps what it has`)
}
