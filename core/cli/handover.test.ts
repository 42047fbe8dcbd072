import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { closeLostConnections } from './handover.js'

/** A worker as the primary has it, and what reached its channel. */
function worker() {
  const sent: unknown[] = []
  const child = Object.assign(new EventEmitter(), {
    _handleQueue: null as unknown[] | null,
    send: (...args: unknown[]) => sent.push(args) > 0,
    // As Node's: while an acknowledgement is outstanding there is no event.
    disconnect: () => child._handleQueue || child.emit('disconnect'),
  })
  closeLostConnections(child as unknown as ChildProcess)
  const handOver = (seq: number) => {
    const handle = { close: vi.fn() }
    child._handleQueue = []
    child.send({ cmd: 'NODE_CLUSTER', act: 'newconn', seq }, handle)
    return handle
  }
  return { child, sent, handOver }
}

// With real processes: workers.test.ts.
describe('a connection that is handed to a worker', () => {
  it('is left to it once the worker has it', () => {
    const { child, sent, handOver } = worker()
    const handle = handOver(7)
    expect(sent).toEqual([[{ cmd: 'NODE_CLUSTER', act: 'newconn', seq: 7 }, handle]])
    child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 7, accepted: true })
    child.disconnect()
    expect(handle.close).not.toHaveBeenCalled()
  })

  it('is closed when the worker is gone before it had it', () => {
    const { child, handOver } = worker()
    const [taken, lost, other] = [handOver(1), handOver(2), handOver(3)]
    child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 1, accepted: true })
    child.emit('internalMessage', { cmd: 'NODE_CLUSTER', act: 'online' })
    child.disconnect()
    expect([taken, lost, other].map(({ close }) => close.mock.calls.length)).toEqual([0, 1, 1])
  })

  it('is closed when the worker stops and refuses it', () => {
    const { child, handOver } = worker()
    const handle = handOver(1)
    child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 1, accepted: false })
    expect(handle.close).toHaveBeenCalledOnce()
  })
})

it('other messages pass as they are', () => {
  const { child, sent } = worker()
  child.send({ agproxy: 'control' }, undefined, undefined, () => {})
  expect(sent).toEqual([[{ agproxy: 'control' }, undefined, undefined, expect.any(Function)]])
})
