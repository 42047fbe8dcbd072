/** Commands that serve while they run: their work goes on without a reader of what they print. */
const SERVING = new Set(['start', 'record', 'replay', 'claude'])

/** The exit code of a program that SIGPIPE ended. */
const SIGPIPE = 128 + 13

/**
 * Ends a command whose output has no reader any more, as in `agproxy check | head`: Node reports that as an error of the stream, with a stack, where other
 * programs just end.
 */
export function endWithReader(stream: NodeJS.WritableStream, argv: readonly string[]): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    const [command = 'start'] = argv
    if (!command.startsWith('-') && !SERVING.has(command)) process.exit(SIGPIPE)
  })
}
