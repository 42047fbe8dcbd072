/** The part of pino that plugins see. Prompts and keys never go in; a field is an id, a name, a number or a time. */
export interface Logger {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
  child(fields: object): Logger
}
