import cluster from 'node:cluster'
import { pino } from 'pino'
import type { LogOptions } from '../config/resolved.js'
import type { Logger } from '../log.js'

/**
 * pino to stdout: pretty on a terminal, JSON lines otherwise. `redact` sees each finished line, whatever field a secret
 * strayed into.
 */
export async function createLogger(
  options: LogOptions,
  redact: (line: string) => string,
  fd = 1,
): Promise<Logger> {
  const tty = fd === 1 ? process.stdout.isTTY : process.stderr.isTTY
  const pretty = options.format === 'pretty' || (options.format === 'auto' && tty)
  const settings = {
    level: options.level,
    base: cluster.isWorker ? { worker: cluster.worker?.id } : null,
    hooks: { streamWrite: redact },
  }
  if (!pretty) {
    const formatters = { level: (level: string) => ({ level }) }
    const plain: unknown = pino(
      { ...settings, formatters, timestamp: pino.stdTimeFunctions.isoTime },
      buffered(fd),
    )
    return plain as Logger
  }
  const { default: prettyStream } = await import('pino-pretty')
  const coloured: unknown = pino(
    settings,
    prettyStream({ destination: fd, sync: true, singleLine: true, colorize: tty, translateTime: 'HH:MM:ss' }),
  )
  return coloured as Logger
}

/** A line may wait this long, so that a busy gateway makes one system call for many (a write a request costs 10 µs). */
const FLUSH_INTERVAL = 100
const BUFFER = 8 * 1024

function buffered(fd: number) {
  const destination = pino.destination({ fd, sync: true, minLength: BUFFER })
  setInterval(() => destination.flush(), FLUSH_INTERVAL).unref()
  process.on('exit', () => destination.flushSync())
  return destination
}
