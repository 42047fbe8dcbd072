import type { ResolvedConfig } from '../config/resolved.js'
import { isJson, LOG_FILE } from '../server/logger.js'
import type { CliContext } from './context.js'

/** A line beside the log, with fields of its own where it is JSON. */
export type Notice = (level: 'info' | 'warn', msg: string, fields?: object) => void

/**
 * Writes what a gateway reports outside of its log: as JSON on stdout where the log is JSON, so that a reader such as `jq` takes every
 * line, else as text on stderr. A gateway in the background has its log file as stderr.
 */
export function noticesTo({ log }: ResolvedConfig, { out, err }: CliContext): Notice {
  const isFile = process.env[LOG_FILE] !== undefined
  if (!isFile && !isJson(log)) return (_, msg) => err(`agproxy: ${msg}\n`)
  const write = isFile ? err : out
  return (level, msg, fields) =>
    write(`${JSON.stringify({ level, time: new Date().toISOString(), msg, ...fields })}\n`)
}
