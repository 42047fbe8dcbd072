import { defineCommand } from 'citty'
import type { UpstreamsAnswer } from '../admin/upstreams.js'
import { heading, printConfig } from '../config/print.js'
import type { ResolvedConfig } from '../config/resolved.js'
import { callAdmin } from './admin.js'
import type { Address } from './client.js'
import { type CliContext, loadResolved } from './context.js'
import { quantity } from './quantity.js'
import { check as row } from './table/set-up.js'
import { lessonRows } from './upstreams.js'

export const check = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const config = await loadResolved(args, context, 'project')
    const out = args.json ? () => {} : context.out
    out(printConfig(config, args.all ? 'all' : 'changed'))
    // Sets the plugins up as a start would, so that what fails there fails here.
    const { PATIENCE, tryOut } = await import('./probe.js')
    const { length } = config.accounts
    if (args.probe)
      out(`\nprobe\n${length === 0 ? '  no upstream account to call' : calling(length, PATIENCE)}\n`)
    const { results, decoders, failures, endpoints } = await tryOut(config, args.probe === true)
    for (const { id, upstream, ok, text } of results)
      out(`  ${ok ? 'ok    ' : 'failed'}  ${id} (${upstream}): ${text}\n`)
    if (args.all) out(`\n${heading('endpoints', endpoints)}\n`)
    if (!args.json) for (const text of await learnedBy(config, context, args)) out(`\n${text}\n`)
    if (decoders.length > 0) out(`\nslow\n${decoders.map(slow).join('')}`)
    if (failures.length > 0) {
      out('\nfailed with a sample conversation\n')
      for (const { plugin, hook, message } of failures) out(`  ${plugin}, ${hook}: ${message}\n`)
    }
    const failed = results.filter((result) => !result.ok).map(({ id }) => `account ${id}`)
    const broken = [...new Set(failures.map(({ plugin }) => `plugin ${plugin}`))]
    const { text, ok } = verdict([...broken, ...failed], config.warnings.length)
    out(`\n${text}\n`)
    if (args.json) {
      const { configAsJson } = await import('../config/print-json.js')
      const routes = endpoints.map(([route, access, from]) => ({ route, access, from }))
      const tried = { endpoints: routes, probes: args.probe ? results : null, failures, slow: decoders }
      context.out(`${JSON.stringify({ ok, ...configAsJson(config), ...tried }, undefined, 2)}\n`)
    }
    return ok ? 0 : 1
  },
})

/** What the running gateway learned, by upstream. Nothing where none runs, or its key is not known here. */
async function learnedBy(config: ResolvedConfig, { env }: CliContext, flags: Address): Promise<string[]> {
  const answer = await callAdmin(config, env, flags, 'GET', 'upstreams').catch(() => undefined)
  const { upstreams = [] } = (answer ?? {}) as Partial<UpstreamsAnswer>
  return upstreams.flatMap(({ name, learned }) =>
    learned.length > 0 ? [heading(`learned about ${name}`, lessonRows(learned))] : [],
  )
}

/** The last line: whether a gateway would work with this config. */
function verdict(
  failed: readonly string[],
  warnings: number,
): { readonly text: string; readonly ok: boolean } {
  const also = warnings > 0 ? `, ${quantity(warnings, 'warning')} above` : ''
  if (failed.length > 0) return { text: `not ok: ${failed.join(', ')} failed${also}`, ok: false }
  return { text: `ok${also}`, ok: true }
}

/** Before the calls are made: an upstream that hangs takes all of its time. */
function calling(accounts: number, patience: number): string {
  return `  calling ${accounts} account${accounts > 1 ? 's' : ''}, once each, for ${patience / 1000} s at most`
}

function slow(plugin: string): string {
  return `  ${plugin} has every request's whole body decoded, 4 ms for 300 kB: call.tree, call.edit and call.set decode nothing\n`
}
