import type { ResolvedConfig } from '../config/resolved.js'
import type { Account } from '../contract/upstream.js'
import { isJson } from '../server/logger.js'
import type { RunningGateway } from '../server/start.js'
import { clientURL } from './client.js'
import type { CliContext } from './context.js'
import { noticesTo } from './notices.js'
import { version } from './version.js'

/** What is printed once the gateway accepts requests; where the log is JSON as a line of it, whatever its level. */
export function announce(running: RunningGateway, config: ResolvedConfig, context: CliContext): void {
  const { url, network, gateway } = running
  const serving = gateway.running.accounts.all()
  const client = clientURL({ ...config.server, port: Number(new URL(url).port || config.server.port) })
  const facts = {
    config: config.file ?? 'none found, defaults in force',
    preset: config.presets.join(', '),
    accounts: accountsLine(config, serving),
  }
  const notice = noticesTo(config, context)
  if (isJson(config.log)) {
    // A space follows the URL, for scripts that read up to one.
    notice('info', `listening on ${url} (agproxy ${version})`, { version, url, client, network, ...facts })
  } else {
    const rows = [
      ...Object.entries(facts),
      ['client', `ANTHROPIC_BASE_URL=${client} (agproxy env prints the lines for your shell)`],
      ...network.map((other) => ['network', other]),
    ]
    context.out(`agproxy ${version} listening on ${url}\n`)
    for (const [name, text] of rows) context.out(`  ${name!.padEnd(10)}${text}\n`)
  }
  for (const warning of config.warnings) notice('warn', warning)
}

function accountsLine({ accounts, services }: ResolvedConfig, serving: readonly Account[]): string {
  const shown = services.accounts ? serving : accounts
  if (shown.length > 0) return shown.map(({ id, upstream }) => `${id} (${upstream})`).join(', ')
  return serving.length > 0
    ? `none; the offline upstream '${serving.map(({ upstream }) => upstream).join("', '")}' answers, no model is called`
    : 'none'
}
