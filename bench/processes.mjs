import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Every process that the bench started and that still runs; each is ended by its id. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()
process.on('exit', () => {
  for (const child of running) for (const pid of treeOf(child.pid ?? 0)) kill(pid, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}

/**
 * @typedef {object} Launched
 * @property {number} pid
 * @property {number} readyMs from the spawn to the end of the first right answer
 * @property {() => string} lastWords the end of its log
 * @property {() => Promise<void>} stop SIGTERM, and SIGKILL after 5 s
 */

/**
 * Starts a server and waits until it answers `probe` (the bytes of a request) with a 200, or without one until it takes connections.
 * @param {{ command: string, args: string[], env?: NodeJS.ProcessEnv, cwd?: string, log: string, port: number, probe?: Buffer }} options
 * @returns {Promise<Launched>}
 */
export async function launch({ command, args, env, cwd, log, port, probe }) {
  const out = openSync(log, 'w')
  const began = performance.now()
  const child = spawn(command, args, { cwd, env: { ...cleanEnv(), ...env }, stdio: ['ignore', out, out] })
  closeSync(out)
  running.add(child)
  let over = false
  const ended = new Promise((resolve) => {
    child.once('error', resolve)
    child.once('exit', resolve)
  }).then(() => {
    over = true
    running.delete(child)
  })
  const pid = child.pid ?? 0
  const stop = async () => {
    const pids = treeOf(pid)
    for (const one of pids) kill(one, 'SIGTERM')
    await Promise.race([ended, sleep(5_000, undefined, { ref: false })])
    for (const one of pids) kill(one, 'SIGKILL')
    if (pid) await ended
  }
  const deadline = began + 20_000
  while (!over && performance.now() < deadline) {
    if (await answers(port, probe))
      return { pid, readyMs: performance.now() - began, lastWords: () => tail(log), stop }
    await sleep(2)
  }
  await stop()
  throw new Error(`did not answer within 20 s: ${command} ${args.join(' ')}\n${tail(log)}`)
}

/** The environment without what would change a subject: proxies, keys and Node's own options. */
function cleanEnv() {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'USER']
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}

/** @param {string} log */
function tail(log) {
  return readFileSync(log, 'utf8').slice(-1_500)
}

/** @param {number} port @param {Buffer | undefined} request @returns {Promise<boolean>} */
function answers(port, request) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    const done = (/** @type {boolean} */ right) => {
      socket.destroy()
      resolve(right)
    }
    socket.setTimeout(5_000, () => done(false))
    socket.once('error', () => done(false))
    socket.once('connect', () => (request ? socket.write(request) : done(true)))
    socket.once('data', (chunk) => done(chunk.subarray(0, 12).toString('latin1') === 'HTTP/1.1 200'))
    socket.once('close', () => done(false))
  })
}

/** @param {number} pid @param {NodeJS.Signals} signal */
export function kill(pid, signal) {
  try {
    if (pid > 1) process.kill(pid, signal)
  } catch {
    // it has gone already
  }
}

/** The fields of /proc/PID/stat from the state on. @param {number | string} pid */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** The process and all that it started. @param {number} pid @returns {number[]} */
export function treeOf(pid) {
  if (!pid) return []
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(statOf(name)?.[1])]),
  )
  const tree = [pid]
  for (const found of tree) for (const [child, parent] of parents) if (parent === found) tree.push(child)
  return tree
}

/** CPU time that the process tree has used so far, in ms; the kernel counts in steps of 10. @param {number} pid */
export function cpuMs(pid) {
  return treeOf(pid).reduce((sum, one) => {
    const stat = statOf(one)
    return stat ? sum + (Number(stat[11]) + Number(stat[12])) * 10 : sum
  }, 0)
}

/** Resident memory of the process tree, in kB. @param {number} pid */
export function rssKb(pid) {
  return treeOf(pid).reduce((sum, one) => {
    try {
      return sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, 'latin1'))?.[1] ?? 0)
    } catch {
      return sum
    }
  }, 0)
}

/** CPU time that the whole machine has spent, in ms. */
export function machineMs() {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'latin1')
    .split('\n', 1)[0]
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * 10
}
