import cluster, { type Worker } from 'node:cluster'
import { createServer } from 'node:net'
import type { ResolvedConfig } from '../config/resolved.js'
import { ClusterHub } from '../state/cluster-hub.js'
import type { Channel } from '../state/cluster-messages.js'
import { ClusterStore } from '../state/cluster-store.js'
import { type CliContext, UsageError } from './context.js'
import { type Command, type ControlMessage, signals } from './controls.js'

/** The port that the primary chose, where any free one will do: workers must share one. */
const WORKER_PORT = 'AGPROXY_WORKER_PORT'

/** A worker that dies is replaced after this long, so that one which dies at once costs little. */
const RESPAWN_DELAY = 1_000

export function workerCount(text: string | undefined): number {
  if (text === undefined) return 1
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 256)
    throw new UsageError(`--workers takes a whole number from 1 to 256, not '${text}'`)
  return count
}

/** The state of this worker, shared through its primary. */
export function workerStore(): ClusterStore {
  return new ClusterStore({
    send: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on('message', listener),
  })
}

/**
 * Runs `count` workers that listen on one port; each runs this same command. Resolves with the exit code when all have
 * ended: 0 after a stop, that of the first worker that could not even start otherwise.
 */
export async function runWorkers(
  count: number,
  { server }: ResolvedConfig,
  context: CliContext,
): Promise<number> {
  const port = server.port === 0 ? await freePort(server.host) : undefined
  cluster.setupPrimary({ serialization: 'advanced' }) // JSON knows no Infinity, which is how long some accounts rest
  const hub = new ClusterHub()
  const env = port === undefined ? {} : { [WORKER_PORT]: String(port) }
  return new Promise((resolve) => {
    let stopping = false
    let code = 0
    const fork = () => {
      const worker = cluster.fork(env)
      const channel = channelTo(worker)
      let listening = false
      hub.join(channel)
      worker.once('listening', () => {
        listening = true
        // A word that came before the worker heard anything is lost to it.
        if (stopping) tell('stop', [worker])
      })
      worker.once('exit', (exitCode, signal) => {
        hub.leave(channel)
        if (!listening && !stopping && !signal) {
          // What keeps one from starting keeps all from starting; it has said why.
          code = exitCode || 1
          stop()
        } else if (!stopping) {
          context.err(
            `agproxy: worker ${worker.id} ended (${signal ?? exitCode}); another one takes its place\n`,
          )
          setTimeout(() => stopping || fork(), RESPAWN_DELAY)
        }
        if (stopping && live().length === 0) resolve(code)
      })
    }
    const stop = () => {
      stopping = true
      tell('stop')
      if (live().length === 0) resolve(code)
    }
    signals.onStop(stop)
    signals.onReload(() => tell('reload'))
    for (let i = 0; i < count; i++) fork()
  })
}

const live = (): Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

function tell(command: Command, workers = live()): void {
  const message: ControlMessage = { agproxy: 'control', command }
  for (const worker of workers) if (worker.isConnected()) worker.send(message)
}

function channelTo(worker: Worker): Channel {
  return {
    send: (message) => void (worker.isConnected() && worker.send(message)),
    onMessage: (listener) => void worker.on('message', listener),
  }
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, host, () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
