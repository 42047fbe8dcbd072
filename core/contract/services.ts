interface LogMethod {
  (fields: object, message?: string): void
  (message: string): void
}

/** The part of pino that plugins see. Prompts and keys never go in; a field is an id, a name, a number or a time. */
export interface Logger {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
  child(fields: object): Logger
}
