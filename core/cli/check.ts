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
    const { tryOut } = await import('./probe.js')
    const { results, decoders } = await tryOut(config, args.probe === true)
    if (decoders.length > 0) context.out(`\nslow\n${decoders.map(slow).join('')}`)
    if (!args.probe) return 0
    context.out('\nprobe\n')
    if (results.length === 0) context.out('  no upstream account to call\n')
    for (const { id, upstream, ok, text } of results) {
      context.out(`  ${ok ? 'ok    ' : 'failed'}  ${id} (${upstream}): ${text}\n`)
    }
    return results.every((result) => result.ok) ? 0 : 1
  },
})

function slow(plugin: string): string {
  return `  ${plugin} has every request's whole body decoded, 4 ms for 300 kB: call.tree, call.edit and call.set decode nothing\n`
}
