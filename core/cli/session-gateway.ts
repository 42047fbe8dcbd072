import type { ResolvedConfig } from '../config/resolved.js'
import { withAdminKey } from './admin-key.js'
import { type CliContext, loadResolved } from './context.js'
import type { ConfigArgs } from './flags.js'
import { logOfSession } from './log-folder.js'
import { openGateway } from './open-gateway.js'
import { factsOf, servedModels } from './served.js'

/** The gateway of one session of a client. */
export interface SessionGateway {
  readonly url: string
  reload(): void
  close(): Promise<void>
}

/** A gateway for this one client, on a free port of loopback, told in one line. It logs to a file: the terminal is the client's. */
export async function startForSession(
  args: ConfigArgs,
  asked: ResolvedConfig,
  context: CliContext,
): Promise<SessionGateway> {
  const { env, err } = context
  const local = (config: ResolvedConfig) =>
    withAdminKey({ ...config, server: { ...config.server, host: '127.0.0.1', port: 0, https: false } }, env)
  const config = local(asked)
  const { createLogger } = await import('../server/logger.js')
  const { secretsOf } = await import('../server/redact.js')
  const log = logOfSession(env)
  let reload = () => {}
  const secrets = { redact: secretsOf(config) }
  const logger = await createLogger(config.log, (lines) => secrets.redact(lines), log)
  const running = await openGateway({
    ...{ config, logger, context, log, by: 'claude' },
    async load() {
      const next = local(await loadResolved(args, context))
      secrets.redact = secretsOf(next)
      return next
    },
    controls: {
      onReload(listener) {
        reload = listener
      },
    },
  })
  for (const warning of config.warnings) err(`agproxy: ${warning}\n`)
  const facts = factsOf({ config: config.file ?? null, models: servedModels(running.gateway.running) })
  err(`agproxy: started a gateway at ${running.url} for this session; ${facts}; log ${log}\n`)
  return {
    url: running.url,
    reload: () => reload(),
    async close() {
      running.forget()
      await running.close(0)
    },
  }
}
