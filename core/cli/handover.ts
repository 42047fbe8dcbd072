import type { ChildProcess } from 'node:child_process'

/** Messages of Node's own cluster module: the primary hands a connection over, the worker acknowledges it. */
interface ClusterMessage {
  readonly act?: string
  readonly seq?: number
  readonly ack?: number
  readonly accepted?: boolean
}

interface ConnectionHandle {
  close(): void
}

interface Internals {
  send(message: ClusterMessage, handle?: ConnectionHandle, ...rest: unknown[]): boolean
  disconnect(): void
  /** Messages that wait until the handle before them is acknowledged; null when none is under way. */
  _handleQueue: unknown[] | null
}

/**
 * Closes the connections that were on their way to a worker when it died. Node's round robin sends an accepted connection to
 * a worker and keeps its own copy until the worker acknowledges it. A worker that is killed first never does, which leaves
 * (Node 20 to 24) a connection that no process reads and a worker that is never taken off the list, because Node emits no
 * `disconnect` while an acknowledgement is outstanding. Up to three clients for each worker killed under load waited until
 * their own timeout; with the connection closed they see a reset and retry.
 *
 * `cluster.SCHED_NONE` has no hand-over and saves the primary's work (a tenth of the CPU with a connection for each request),
 * but spreads badly: of 12 connections opened at once, the busiest of four workers got half (median of 15; all of them in
 * the worst run), and a third with round robin (at most 42 %).
 */
export function closeLostConnections(worker: ChildProcess): void {
  const internals = worker as unknown as Internals
  const { send, disconnect } = internals
  const unacknowledged = new Map<number, ConnectionHandle>()
  internals.send = (message, handle, ...rest) => {
    if (message.act === 'newconn' && message.seq !== undefined && handle)
      unacknowledged.set(message.seq, handle)
    return send.call(worker, message, handle, ...rest)
  }
  worker.on('internalMessage' as 'message', (message) => {
    const { ack, accepted } = message as ClusterMessage
    if (ack === undefined) return
    // Refused by a worker that stops. Node offers it to the others, and keeps it when all of them stop.
    if (accepted === false) unacknowledged.get(ack)?.close()
    unacknowledged.delete(ack)
  })
  // Node calls it at the end of the channel, when everything that the worker sent has been read.
  internals.disconnect = () => {
    internals._handleQueue = null
    disconnect.call(worker)
  }
  worker.once('disconnect', () => {
    for (const handle of unacknowledged.values()) handle.close()
    unacknowledged.clear()
  })
}
