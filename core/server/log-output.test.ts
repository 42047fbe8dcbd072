import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { LogOutput } from './log-output.js'

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants
const same = (lines: string) => lines
const line = (i: number) => `${String(i).padStart(6, '0')}${'x'.repeat(993)}\n`

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'agproxy-log-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** A pipe, with what reads it: all that is there now, until nothing more comes. */
function pipe(redact = same) {
  const path = join(folder(), 'pipe')
  execFileSync('mkfifo', [path])
  const from = openSync(path, O_RDONLY | O_NONBLOCK)
  const to = openSync(path, O_WRONLY | O_NONBLOCK)
  let isOpen = true
  const close = () => {
    if (isOpen) closeSync(from)
    isOpen = false
  }
  onTestFinished(() => {
    close()
    closeSync(to)
  })
  const buffer = Buffer.alloc(1024 * 1024)
  const now = () => {
    try {
      return buffer.toString('utf8', 0, readSync(from, buffer))
    } catch {
      return ''
    }
  }
  const output = new LogOutput(to as 1, redact)
  const read = async () => {
    let text = ''
    for (let quiet = 0; quiet < 10; ) {
      const more = now()
      text += more
      quiet = more === '' ? quiet + 1 : 0
      if (more === '') await sleep(30)
    }
    return text
  }
  return { output, now, read, close }
}

describe('a log that nothing reads', () => {
  it('goes on in order once it is read, with the number of lines that were dropped', async () => {
    const { output, read } = pipe()
    output.onDropped = (lines) => output.write(`dropped ${lines}\n`)
    for (let i = 0; i < 10_000; i++) output.write(line(i))
    const lines = (await read()).split('\n')
    const kept = lines.filter((text) => text.includes('x'))
    expect(kept).toEqual(kept.map((_, i) => line(i).trimEnd())) // the first ones, whole
    expect(kept.length).toBeGreaterThan(1_000)
    expect(kept.length).toBeLessThan(4_000)
    expect(lines.slice(kept.length)).toEqual([`dropped ${10_000 - kept.length}`, ''])

    output.write('as before\n')
    expect(await read()).toBe('as before\n')
  })

  it('is redacted in whole lines, however little of them goes out at a time', async () => {
    const { output, read } = pipe((lines) => lines.replaceAll('secret', '******'))
    for (let i = 0; i < 40_000; i++) output.write('a secret of sixteen\n')
    expect((await read()).replaceAll('a ****** of sixteen\n', '')).toBe('')
  })

  it('holds the end of the process for a moment only', () => {
    const { output } = pipe()
    for (let i = 0; i < 1_000; i++) output.write(line(i))
    const started = performance.now()
    output.end()
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

it('at the end of the process the last lines are written at once', () => {
  const { output, now } = pipe()
  output.write('last\n')
  expect(now()).toBe('')
  output.end()
  expect(now()).toBe('last\n')
})

it('a reader that is gone costs nothing, not even at the end', () => {
  const { output, close } = pipe()
  close()
  const waits = vi.spyOn(Atomics, 'wait')
  onTestFinished(() => waits.mockRestore())
  for (let i = 0; i < 10_000; i++) output.write(line(i))
  output.end()
  expect(waits).not.toHaveBeenCalled()
})

it('a pipe that a shell made is not waited for, though Node makes it blocking for each process that it starts', async () => {
  const cwd = folder()
  execFileSync('mkfifo', [join(cwd, 'pipe')])
  const fd = openSync(join(cwd, 'pipe'), 'r+') // its own reader, so that opening waits for nobody
  onTestFinished(() => closeSync(fd))
  const module = new URL('log-output.ts', import.meta.url).pathname
  const script = `
    import { spawnSync } from 'node:child_process'
    import { createJiti } from ${JSON.stringify(import.meta.resolve('jiti'))}
    const { LogOutput } = await createJiti(import.meta.url).import(${JSON.stringify(module)})
    const output = new LogOutput(1, (lines) => lines)
    spawnSync('true', { stdio: 'inherit' })
    for (let i = 0; i < 10_000; i++) output.write('x'.repeat(500) + '\\n')
    console.error('written')`
  writeFileSync(join(cwd, 'script.mjs'), script)
  const child = spawn(process.execPath, ['script.mjs'], { cwd, stdio: ['ignore', fd, 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  expect(String((await once(child.stderr!, 'data'))[0])).toBe('written\n')
  expect((await ended)[0]).toBe(0)
})

it('a file gets every line', () => {
  const path = join(folder(), 'log')
  const fd = openSync(path, 'a')
  onTestFinished(() => closeSync(fd))
  const output = new LogOutput(fd as 1, same)
  for (let i = 0; i < 5_000; i++) output.write(line(i))
  output.end()
  expect(readFileSync(path, 'utf8')).toBe(Array.from({ length: 5_000 }, (_, i) => line(i)).join(''))
})
