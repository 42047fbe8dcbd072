import { expect, it } from 'vitest'
import type { ByteSink, ByteSource } from '../../core/index.js'
import { webStream } from './web-stream.js'

/** Pushes numbered chunks as long as it is not paused. */
class Endless implements ByteSource {
  pushed = 0
  cancelled = false
  #sink: ByteSink | undefined
  #paused = false

  pipe(sink: ByteSink): void {
    this.#sink = sink
    setImmediate(() => this.#push())
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    setImmediate(() => this.#push())
  }

  cancel(): void {
    this.cancelled = true
  }

  #push(): void {
    while (!this.#paused && !this.cancelled && this.pushed < 10_000)
      this.#sink!.data(Buffer.from(String(this.pushed++)))
  }
}

const turns = async () => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
}

it('holds a few chunks that nobody reads, and asks for more as they are read', async () => {
  const source = new Endless()
  const reader = webStream(source).getReader()
  await turns()
  expect(source.pushed).toBeLessThan(50)
  for (let i = 0; i < 500; i++) expect(Buffer.from((await reader.read()).value!).toString()).toBe(String(i))
  await turns()
  expect(source.pushed).toBeLessThan(550)
})

it('lets go of the source when it is cancelled', async () => {
  const source = new Endless()
  await webStream(source).cancel()
  expect(source.cancelled).toBe(true)
})
