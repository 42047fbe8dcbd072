import { ipcChannel } from '../state/ipc-channel.js'
import { exitProcess } from './exit.js'
import { watchTerminal } from './terminal.js'

/** What tells a running gateway to stop or to read its config again. */
export interface Controls {
  /** `why` is for the log. Called a second time, the gateway cuts what still runs. */
  onStop(listener: (why: string) => void): void
  onReload(listener: () => void): void
}

/**
 * A process of its own listens to signals. SIGHUP reloads, unless it comes because the terminal was closed on which the
 * gateway runs in the foreground: an invisible gateway would keep the port.
 */
export function fromSignals(): Controls {
  const terminalClosed = watchTerminal()
  return {
    onStop(listener) {
      process.on('SIGINT', listener)
      process.on('SIGTERM', listener)
      let closed = false // the shell may send the signal again, and that must not cut
      process.on('SIGHUP', () => {
        if (closed || !terminalClosed()) return
        closed = true
        listener('the terminal was closed')
      })
    },
    onReload(listener) {
      process.on('SIGHUP', () => terminalClosed() || listener())
    },
  }
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

/** Milliseconds between two heartbeats of a worker: the primary replaces one whose event loop is blocked. */
export const HEARTBEAT_INTERVAL = 3_000

const HEARTBEAT = { agproxy: 'heartbeat' } as const

export const isHeartbeat = (message: unknown): boolean =>
  (message as typeof HEARTBEAT | undefined)?.agproxy === HEARTBEAT.agproxy

/**
 * A worker listens to its primary alone: Ctrl-C reaches every process of the group, and would count twice. When the primary
 * has ended, nothing can send a command any more, so the worker stops. Called before anything else, because the primary
 * counts heartbeats from the fork on.
 */
export function fromPrimary(): Controls {
  const ignored = () => {}
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ignored)
  const primary = ipcChannel(process)
  setInterval(() => primary.send(HEARTBEAT), HEARTBEAT_INTERVAL).unref()
  // Before the worker serves there is nothing to finish.
  let stop = (_why: string): void => exitProcess(0)
  let reload = ignored
  primary.onMessage((message) => {
    const command = commandOf(message)
    if (command === 'stop') stop('stop command of the primary')
    if (command === 'reload') reload()
  })
  process.on('disconnect', () => stop('the primary has ended'))
  return {
    onStop(listener) {
      stop = listener
    },
    onReload(listener) {
      reload = listener
    },
  }
}
