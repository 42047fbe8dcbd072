import type { ChildProcess } from 'node:child_process'
import cluster, { type Worker } from 'node:cluster'
import type { Channel } from '../state/cluster-messages.js'
import { ipcChannel } from '../state/ipc-channel.js'
import { type Command, type ControlMessage, HEARTBEAT_INTERVAL, isHeartbeat } from './controls.js'
import { closeLostConnections } from './handover.js'

/**
 * Heartbeats that a worker may miss. Counted by the primary's own timer and not by the clock, so that a machine that slept,
 * or a primary that was busy, kills no worker.
 */
const MISSED_LIMIT = 5

/** How a worker ended. */
export interface WorkerEnd {
  readonly reason: string
  /** The exit code of one that ended by itself with an error. */
  readonly exitCode: number | undefined
  /** Milliseconds for which it accepted connections; undefined when it never did. */
  readonly servedFor: number | undefined
}

/**
 * The primary's side of one worker. Nothing that happens to the worker throws or emits `error` here; however it ends, or if
 * it cannot be forked at all, `onEnd` is called once.
 */
export class WorkerHandle {
  readonly channel: Channel
  #servingSince: number | undefined
  readonly #worker: Worker

  /** Throws what `cluster.fork` throws. */
  constructor(
    env: Record<string, string>,
    private readonly listener: { onServing(): void; onEnd(end: WorkerEnd): void },
  ) {
    this.#worker = cluster.fork(env)
    const { process } = this.#worker
    this.channel = ipcChannel(process)
    closeLostConnections(process)
    this.#watch(process)
  }

  get id(): number {
    return this.#worker.id
  }

  get serving(): boolean {
    return this.#servingSince !== undefined
  }

  tell(command: Command): void {
    const message: ControlMessage = { agproxy: 'control', command }
    this.channel.send(message)
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }

  #watch(process: ChildProcess): void {
    let missed = 0
    let hung = false
    const check = setInterval(() => {
      if (++missed <= MISSED_LIMIT) return
      hung = true
      this.kill()
    }, HEARTBEAT_INTERVAL)

    let ended = false
    const end = (reason: string, exitCode?: number) => {
      if (ended) return
      ended = true
      clearInterval(check)
      const servedFor = this.#servingSince && performance.now() - this.#servingSince
      this.#servingSince = undefined
      this.listener.onEnd({ reason, exitCode, servedFor })
    }
    this.channel.onMessage((message) => {
      if (isHeartbeat(message)) missed = 0
    })
    this.#worker.once('listening', () => {
      this.#servingSince = performance.now()
      this.listener.onServing()
    })
    process.once('exit', (code, signal) => {
      if (hung) end(`no heartbeat for ${(HEARTBEAT_INTERVAL * MISSED_LIMIT) / 1000} s, killed`)
      else end(signal ?? `exit code ${code}`, code ?? undefined)
    })
    // A process that could not be spawned (EAGAIN, ENOMEM) has this and no `exit`.
    this.#worker.on('error', (error) => process.pid === undefined && end(error.message))
  }
}
