import { type LoggedRequest, painter, readableRequest, timeText } from './readable.js'

/** Makes readable lines, each with its newline, of the log's JSON lines. What is no JSON stays as it is. */
export async function logRenderer(colorize: boolean): Promise<(line: string) => string> {
  // CommonJS: in the bundle it has no export but the default one.
  const { default: pretty } = await import('pino-pretty')
  const { prettyFactory } = pretty as unknown as typeof import('pino-pretty')
  const rendered = prettyFactory({ singleLine: true, colorize, translateTime: 'SYS:HH:MM:ss' })
  const paint = painter(colorize)
  return (line) => {
    const parsed = parse(line)
    if (parsed === undefined) return line.endsWith('\n') ? line : `${line}\n`
    const time = timeText(new Date(parsed.time))
    if (parsed.msg === 'request') return readableRequest(parsed, time, paint)
    // What a plugin did becomes one line, logged when the request is over.
    if (parsed.plugin !== undefined && parsed.level === 'debug')
      return paint('dim', `${time}   · ${parsed.plugin}: ${parsed.msg}\n`)
    return rendered(line)
  }
}

type Parsed = LoggedRequest & {
  readonly msg?: string
  readonly time: number | string
  readonly plugin?: string
}

function parse(line: string): Parsed | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Parsed
  } catch {
    return undefined
  }
}
