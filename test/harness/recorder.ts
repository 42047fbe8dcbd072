import type { Logger } from '../../core/contract/services.js'

export interface LogLine {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

/** A logger that keeps its lines. */
export function recorder(lines: LogLine[], bound: object = {}): Logger {
  const at =
    (level: string) =>
    (first: object | string, message = '') => {
      if (typeof first === 'string') lines.push({ level, fields: { ...bound }, message: first })
      else lines.push({ level, fields: { ...bound, ...first }, message })
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => recorder(lines, { ...bound, ...fields }),
  }
}
