import { createServer } from 'node:net'
import type { ResolvedConfig } from '../config/resolved.js'
import type { RunningGateway, StartOptions } from '../server/start.js'
import { UsageError } from './context.js'
import { surviveStrays } from './strays.js'

/** Starts the gateway. Errors about the address say what to do. */
export async function listen(options: StartOptions): Promise<RunningGateway> {
  const { startGateway } = await import('../server/start.js')
  let running: RunningGateway | undefined
  // From here on, because the `setup` of a plugin can leave promises behind.
  surviveStrays((err) => {
    if (running) running.logger.error({ err }, STRAY)
    else process.stderr.write(`agproxy: ${STRAY}: ${(err as Error | undefined)?.message ?? err}\n`)
  })
  try {
    running = await startGateway(options)
    return running
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException
    if (name !== 'GetPortError' && !(code && REASONS[code])) throw error
    // listhen asks for the port before it binds and does not say why it can't have it.
    throw new UsageError(explain(options.config, code ?? (await bindError(options.config))))
  }
}

const STRAY = 'an error outside of every request; the gateway continues, but a plugin should catch it'

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken, perhaps by another agproxy; choose another one with --port or server.port',
  EACCES: 'not permitted; ports below 1024 need privileges, choose another one with --port or server.port',
  EADDRNOTAVAIL: 'this machine has no such address; choose another one with --host or server.host',
  EAFNOSUPPORT: 'this machine has no IPv6; choose another address with --host or server.host',
  ENOTFOUND: 'no such host name; choose another one with --host or server.host',
  EAI_AGAIN: 'the host name cannot be looked up; choose another one with --host or server.host',
}

function explain({ server: { host, port } }: ResolvedConfig, code: string | undefined): string {
  const reason =
    REASONS[code ?? ''] ?? 'the port cannot be used; choose another one with --port or server.port'
  return `cannot listen on ${host}, port ${port}: ${reason}`
}

function bindError({ server: { host, port } }: ResolvedConfig): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
