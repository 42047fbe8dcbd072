import type { AccountsAnswer } from '../admin/accounts.js'
import type { ResolvedConfig } from '../config/resolved.js'
import { accountsTable } from './accounts.js'
import { callAdmin } from './admin.js'
import { openInBrowser } from './browser.js'
import type { CliContext } from './context.js'
import { adminKeyFor } from './find-gateway.js'
import { hasKeyboard, listenToKeys } from './keys.js'

/**
 * The keys of a gateway in the foreground of a terminal, where there is one; they ask it as the commands do, over HTTP. Returns what gives
 * the terminal back.
 */
export function gatewayKeys(url: string, config: ResolvedConfig, { env, out }: CliContext): () => void {
  if (!hasKeyboard()) return () => {}
  const { hostname: host, port } = new URL(url)
  const accounts = () => callAdmin(config, env, { host, port }, 'GET', 'accounts')
  out('  keys      h shows them\n')
  return listenToKeys(
    [
      {
        key: 'u',
        does: 'open the page',
        async run() {
          const page = `${url}/_agproxy/#key=${encodeURIComponent(adminKeyFor(url, config, env) ?? '')}`
          if (!(await openInBrowser(page, env))) out(`${page}\n`)
        },
      },
      {
        key: 'a',
        does: 'the accounts',
        run: async () => out(accountsTable((await accounts()) as AccountsAnswer)),
      },
      { key: 'r', does: 'reload the config', run: () => process.emit('SIGHUP', 'SIGHUP') },
      { key: 'q', does: 'quit; twice cuts what runs', run: () => process.emit('SIGINT', 'SIGINT') },
    ],
    out,
  )
}
