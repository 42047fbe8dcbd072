import type { ResolvedConfig } from '../../config/resolved.js'
import type { CliContext } from '../context.js'
import type { ConfigArgs } from '../flags.js'

/** One thing that was looked at. */
export interface Finding {
  readonly about: string
  /** `error`: something does not work; `warn`: it may not, or not as meant. */
  readonly level: 'ok' | 'warn' | 'error'
  readonly text: string
  /** One command line that mends it, or that opens what must be edited. */
  readonly mend?: string
}

/** What the doctor looks at. */
export interface Patient {
  readonly context: CliContext
  readonly args: ConfigArgs
  readonly config: ResolvedConfig
  /** Whether accounts are called. */
  readonly calls: boolean
}

/** A command line that opens a file. */
export const edit = (file: string, what: string) => `\${EDITOR:-vi} ${quoted(file)}   # ${what}`

export const quoted = (text: string) =>
  /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
