import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs'

/** A path that leads to no file that can be read; the message says what is there, in words that follow a name. */
export class UnreadableError extends Error {}

/**
 * What is at a path that is wanted as a file: `a named pipe (FIFO)`; undefined for a file. Throws as `stat` does where nothing
 * is. To open a pipe waits until another process writes to it, and stops the event loop for as long: every file whose path
 * comes from a user is read by `readFileAt`.
 */
export function oddFile(path: string): string | undefined {
  return kindOf(statSync(path))
}

/**
 * A file's bytes, at most `limit`. Throws an UnreadableError for what is no file or larger, and as Node does for what is not
 * there or may not be read. Never waits.
 */
export function readFileAt(path: string, limit = 64 * 1024 * 1024): Buffer {
  mustBeFile(statSync(path), limit) // a device may act on being opened
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)) // Windows has no O_NONBLOCK
  try {
    mustBeFile(fstatSync(fd), limit)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Why a file can't be read, in words that follow its name. */
export function whyUnreadable(error: unknown): string {
  if (error instanceof UnreadableError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'is not there'
  return code === undefined ? `can't be read: ${message}` : `can't be read (${code})`
}

function mustBeFile(stats: Stats, limit: number): void {
  const odd = kindOf(stats)
  if (odd) throw new UnreadableError(`is ${odd}, not a file`)
  if (stats.size > limit) throw new UnreadableError(`is larger than ${limit / 1024} kB`)
}

function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a named pipe (FIFO)'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}
