import 'reflect-metadata'
import { toNodeHandler } from 'h3/node'
import { type Listener, listen } from 'listhen'
import type { ResolvedConfig } from '../config/resolved.js'
import { Gateway } from '../gateway.js'
import type { Logger } from '../log.js'
import { createHttpClient } from '../upstream/http.js'
import { PoolState } from '../upstream/pool.js'
import { Transport } from '../upstream/transport.js'
import { createApp } from './app.js'
import { isLoopback } from './info.js'
import { createLogger } from './logger.js'
import { secretsOf } from './secrets.js'

export interface StartOptions {
  readonly config: ResolvedConfig
  /** Default: made from `config.log`. */
  readonly logger?: Logger
}

export interface RunningGateway {
  readonly url: string
  readonly gateway: Gateway
  readonly logger: Logger
  /** Stops accepting, lets running requests finish for `timeout` ms (default `shutdownTimeout`), then cuts them. */
  close(timeout?: number): Promise<void>
}

/** Builds the chain and listens. Rejects, with nothing left behind, when either can't be done. */
export async function startGateway({ config, logger: given }: StartOptions): Promise<RunningGateway> {
  const { host, port } = config.server
  const logger = given ?? (await createLogger(config.log, secretsOf(config)))
  const transport = new Transport()
  const services = {
    logger,
    transport,
    http: createHttpClient(transport),
    poolState: new PoolState(),
    server: { host, port, loopback: isLoopback(host) },
  }
  let gateway: Gateway | undefined
  try {
    gateway = await Gateway.create(config, services)
    const app = createApp({ gateway, logger, bodyLimit: config.server.bodyLimit })
    const listener = await open(toNodeHandler(app), config)
    return {
      url: listener.url.replace(/\/$/, ''),
      gateway,
      logger,
      close: closer(listener, gateway, transport, config),
    }
  } catch (error) {
    await gateway?.close()
    await transport.close()
    throw error
  }
}

/**
 * listhen's defaults are made for development servers: a taken port would silently become another, a container would
 * listen to the world, and SIGTERM would end the process at once. Each of them is switched off here.
 */
async function open(
  handler: ReturnType<typeof toNodeHandler>,
  { server: options }: ResolvedConfig,
): Promise<Listener> {
  const listener = await listen(handler as never, {
    hostname: options.host,
    port: {
      port: options.port,
      random: options.port === 0,
      portRange: [],
      ports: [],
      verbose: false,
    } as never,
    https: options.https as never,
    public: !isLoopback(options.host),
    isProd: true,
    showURL: false,
    autoClose: false,
    open: false,
    clipboard: false,
  })
  const { server } = listener
  server.headersTimeout = options.headersTimeout
  server.requestTimeout = options.requestTimeout
  server.keepAliveTimeout = options.keepAliveTimeout
  return listener
}

function closer({ server }: Listener, gateway: Gateway, transport: Transport, config: ResolvedConfig) {
  let closing: Promise<void> | undefined
  return (timeout = config.server.shutdownTimeout): Promise<void> => {
    closing ??= (async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      // Connections that become idle after this point are closed by Node itself, since the server is closing.
      const deadline = setTimeout(() => server.closeAllConnections(), timeout)
      await closed
      clearTimeout(deadline)
      await gateway.close()
      await transport.close()
    })()
    if (timeout === 0) server.closeAllConnections()
    return closing
  }
}
