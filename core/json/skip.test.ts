import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'

const LONG = 'x'.repeat(5 * 1024 * 1024)

/** A scanner of its own, in a process that has no room for WebAssembly. */
async function scanWithoutRoom() {
  vi.resetModules()
  vi.stubGlobal('WebAssembly', {
    Memory: class {
      constructor() {
        throw new RangeError('WebAssembly.Memory(): could not allocate memory')
      }
    },
  })
  return (await import('./scan.js')).scan
}

afterEach(() => vi.unstubAllGlobals())

describe('without room for WebAssembly', () => {
  // `ulimit -v 20000000` made each request a 500.
  it('every text is read, as it is with it', async () => {
    const { scan } = await import('./scan.js')
    const slow = await scanWithoutRoom()
    const tape = (read: typeof scan, text: string) => {
      try {
        return [...read(Buffer.from(text), 50)]
      } catch (error) {
        return (error as Error).name
      }
    }
    const cut = fc.tuple(fc.json(), fc.nat(30)).map(([text, at]) => text.slice(0, text.length - at))
    const odd = fc.constantFrom(
      '"\\u12"',
      '"\\x"',
      '"a',
      '"\\',
      '"\u0001"',
      '"\\\\"',
      '["\\u00e9\\n", ""]',
      '',
    )
    fc.assert(
      fc.property(fc.oneof(fc.json(), cut, odd), (text) => {
        expect(tape(slow, text)).toEqual(tape(scan, text))
      }),
    )
  })
})

it('long texts take no address space, and are read as short ones are', async () => {
  const { scan } = await import('./scan.js')
  scan(Buffer.from('{"a":"b"}'), 10)
  const size = () => Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
  const before = process.platform === 'linux' ? size() : 0
  for (let i = 0; i < 10; i++) {
    const made = scan(Buffer.from(`{"a":"${LONG}","b":"\\"é"}`), 10)
    expect([...made].slice(0, 6)).toEqual([0, LONG.length + 19, 5, 1, 4, 2])
  }
  if (process.platform === 'linux') expect(size() - before).toBeLessThan(2_000_000)
  for (const broken of [`"${LONG}`, `"${LONG}\n"`, `"${LONG}\\`, `"${LONG}\\u12`])
    expect(() => scan(Buffer.from(broken), 10), broken.slice(-9)).toThrow(SyntaxError)
})
