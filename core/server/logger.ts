import cluster from 'node:cluster'
import { type DestinationStream, pino } from 'pino'
import type { LogOptions } from '../config/resolved.js'
import type { Logger } from '../contract/services.js'
import { LogFile } from './log-file.js'
import { LogOutput } from './log-output.js'
import { logRenderer } from './render-log.js'

/** For a gateway that was started in the background: the file that it and its workers log to. */
export const LOG_FILE = 'AGPROXY_LOG_FILE'

/**
 * pino to stdout, to another descriptor, or to a file by its path: pretty on a terminal, JSON lines otherwise. `redact` sees finished lines, whatever field a secret
 * strayed into.
 */
export async function createLogger(
  options: LogOptions,
  redact: (lines: string) => string,
  target: number | string = process.env[LOG_FILE] ?? 1,
): Promise<Logger> {
  const isFile = typeof target === 'string'
  const output = new LogOutput(isFile ? new LogFile(target).fd : target, redact)
  const logger =
    isFile || isJson(options)
      ? plain(options.level, output)
      : pretty(options.level, output, wantsColours(process.stdout.isTTY))
  output.onDropped = (lines) => logger.warn(`${lines} lines of the log were dropped, as nothing read them`)
  return logger
}

/** Whether what goes to stdout is lines of JSON. */
export const isJson = ({ format }: LogOptions) =>
  format === 'json' || (format === 'auto' && !process.stdout.isTTY)

const base = cluster.isWorker ? { worker: cluster.worker?.id } : null
const serializers = { err: describeError }

function plain(level: string, output: DestinationStream): Logger {
  const formatters = { level: (name: string) => ({ level: name }) }
  const logger: unknown = pino({ level, base, serializers, formatters, timestamp }, output)
  return logger as Logger
}

function pretty(level: string, output: DestinationStream, colorize: boolean): Logger {
  const render = logRenderer(colorize)
  const formatters = { level: (name: string) => ({ level: name }) }
  const logger: unknown = pino(
    { level, base, serializers, formatters },
    { write: (line) => output.write(render(line)) },
  )
  return logger as Logger
}

/** https://no-color.org: set to anything but nothing. */
export const wantsColours = (isTerminal: boolean) => isTerminal && !process.env.NO_COLOR

/** V8 quotes what it can't parse, which may be the conversation: `Unexpected token 'h', "hello" is not valid JSON`. */
const QUOTED = /, (\.{3})?"[\s\S]{0,100}"(\.{3})? (?=is not valid JSON)/g

/** An error in the log, stack and causes included, without what V8 quotes of a text. */
function describeError(error: Error): object {
  const { message, stack, ...more } = pino.stdSerializers.err(error)
  return { ...more, message: message?.replace(QUOTED, ' '), stack: withoutTail(stack?.replace(QUOTED, ' ')) }
}

/** Where this code lies: the folder of the bundle's chunks. */
const HERE = new URL('.', import.meta.url).href

/** The stack of an author's plugin ends with the author's last frame: a chain of 20 plugins adds 60 of the gateway's own below it. */
export function withoutTail(stack: string | undefined, here = HERE): string | undefined {
  return stack?.replace(FRAMES, (frames) => {
    const lines = frames.split('\n')
    const last = lines.findLastIndex((line) => line !== '' && !line.includes(here) && !NO_AUTHORS.test(line))
    return last < 0 ? frames : lines.slice(0, last + 1).join('\n')
  })
}

/** Of an error, or of one that caused it. */
const FRAMES = /(?:\n {4}at .*)+/g
/** Of Node's own, of a package, or of none: `at new Promise (<anonymous>)`. */
const NO_AUTHORS = /\(node:|at (?:async )?node:|\(<anonymous>\)$|[\\/]node_modules[\\/]/

let second = 0
let prefix = ''

/** As pino's `isoTime`, which makes a Date for each line: 1.6 µs. */
function timestamp(): string {
  const now = Date.now()
  const ms = now % 1000
  if (now - ms !== second) {
    second = now - ms
    prefix = `,"time":"${new Date(second).toISOString().slice(0, -4)}`
  }
  return `${prefix}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z"`
}
