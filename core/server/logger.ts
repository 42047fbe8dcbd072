import cluster from 'node:cluster'
import { type DestinationStream, pino } from 'pino'
import type { LogOptions } from '../config/resolved.js'
import type { Logger } from '../contract/services.js'
import { LogOutput } from './log-output.js'
import { type LoggedRequest, painter, readableRequest, timeText } from './readable.js'

/**
 * pino to stdout: pretty on a terminal, JSON lines otherwise. `redact` sees finished lines, whatever field a secret strayed
 * into.
 */
export async function createLogger(
  options: LogOptions,
  redact: (lines: string) => string,
  fd: 1 | 2 = 1,
): Promise<Logger> {
  const tty = fd === 1 ? process.stdout.isTTY : process.stderr.isTTY
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && tty)
  const output = new LogOutput(fd, redact)
  const logger = isPretty
    ? await pretty(options.level, output, wantsColours(tty))
    : plain(options.level, output)
  output.onDropped = (lines) => logger.warn(`${lines} lines of the log were dropped, as nothing read them`)
  return logger
}

const base = cluster.isWorker ? { worker: cluster.worker?.id } : null
const serializers = { err: describeError }

function plain(level: string, output: DestinationStream): Logger {
  const formatters = { level: (name: string) => ({ level: name }) }
  const logger: unknown = pino({ level, base, serializers, formatters, timestamp }, output)
  return logger as Logger
}

async function pretty(level: string, output: DestinationStream, colorize: boolean): Promise<Logger> {
  const { prettyFactory } = await import('pino-pretty')
  const rendered = prettyFactory({ singleLine: true, colorize, translateTime: 'SYS:HH:MM:ss' })
  const paint = painter(colorize)
  const formatters = { level: (name: string) => ({ level: name }) }
  const write = (line: string) => {
    // What a plugin did becomes one line, logged when the request is over.
    const parsed = JSON.parse(line) as LoggedRequest & { msg?: string; time: number; plugin?: string }
    const time = timeText(new Date(parsed.time))
    if (parsed.msg === 'request') output.write(readableRequest(parsed, time, paint))
    else if (parsed.plugin !== undefined && parsed.level === 'debug')
      output.write(paint('dim', `${time}   · ${parsed.plugin}: ${parsed.msg}\n`))
    else output.write(rendered(line))
  }
  const logger: unknown = pino({ level, base, serializers, formatters }, { write })
  return logger as Logger
}

/** https://no-color.org: set to anything but nothing. */
const wantsColours = (isTerminal: boolean) => isTerminal && !process.env.NO_COLOR

/** V8 quotes what it can't parse, which may be the conversation: `Unexpected token 'h', "hello" is not valid JSON`. */
const QUOTED = /, (\.{3})?"[\s\S]{0,100}"(\.{3})? (?=is not valid JSON)/g

/** An error in the log, stack and causes included, without what V8 quotes of a text. */
function describeError(error: Error): object {
  const { message, stack, ...more } = pino.stdSerializers.err(error)
  return { ...more, message: message?.replace(QUOTED, ' '), stack: stack?.replace(QUOTED, ' ') }
}

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
