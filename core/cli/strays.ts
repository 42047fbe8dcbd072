import { ClientGoneError } from '../errors/gateway-errors.js'

/**
 * Keeps this process running after an error outside of every request: a promise that a plugin forgot to catch, a throw in a
 * timer of its own. Node would end the process, and with it the answers that run. Every process that serves calls it, and
 * the primary of several workers. A ClientGoneError is not reported: `next` rejects with it for a request that is over, and a
 * plugin that keeps one of two replies awaits the other no more.
 */
export function surviveStrays(report: (error: unknown) => void): void {
  const onStray = (error: unknown) => {
    if (!ClientGoneError.is(error)) report(error)
  }
  process.on('unhandledRejection', onStray)
  process.on('uncaughtException', onStray)
  // A reader of stdout or stderr that has gone: reporting that would write to it again.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}
