/** What tells a running gateway to stop or to read its config again. */
export interface Controls {
  /** `why` is for the log. Told twice, the gateway cuts what still runs. */
  onStop(listener: (why: string) => void): void
  onReload(listener: () => void): void
}

/** A process of its own listens to signals. */
export const signals: Controls = {
  onStop(listener) {
    process.on('SIGINT', listener)
    process.on('SIGTERM', listener)
  },
  onReload(listener) {
    process.on('SIGHUP', listener)
  },
}

export type Command = 'stop' | 'reload'

export interface ControlMessage {
  readonly agproxy: 'control'
  readonly command: Command
}

const commandOf = (message: unknown): Command | undefined =>
  (message as ControlMessage | undefined)?.agproxy === 'control'
    ? (message as ControlMessage).command
    : undefined

/**
 * A worker listens to its primary alone: Ctrl-C reaches every process of the group, and would count twice. A primary that
 * is gone can't say stop any more, so its going does. What comes before the worker serves is kept.
 */
export function fromPrimary(): Controls {
  const ignored = () => {}
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ignored)
  const early: string[] = []
  let stop = (why: string): void => void early.push(why)
  let reload = ignored
  process.on('message', (message) => {
    const command = commandOf(message)
    if (command === 'stop') stop('told by the primary')
    if (command === 'reload') reload()
  })
  process.on('disconnect', () => stop('the primary is gone'))
  return {
    onStop(listener) {
      stop = listener
      for (const why of early) listener(why)
    },
    onReload(listener) {
      reload = listener
    },
  }
}
