import { type LoggedRequest, painter, readableRequest, timeText } from './readable.js'
import { type LoggedLine, readableLine } from './readable-line.js'

/** Makes readable lines, each with its newline, of the log's JSON lines. What is no JSON stays as it is. */
export function logRenderer(colorize: boolean): (line: string) => string {
  const paint = painter(colorize)
  return (line) => {
    const parsed = parse(line)
    if (parsed === undefined) return line.endsWith('\n') ? line : `${line}\n`
    const time = timeText(new Date(parsed.time))
    if (parsed.msg === 'request') return readableRequest(parsed, time, paint)
    // What a plugin did becomes one line, logged when the request is over.
    if (parsed.plugin !== undefined && parsed.level === 'debug')
      return paint('dim', `${time}   · ${parsed.plugin}: ${parsed.msg}\n`)
    return readableLine(parsed, time, paint)
  }
}

type Parsed = LoggedRequest & LoggedLine & { readonly time: number | string }

function parse(line: string): Parsed | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Parsed
  } catch {
    return undefined
  }
}
