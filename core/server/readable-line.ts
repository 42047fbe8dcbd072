import { oneLine, type Paint, STYLES } from './readable.js'

/** A line of the log that is no request. */
export interface LoggedLine {
  readonly level: string
  readonly msg?: string
  readonly plugin?: string
  readonly worker?: number
  readonly err?: unknown
  readonly [field: string]: unknown
}

/** Fields that are in the line already, or that only a search needs. */
const KNOWN = new Set(['level', 'time', 'msg', 'plugin', 'worker', 'err', 'id', 'pid', 'hostname'])

/** `08:41:02 warn  retry-rotate: account 'one' cools down for 30 s: rate limit`, an error's stack under it. */
export function readableLine(line: LoggedLine, time: string, paint: Paint): string {
  const { level, msg = '', plugin, worker, err } = line
  const from = [
    ...(worker === undefined ? [] : [`worker ${worker}`]),
    ...(plugin === undefined ? [] : [plugin]),
  ]
  const text = lines([...from, msg].join(': '), UNDER)
  const fields = Object.entries(line).filter(([name, value]) => !KNOWN.has(name) && !isSaid(value, msg))
  const more = fields.map(
    ([name, value]) => `  ${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const word = level === 'info' || level === 'debug' ? '' : `${level}  `
  const style = STYLES[level] ?? 'dim'
  const said = level === 'info' ? text : paint(style, `${word}${text}`)
  return `${paint('dim', time)} ${said}${paint('dim', oneLine(more.join('')))}\n${stackOf(err)}`
}

/** Below the time. */
const UNDER = '         '

/** Several lines stay several. */
const lines = (text: string, indent: string) => text.split('\n').map(oneLine).join(`\n${indent}`)

/** Whether the message has the value in it, in words. */
const isSaid = (value: unknown, msg: string) =>
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'string' && (msg.includes(value) || msg.includes(value.replaceAll('-', ' '))))

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null) return ''
  const { stack, message } = err as { stack?: string; message?: string }
  return `${UNDER}${lines(stack ?? message ?? JSON.stringify(err), UNDER)}\n`
}
