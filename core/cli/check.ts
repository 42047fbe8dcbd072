import { defineCommand } from 'citty'
import { printConfig } from '../config/print.js'
import { type CliContext, configFlags, loadResolved } from './context.js'

export const check = defineCommand({
  meta: { name: 'check', description: 'Print the effective config and where each part came from' },
  args: {
    ...configFlags,
    probe: { type: 'boolean', description: 'Call every upstream account once' },
  },
  async run({ args, data }) {
    const context = data as CliContext
    const config = await loadResolved(args, context)
    context.out(printConfig(config))
    // Sets the plugins up as a start would, so that what fails there fails here.
    const { probeAccounts } = await import('./probe.js')
    const results = await probeAccounts(config, args.probe === true)
    if (!args.probe) return 0
    context.out('\nprobe\n')
    if (results.length === 0) context.out('  no upstream account to call\n')
    for (const { id, upstream, ok, text } of results) {
      context.out(`  ${ok ? 'ok    ' : 'failed'}  ${id} (${upstream}): ${text}\n`)
    }
    return results.every((result) => result.ok) ? 0 : 1
  },
})
