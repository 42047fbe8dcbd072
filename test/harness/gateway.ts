import type { Config } from '../../core/config/define.js'
import { resolveConfig } from '../../core/config/resolve.js'
import type { Accounts } from '../../core/contract/accounts.js'
import { startGateway } from '../../core/server/start.js'
import { presets } from '../../presets/index.js'
import { upstreamOf } from '../../presets/upstreams.js'
import { type LogLine, recorder } from './recorder.js'

/** A config as a user writes it, with the types of plugin options left open. */
export type TestConfig = Omit<Config, 'plugins'> & { readonly plugins?: Readonly<Record<string, unknown>> }

export interface TestGatewayOptions {
  /** The environment that the config sees; empty by default, so that no key of this machine plays a part. */
  readonly env?: NodeJS.ProcessEnv
  /** For tests in which the gateway has reason to log an error. */
  readonly allowErrors?: boolean
}

export interface TestGateway {
  readonly url: string
  readonly logs: readonly LogLine[]
  readonly accounts: Accounts
  /** The names of the plugins and upstreams in force, in their order; a reload may change them. */
  readonly plugins: readonly string[]
  /** Builds the chain anew, as after the config's file was saved: of another config or of the same one. */
  reload(config?: TestConfig): Promise<void>
  /** The log lines of finished requests, one a request of a client; of those to `/v1/<path>` when one is named. */
  requests(path?: string): readonly Readonly<Record<string, unknown>>[]
  /** Cuts what still runs after `timeout` milliseconds, 0 by default. Rejects when the gateway logged an error that no test asked for. */
  close(timeout?: number): Promise<void>
}

/** A ledger would be written to the user's own state folder. */
const WITHOUT_LEDGER = { AGPROXY_LEDGER: 'false' }

/** A gateway in this process, on a free port of loopback, from a config as a user writes it. */
export async function startTestGateway(
  config: TestConfig,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const logs: LogLine[] = []
  const env = { ...WITHOUT_LEDGER, ...options.env }
  const resolved = (raw: TestConfig) =>
    resolveConfig({ ...raw, server: { port: 0, ...raw.server } }, { env, presets, upstreamOf })
  const running = await startGateway({ config: resolved(config), logger: recorder(logs) })
  return {
    url: running.url,
    logs,
    get accounts() {
      return running.gateway.running.accounts
    },
    get plugins() {
      return running.gateway.running.config.chain.map(({ definition }) => definition.name)
    },
    async reload(next = config) {
      await running.reload(resolved(next))
    },
    requests(path) {
      const lines = logs.filter((line) => line.message === 'request').map((line) => line.fields)
      return path === undefined ? lines : lines.filter((fields) => fields.path === `/v1/${path}`)
    },
    async close(timeout = 0) {
      await running.close(timeout)
      const errors = logs.filter((line) => line.level === 'error')
      if (errors.length === 0 || options.allowErrors) return
      const told = errors.map(({ fields, message }) => `${message} ${describe(fields)}`)
      throw new Error(`the gateway logged errors:\n${told.join('\n')}`)
    },
  }
}

function describe({ err, ...fields }: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(fields)} ${err instanceof Error ? err.stack : (err ?? '')}`
}
