import type { ResolvedConfig } from '../config/resolved.js'
import type { Account } from '../contract/upstream.js'
import type { RunningGateway } from '../server/start.js'
import { clientURL } from './client.js'
import { type CliContext } from './context.js'
import { version } from './version.js'

/** What is printed once the gateway accepts requests; with `log.format: 'json'` as a line of the log, whatever its level. */
export function announce(running: RunningGateway, config: ResolvedConfig, { out, err }: CliContext): void {
  const { url, network, gateway } = running
  const serving = gateway.running.accounts.all()
  const client = clientURL({ ...config.server, port: Number(new URL(url).port || config.server.port) })
  const rows = [
    ['config', config.file ?? 'none found, defaults in force'],
    ['preset', config.presets.join(', ')],
    ['accounts', accountsLine(config, serving)],
    ['client', `ANTHROPIC_BASE_URL=${client} (agproxy env prints the lines for your shell)`],
    ...network.map((other) => ['network', other]),
  ]
  if (config.log.format === 'json') {
    const facts = Object.fromEntries(rows.slice(0, 3))
    const line = { level: 'info', time: new Date().toISOString(), version, url, client, network, ...facts }
    out(`${JSON.stringify({ ...line, msg: `listening on ${url}` })}\n`)
    for (const warning of config.warnings)
      out(`${JSON.stringify({ level: 'warn', time: line.time, msg: warning })}\n`)
    return
  }
  out(`agproxy ${version} listening on ${url}\n`)
  for (const [name, text] of rows) out(`  ${name!.padEnd(10)}${text}\n`)
  for (const warning of config.warnings) err(`agproxy: ${warning}\n`)
}

function accountsLine({ accounts, services }: ResolvedConfig, serving: readonly Account[]): string {
  const shown = services.accounts ? serving : accounts
  if (shown.length > 0) return shown.map(({ id, upstream }) => `${id} (${upstream})`).join(', ')
  return serving.length > 0
    ? `none; the offline upstream '${serving.map(({ upstream }) => upstream).join("', '")}' answers, no model is called`
    : 'none'
}
