import cluster from 'node:cluster'
import { createServer } from 'node:net'
import type { ResolvedConfig } from '../config/resolved.js'
import { LOG_FILE } from '../server/logger.js'
import { ClusterHub } from '../state/cluster-hub.js'
import { ClusterStore } from '../state/cluster-store.js'
import { ipcChannel } from '../state/ipc-channel.js'
import { clientURL } from './client.js'
import type { CliContext } from './context.js'
import type { Controls } from './controls.js'
import { type Notice, noticesTo } from './notices.js'
import { entryOf } from './open-gateway.js'
import { register } from './registry.js'
import { surviveStrays } from './strays.js'
import { CommandLineError } from './usage-error.js'
import { type WorkerEnd, WorkerHandle } from './worker-handle.js'

/** The port that the primary chose, where any free one will do: workers must share one. */
const WORKER_PORT = 'AGPROXY_WORKER_PORT'

/** Set for the one worker that prints the URL. */
const WORKER_ANNOUNCES = 'AGPROXY_WORKER_ANNOUNCES'

/**
 * Milliseconds until a worker is replaced that served for less than that, so that one which dies at once costs little; others
 * are replaced at once. Doubles with each replacement in a row that could not start.
 */
const RESPAWN_DELAY = 1_000
const RESPAWN_DELAY_MAX = 30_000

/** Milliseconds that workers get to cut their requests after the second signal, before they are killed. */
const CUT_LIMIT = 3_000

export function workerCount(text: string | undefined): number {
  if (text === undefined) return 1
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 256)
    throw new CommandLineError(`--workers takes a whole number from 1 to 256, not '${text}'`)
  return count
}

/** The state of this worker, shared through its primary. */
export function workerStore(): ClusterStore {
  return new ClusterStore(ipcChannel(process))
}

/**
 * Runs `count` workers that listen on one port; each runs this same command. Resolves with the exit code when all have
 * ended: 0 after a stop, otherwise that of the worker that could not start.
 */
export async function runWorkers(
  count: number,
  config: ResolvedConfig,
  context: CliContext,
  controls: Controls,
): Promise<number> {
  const { server } = config
  const port = server.port === 0 ? await freePort(server.host) : undefined
  cluster.setupPrimary({ serialization: 'advanced' }) // JSON knows no Infinity, which is how long some cooldowns last
  const notice = noticesTo(config, context)
  const warn = (msg: string) => notice('warn', msg)
  surviveStrays((error) => warn(`an error in the primary process, which continues: ${error}`))
  const url = clientURL({ ...server, port: port ?? server.port })
  const onServing = async () => {
    register(context.env, entryOf(url, config, 'start', process.env[LOG_FILE]), warn)
    if (process.stdin.isTTY) (await import('./gateway-keys.js')).gatewayKeys(url, config, context)
  }
  return new Promise((resolve) => {
    const env: Record<string, string> = port === undefined ? {} : { [WORKER_PORT]: String(port) }
    const workers = new Workers(count, env, { notice, onServing }, resolve)
    controls.onStop(() => workers.stop())
    controls.onReload(() => workers.reload())
    workers.start()
  })
}

/** One of the `count` places for a worker, handed on to its replacement. */
interface Slot {
  readonly replaces: boolean
  readonly announces: boolean
  /** Workers in a row that could not start. */
  readonly failures: number
}

/**
 * Keeps `count` workers running. What keeps the first of them from starting (a broken config, a taken port) keeps all from
 * starting and ends the gateway. Once one has served, nothing does but a stop: a worker that ends is replaced, and while the
 * replacement cannot start (the config on disk is broken, `npm ci` is rewriting node_modules) the others serve on.
 */
class Workers {
  readonly #hub = new ClusterHub()
  readonly #running = new Set<WorkerHandle>()
  #everServed = false
  #stopping = false
  #exitCode = 0

  constructor(
    private readonly count: number,
    private readonly env: Record<string, string>,
    private readonly told: { readonly notice: Notice; onServing(): void },
    private readonly done: (exitCode: number) => void,
  ) {}

  start(): void {
    for (let i = 0; i < this.count; i++) this.#fork({ replaces: false, announces: i === 0, failures: 0 })
  }

  reload(): void {
    for (const worker of this.#running) worker.tell('reload')
  }

  /** Called a second time, it cuts what still runs. */
  stop(): void {
    if (this.#stopping) setTimeout(() => this.#killAll(), CUT_LIMIT).unref()
    this.#stopping = true
    // One that does not serve has nothing to finish, and may not hear the command while it is loading.
    for (const worker of this.#running) worker.serving ? worker.tell('stop') : worker.kill()
    this.#endWhenAllEnded()
  }

  #killAll(): void {
    for (const worker of this.#running) worker.kill()
  }

  #fork(slot: Slot): void {
    const env = slot.announces ? { ...this.env, [WORKER_ANNOUNCES]: '1' } : this.env
    try {
      const worker: WorkerHandle = new WorkerHandle(env, {
        onServing: () => this.#onServing(worker, slot),
        onEnd: (end) => this.#onEnd(worker, slot, end),
      })
      this.#running.add(worker)
      this.#hub.join(worker.channel)
    } catch (error) {
      this.#replace(slot, `no worker could be forked (${(error as Error).message})`)
    }
  }

  #onServing(worker: WorkerHandle, { replaces }: Slot): void {
    if (!this.#everServed) this.told.onServing()
    this.#everServed = true
    if (replaces) this.told.notice('info', `worker ${worker.id} serves; ${this.#serving()}`)
    if (this.#stopping) worker.tell('stop')
  }

  #onEnd(worker: WorkerHandle, slot: Slot, { reason, exitCode, servedFor }: WorkerEnd): void {
    this.#running.delete(worker)
    this.#hub.leave(worker.channel)
    if (this.#stopping) this.#endWhenAllEnded()
    else if (!this.#everServed && exitCode !== undefined) {
      this.#exitCode = exitCode || 1 // it has printed why
      this.stop()
    } else {
      const what = servedFor === undefined ? 'could not start' : 'ended'
      this.#replace(slot, `worker ${worker.id} ${what} (${reason})`, servedFor)
    }
  }

  #replace({ announces, failures }: Slot, what: string, servedFor?: number): void {
    const served = servedFor !== undefined
    const next = { replaces: true, announces: announces && !served, failures: served ? 0 : failures + 1 }
    const wait = Math.min(RESPAWN_DELAY * 2 ** next.failures, RESPAWN_DELAY_MAX)
    const delay = served && servedFor > RESPAWN_DELAY ? 0 : wait
    this.told.notice(
      'warn',
      `${what}; ${this.#serving()}, the next one starts ${delay ? `in ${delay / 1000} s` : 'now'}`,
    )
    setTimeout(() => this.#stopping || this.#fork(next), delay)
  }

  #serving(): string {
    const { length } = [...this.#running].filter((worker) => worker.serving)
    return `${length} of ${this.count} workers serve`
  }

  #endWhenAllEnded(): void {
    if (this.#running.size === 0) this.done(this.#exitCode)
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
