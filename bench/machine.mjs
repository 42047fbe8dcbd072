import { execFileSync } from 'node:child_process'
import os from 'node:os'
import { PEERS } from './subjects/peers.mjs'

/**
 * Puts the bench and all that it starts before other programs, where that is allowed: beside a test suite on the same two
 * cores a process that mostly waits is otherwise woken milliseconds late, and that would be all that one measures.
 */
export function raisePriority() {
  try {
    os.setPriority(-10)
  } catch {
    // not root: then the machine had better be quiet
  }
}

/** What the numbers were measured on and with. @param {string} root @param {string} tools */
export function describeMachine(root, tools) {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    node: process.version,
    nginx: said('nginx', ['-v'])?.replace(/^.*\//s, ''),
    commit: said('git', ['-C', root, 'describe', '--always', '--dirty']),
    peers: PEERS,
    tools,
    priority: os.getPriority(),
    began: new Date().toISOString(),
    load: os.loadavg()[0],
  }
}

/** @param {string} command @param {string[]} args */
function said(command, args) {
  try {
    const both = execFileSync('sh', ['-c', '"$0" "$@" 2>&1', command, ...args], { encoding: 'utf8' })
    return both.trim()
  } catch {
    return undefined
  }
}
