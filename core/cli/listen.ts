import type { ServerOptions } from '../config/resolved.js'
import type { RunningGateway, StartOptions } from '../server/start.js'
import { clientURL } from './client.js'
import { gatewayAt } from './registry.js'
import { surviveStrays } from './strays.js'
import { UsageError } from './usage-error.js'

/** Starts the gateway. Errors about the address say what to do, and name this user's gateway that has it. */
export async function listen(options: StartOptions, env: NodeJS.ProcessEnv): Promise<RunningGateway> {
  const { startGateway } = await import('../server/start.js')
  const { host, port } = options.config.server
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
    const { code, syscall } = error as NodeJS.ErrnoException
    const there = code === 'EADDRINUSE' ? servedAlready(options.config.server, env) : undefined
    if (there) throw there
    const reason = syscall === 'open' ? undefined : REASONS[code ?? ''] // 'open': a file of server.https
    throw reason === undefined ? error : new UsageError(`cannot listen on ${host}, port ${port}: ${reason}`)
  }
}

/** Undefined where no gateway of this user is known to have the address. */
export function servedAlready(server: ServerOptions, env: NodeJS.ProcessEnv): UsageError | undefined {
  const there = gatewayAt(clientURL(server), env)
  return (
    there &&
    new UsageError(
      `${there.url} is served by pid ${there.pid} already (config ${there.config ?? 'none'}); agproxy stop ${server.port} ends it`,
    )
  )
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
