import type { ErrorCode } from './codes.js'

/** One thing wrong with a config: where it is, what is wrong, what to do. */
export interface Problem {
  /** `plugins.auth.mode`; absent when it is about the whole. */
  readonly path?: string
  readonly message: string
  /** Default: `AGP_CONFIG_VALUE`. */
  readonly code?: ErrorCode
}

const brand = Symbol.for('agproxy.config-error')

/** A config that can't be used. The message is ready to print: the file, then one line for each problem. */
export class ConfigError extends Error {
  readonly [brand] = true
  readonly code = 'AGP_CONFIG' satisfies ErrorCode
  readonly problems: readonly (Problem & { readonly code: ErrorCode })[]
  readonly file: string | undefined

  constructor(problems: readonly Problem[], file?: string) {
    const indent = file || problems.length > 1 ? '  ' : ''
    const lines = problems.map(({ path, message }) => `${indent}${path ? `${path}: ` : ''}${message}`)
    super([...(file ? [`${file}:`] : []), ...lines].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems.map((problem) => ({ code: 'AGP_CONFIG_VALUE', ...problem }))
    this.file = file
  }

  /** The same problems, found in `file`. */
  in(file: string | undefined): ConfigError {
    return new ConfigError(this.problems, file ?? this.file)
  }

  static is(error: unknown): error is ConfigError {
    return (error as { [brand]?: boolean } | null | undefined)?.[brand] === true
  }
}
