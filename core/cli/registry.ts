import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isRecord } from '../json/plain.js'
import { stateFolder } from '../state/folder.js'
import { birthOf } from './process-birth.js'

/** A gateway that runs, as it says of itself in the state folder. Holds no secret. */
export interface RegisteredGateway {
  readonly pid: number
  readonly url: string
  /** The config's file; null when there is none. */
  readonly config: string | null
  readonly startedAt: string
  /** The file that it logs to; null when it logs to its stdout. */
  readonly log: string | null
  /** `claude`: it ends with its client. */
  readonly by: 'start' | 'claude'
  /** `opus → glm-5.3` for what Claude Code asks for; empty where names are passed on. */
  readonly models: readonly string[]
  readonly version: string
}

export interface Registration {
  /** Writes what changed. */
  update(changed: Partial<RegisteredGateway>): void
  remove(): void
}

interface Entry extends RegisteredGateway {
  /** Containers and machines that share a home folder have pids of their own. */
  readonly host: string
  readonly birth: string
}

const folderOf = (env: NodeJS.ProcessEnv) => join(stateFolder(env), 'gateways')

/**
 * Tells the user's other commands of this process's gateway until it ends. A folder that can't be written costs them the finding of it and
 * the gateway nothing: `failed` gets the reason once.
 */
export function register(
  env: NodeJS.ProcessEnv,
  gateway: Omit<RegisteredGateway, 'pid'>,
  failed: (why: string) => void,
): Registration {
  const { pid } = process
  const folder = folderOf(env)
  const file = join(folder, `${pid}.json`)
  let entry: Entry = { pid, host: hostname(), birth: birthOf(pid) ?? '', ...gateway }
  const write = () => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      writeFileSync(`${file}.new`, JSON.stringify(entry), { mode: 0o600 })
      renameSync(`${file}.new`, file)
    } catch (error) {
      failed(
        `other commands will not find this gateway: cannot write ${file} (${(error as NodeJS.ErrnoException).code})`,
      )
    }
  }
  const remove = () => {
    process.off('exit', remove)
    removeFile(file)
  }
  process.on('exit', remove)
  write()
  return {
    update(changed) {
      entry = { ...entry, ...changed }
      write()
    },
    remove,
  }
}

/**
 * The gateways of this user that run on this machine: those of `agproxy start` before those of a client, the newest first. What a killed
 * one left is cleaned away.
 */
export function registeredGateways(env: NodeJS.ProcessEnv): RegisteredGateway[] {
  const folder = folderOf(env)
  return filesIn(folder)
    .map((name) => living(join(folder, name)))
    .filter((entry) => entry !== undefined)
    .sort((a, b) => rank(a) - rank(b) || b.startedAt.localeCompare(a.startedAt))
    .map(({ host: _host, birth: _birth, ...gateway }) => gateway)
}

/** The one that this user runs at this address. */
export function gatewayAt(url: string, env: NodeJS.ProcessEnv): RegisteredGateway | undefined {
  return registeredGateways(env).find((gateway) => gateway.url === url)
}

/** What answers in place of Claude's models, where a gateway of this user runs at this address. */
export function modelsAt(url: string, env: NodeJS.ProcessEnv): readonly string[] {
  return gatewayAt(url, env)?.models ?? []
}

const rank = ({ by }: Entry) => (by === 'start' ? 0 : 1)

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+\.json$/.test(name))
  } catch {
    return []
  }
}

function living(file: string): Entry | undefined {
  const entry = read(file)
  if (entry && entry.host !== hostname()) return undefined
  if (entry && birthOf(entry.pid) === entry.birth) return entry
  removeFile(file)
  return undefined
}

function removeFile(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // a folder that this process may only read
  }
}

function read(file: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const isEntry =
      isRecord(value) &&
      typeof value.pid === 'number' &&
      typeof value.url === 'string' &&
      URL.canParse(value.url)
    return isEntry ? (value as unknown as Entry) : undefined
  } catch {
    return undefined
  }
}
