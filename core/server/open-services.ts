import { PoolState } from '../accounts/pool-state.js'
import { type GatewayServices, makeService } from '../chain/services.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { Logger, ServerInfo } from '../contract/services.js'
import type { StateStore } from '../contract/state.js'
import { openStore } from '../state/open.js'
import { createHttpClient } from '../upstream/http.js'
import { Transport } from '../upstream/transport.js'
import { createLogger } from './logger.js'

export interface OpenServices {
  readonly services: GatewayServices
  close(): Promise<void>
}

/**
 * Opens what outlives a reload: the logger and the store of the config's `services`, else those given, else those that the
 * config's options describe.
 */
export async function openServices(
  config: ResolvedConfig,
  server: ServerInfo,
  { logger: given, store: shared }: { readonly logger?: Logger; readonly store?: StateStore },
  redact: (lines: string) => string,
): Promise<OpenServices> {
  const context = { config: { accounts: config.accounts }, server }
  const builtIn = given ?? (await createLogger(config.log, redact))
  const own = config.services.logger
  const logger = own
    ? makeService('logger', () => own.create({ ...context, builtIn: () => builtIn, redact }))
    : builtIn
  const { state } = config.services
  const store = state
    ? makeService('state', () => state.create({ ...context, logger }))
    : (shared ?? (await openStore(config.state, logger)))
  const transport = new Transport(config.transport)
  const http = createHttpClient(transport)
  return {
    services: { logger, transport, http, poolState: new PoolState({ store }), server },
    async close() {
      await transport.close()
      await store.close()
      if (own) await (logger as Disposable).dispose?.()
    },
  }
}

type Disposable = Logger & { dispose?(): unknown }
