import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defineCommand } from 'citty'
import { configIn } from '../config/find.js'
import { type CliContext } from './context.js'
import { initPlugin } from './init-plugin.js'
import { init as row } from './table/set-up.js'
import { UsageError } from './usage-error.js'

const FILE = 'agproxy.config.ts'

const STARTER = `import { defineConfig } from 'agproxy'

// Everything here is optional. \`npx agproxy check\` prints what is in force and where it came from.
export default defineConfig({
  preset: 'claude-code',

  // Left out, AGPROXY_HOST, AGPROXY_PORT and the flags decide.
  // server: { host: '127.0.0.1', port: 8045 },

  // Upstream credentials, in order of preference. Without this list, accounts come from the environment:
  // ZAI_API_KEY and AGPROXY_ANTHROPIC_API_KEY, several keys separated by commas.
  // accounts: [
  //   { id: 'glm', upstream: 'zai', apiKey: process.env.ZAI_API_KEY, email: 'me@example.com' },
  //   { id: 'own', upstream: 'anthropic', apiKey: process.env.AGPROXY_ANTHROPIC_API_KEY },
  // ],

  // By name: options, true, or false to leave a plugin out.
  plugins: {
    auth: { mode: 'auto' }, // no key on 127.0.0.1, a key everywhere else
    // warmup: false,
    // zai: { models: { 'claude-opus-*': 'glm-5.3' } },
  },
})
`

export const init = defineCommand({
  ...row,
  run({ data, args }) {
    const { cwd, out } = data as CliContext
    if (args.plugin !== undefined) return initPlugin(args.plugin, data as CliContext, STARTER)
    const found = configIn(cwd)
    if (found) throw new UsageError(`${shown(found)} is there already; nothing was written`)
    writeFileSync(join(cwd, FILE), STARTER, { flag: 'wx' })
    out(`Wrote ${FILE}. Next: npx agproxy check, then npx agproxy start.\n`)
  },
})

function shown(file: string): string {
  const name = basename(file)
  return name === 'package.json' ? "package.json with the key 'agproxy'" : name
}
