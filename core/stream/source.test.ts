import { describe, expect, it, vi } from 'vitest'
import { LINEAR } from '../../test/support/growth.js'
import type { ByteSink, ByteSource } from '../contract/http.js'
import { bytesSource, chunksOf, collect, iterableSource } from './source.js'

const bytes = (text: string) => Buffer.from(text)
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Counts how many chunks were taken from it and whether its `finally` ran. */
function counted(total = Number.POSITIVE_INFINITY) {
  const state = { made: 0, finished: false }
  async function* chunks() {
    try {
      while (state.made < total) yield bytes(`${state.made++}`)
    } finally {
      state.finished = true
    }
  }
  return { state, source: iterableSource(chunks()) }
}

describe('iterableSource', () => {
  it('delivers all and then ends', async () => {
    expect((await collect(counted(3).source, 100)).toString()).toBe('012')
    expect((await collect(bytesSource([bytes('a'), bytes('b')]), 100)).toString()).toBe('ab')
    expect(await collect(bytesSource([]), 100)).toHaveLength(0)
  })

  it('asks for nothing more while it is paused', async () => {
    const { source, state } = counted()
    let got = 0
    source.pipe({
      data() {
        if (++got === 3) source.pause()
      },
      end() {},
      error() {},
    })
    await turn()
    expect(got).toBe(3)
    expect(state.made).toBeLessThanOrEqual(4)
    source.resume()
    source.pause()
    await turn()
    expect(got).toBe(4)
    source.cancel()
  })

  it('runs the generator’s finally when it is cancelled, and says nothing more', async () => {
    const { source, state } = counted()
    const said: string[] = []
    source.pipe({
      data() {
        said.push('data')
        source.cancel()
      },
      end: () => void said.push('end'),
      error: () => void said.push('error'),
    })
    await turn()
    expect(said).toEqual(['data'])
    expect(state.finished).toBe(true)
  })

  it('can be cancelled before it is read and while it is paused', async () => {
    const early = counted()
    early.source.cancel()
    await turn()
    expect(early.state.made).toBe(0)
    const paused = counted()
    paused.source.pipe({ data: () => paused.source.pause(), end() {}, error() {} })
    await turn()
    paused.source.cancel()
    await turn()
    expect(paused.state.finished).toBe(true)
  })

  it('hands a throw on as an error', async () => {
    async function* broken() {
      yield bytes('a')
      throw new Error('broken')
    }
    await expect(collect(iterableSource(broken()), 100)).rejects.toThrow('broken')
  })

  it('ends its generator when the reader throws', async () => {
    const { source, state } = counted()
    const error = vi.fn()
    const data = () => {
      throw new Error('a bug')
    }
    source.pipe({ data, end() {}, error })
    await turn()
    expect(error).toHaveBeenCalledWith(new Error('a bug'))
    expect(state.finished).toBe(true)
  })

  it('can be read once', () => {
    const { source } = counted(1)
    source.pipe({ data() {}, end() {}, error() {} })
    expect(() => source.pipe({ data() {}, end() {}, error() {} })).toThrow('once')
  })
})

describe('collect', () => {
  it('gives up beyond its limit and lets the source go', async () => {
    const { source, state } = counted()
    await expect(collect(source, 20)).rejects.toMatchObject({ failure: 'shape', status: 502 })
    await turn()
    expect(state.finished).toBe(true)
    expect(state.made).toBeLessThan(25)
  })
})

describe('chunksOf', () => {
  it('gives every chunk in order', async () => {
    const got: string[] = []
    for await (const chunk of chunksOf(counted(50).source)) got.push(chunk.toString())
    expect(got).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`))
  })

  it('lets the source go when the loop is left', async () => {
    const { source, state } = counted()
    for await (const _chunk of chunksOf(source)) break
    await turn()
    expect(state.finished).toBe(true)
  })

  it('keeps a fast source from running ahead of a slow loop', async () => {
    const { source, state } = counted()
    for await (const _chunk of chunksOf(source)) {
      for (let i = 0; i < 100; i++) await turn()
      break
    }
    expect(state.made).toBeLessThan(25)
  })

  it('throws the error of a broken source, after what came before it', async () => {
    async function* broken() {
      yield bytes('a')
      throw new Error('broken')
    }
    const got: string[] = []
    const read = async () => {
      for await (const chunk of chunksOf(iterableSource(broken()))) got.push(chunk.toString())
    }
    await expect(read()).rejects.toThrow('broken')
    expect(got).toEqual(['a'])
  })
})

it('many small chunks that come at a time are not shifted one by one', async () => {
  const all = async (size: number) => {
    const chunk = bytes('a')
    let sink: ByteSink | undefined
    const source: ByteSource = { pipe: (s) => (sink = s), pause() {}, resume() {}, cancel() {} }
    const chunks = chunksOf(source)
    const first = chunks.next()
    for (let i = 0; i < size; i++) sink!.data(chunk)
    sink!.end()
    let count = 1
    await first
    for await (const _ of chunks) count++
    return count
  }
  expect(await all(100)).toBe(100)
  const time = async (size: number) => {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < 3; i++) {
      const started = performance.now()
      await all(size)
      best = Math.min(best, performance.now() - started)
    }
    return best
  }
  // 16 times as many; shifted, they took 2,000 times as long.
  expect((await time(160_000)) / (await time(10_000))).toBeLessThan(10 * LINEAR)
})
