/**
 * Keeps this process running after an error outside of every request: a promise that a plugin forgot to catch, a throw in a
 * timer of its own. Node would end the process, and with it the answers that run. Every process that serves calls it, and
 * the primary of several workers.
 */
export function surviveStrays(report: (error: unknown) => void): void {
  process.on('unhandledRejection', report)
  process.on('uncaughtException', report)
  // A reader of stdout or stderr that has gone: reporting that would write to it again.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}
