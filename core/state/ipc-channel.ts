import type { Channel } from './cluster-messages.js'

/** What `process` has in a worker and `ChildProcess` and `Worker` have in the primary. */
interface IpcEnd {
  send?(
    message: object,
    handle: undefined,
    options: undefined,
    callback: (error: Error | null) => void,
  ): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
}

/**
 * The IPC channel to another process. A message that cannot be delivered is dropped: the other process has ended, and its
 * `exit` or `disconnect` event reports that. Without a callback Node would emit `error` for it (EPIPE between the death of
 * a worker and its `exit`), and an `error` event without a listener ended the primary.
 */
export function ipcChannel(end: IpcEnd): Channel {
  return {
    send: (message) => void end.send?.(message, undefined, undefined, drop),
    onMessage: (listener) => void end.on('message', listener),
  }
}

function drop(): void {}
