import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { defineCommand } from 'citty'
import { isRecord, parseJson } from '../json/plain.js'
import { callAdmin } from './admin.js'
import { type CliContext, loadResolved } from './context.js'
import { printDryRun, printRequest } from './explain-text.js'
import { explain as row } from './table/look.js'
import { CommandLineError, UsageError } from './usage-error.js'

export const explain = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const { request } = args
    if (!request) throw new CommandLineError('name the request: agproxy explain FILE, - for stdin, or ID')
    const config = await loadResolved(args, context, 'project')
    if (/^req_\w+$/.test(request)) {
      const path = `requests/${encodeURIComponent(request)}`
      const found = await callAdmin(config, context.env, args, 'GET', path)
      context.out(
        args.json ? `${JSON.stringify(found, null, 2)}\n` : printRequest(found as never, context.env),
      )
      return 0
    }
    const { bytes, headers, query } = requestOf(await textOf(request, context.cwd), request)
    const { account, upstream } = args
    const { dryRun } = await import('./dry-run.js')
    const found = await dryRun(config, bytes, { headers, query, account, upstream })
    context.out(args.json ? `${JSON.stringify(found, null, 2)}\n` : printDryRun(found, context.env))
    return found.answer && found.answer.status >= 400 ? 1 : 0
  },
})

async function textOf(name: string, cwd: string): Promise<string> {
  if (name === '-') return readAll(process.stdin)
  try {
    return readFileSync(join(name.startsWith('/') ? '' : cwd, name), 'utf8')
  } catch (error) {
    throw new UsageError(
      `cannot read '${name}' (${(error as NodeJS.ErrnoException).code}); the ID of a request begins with req_`,
    )
  }
}

/** A body, or a request with its `headers`, `query` and `body`, as a cassette has it. */
function requestOf(text: string, name: string) {
  const value = parseJson(text)
  if (!isRecord(value)) throw new UsageError(`'${name}' is not JSON`)
  const whole = isRecord(value.request) ? value.request : value
  const isWhole = !('messages' in whole) && isRecord(whole.body)
  const body = isWhole ? JSON.stringify(whole.body) : text
  const headers = isWhole && isRecord(whole.headers) ? whole.headers : {}
  const query = isWhole && typeof whole.query === 'string' ? whole.query : ''
  return { bytes: Buffer.from(body), headers: lowerCased(headers), query }
}

function lowerCased(headers: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}
