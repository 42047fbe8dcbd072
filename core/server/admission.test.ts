import { describe, expect, it, vi } from 'vitest'
import { ClientGoneError, GatewayError } from '../errors/gateway-errors.js'
import { ClientCancellation } from '../exchange/cancellation.js'
import { Admission } from './admission.js'

const limits = { maxConcurrent: 1, queueLimit: 3, queueTimeout: 1_000 }

/** An admission whose only slot is taken, and requests that wait, by name. */
function full(names: readonly string[]) {
  const admission = new Admission(limits)
  const first = new ClientCancellation()
  expect(admission.enter(first)).toBeUndefined()
  const admitted: string[] = []
  const waiting = names.map((name) => {
    const cancellation = new ClientCancellation()
    const wait = admission.enter(cancellation)!.then(() => void admitted.push(name))
    return { cancellation, wait: wait.catch((error: Error) => error) }
  })
  return { admission, first, admitted, waiting }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a request that waits to be admitted', () => {
  it('is admitted in its turn, one for each that leaves', async () => {
    const { admission, admitted } = full(['a', 'b', 'c'])
    admission.leave()
    await settled()
    expect(admitted).toEqual(['a'])
    admission.leave()
    admission.leave()
    await settled()
    expect(admitted).toEqual(['a', 'b', 'c'])
  })

  it('is admitted at once, in the order of the queue, when a reload makes room', async () => {
    const { admission, admitted } = full(['a', 'b', 'c'])
    admission.limits = { ...limits, maxConcurrent: 3 }
    const newcomer = admission.enter(new ClientCancellation())!.then(() => void admitted.push('newcomer'))
    await settled()
    expect(admitted).toEqual(['a', 'b'])
    admission.leave()
    admission.leave()
    await newcomer
    expect(admitted).toEqual(['a', 'b', 'c', 'newcomer'])
  })

  it('waits on when a reload leaves less room, until enough have left', async () => {
    const { admission, admitted } = full(['a', 'b'])
    admission.limits = { ...limits, maxConcurrent: 3 }
    await settled()
    expect(admitted).toEqual(['a', 'b'])
    admission.limits = limits
    const later = admission.enter(new ClientCancellation())!.then(() => void admitted.push('later'))
    admission.leave()
    admission.leave()
    await settled()
    expect(admitted).toEqual(['a', 'b'])
    admission.leave()
    await later
  })

  it('gives up its turn when its client goes, and takes no slot', async () => {
    const { admission, admitted, waiting } = full(['a', 'b'])
    waiting[0]!.cancellation.cancel()
    expect(ClientGoneError.is(await waiting[0]!.wait)).toBe(true)
    admission.leave()
    await settled()
    expect(admitted).toEqual(['b'])
    admission.leave()
    expect(admission.enter(new ClientCancellation())).toBeUndefined()
  })

  it('is refused after queueTimeout, and takes no slot', async () => {
    vi.useFakeTimers()
    const { admission, admitted, waiting } = full(['a'])
    vi.advanceTimersByTime(limits.queueTimeout)
    vi.useRealTimers()
    const error = await waiting[0]!.wait
    expect(GatewayError.is(error)).toBe(true)
    expect(error).toMatchObject({ status: 429, headers: { 'retry-after': '2' } })
    admission.leave()
    await settled()
    expect(admitted).toEqual([])
    expect(admission.enter(new ClientCancellation())).toBeUndefined()
  })

  it('leaves no listener and no timer behind, however its wait ends', async () => {
    vi.useFakeTimers()
    const { admission, waiting } = full(['admitted', 'gone', 'late'])
    admission.leave()
    waiting[1]!.cancellation.cancel()
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(limits.queueTimeout)
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
    for (const { cancellation } of waiting) expect(cancellation.idle).toBe(true)
  })
})

it('past the queue a request is refused at once, and one whose client has gone is not let in', () => {
  const { admission } = full(['a', 'b', 'c'])
  expect(() => admission.enter(new ClientCancellation())).toThrow(/1 requests run and 3 wait/)
  const gone = new ClientCancellation()
  gone.cancel()
  expect(() => new Admission(limits).enter(gone)).toThrow(ClientGoneError)
})
