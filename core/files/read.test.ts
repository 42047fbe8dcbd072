import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { emptyFolder } from '../../test/support/cli.js'
import { oddFile, readFileAt, whyUnreadable } from './read.js'

const why = (path: string, limit?: number) => {
  try {
    readFileAt(path, limit)
  } catch (error) {
    return whyUnreadable(error)
  }
  return undefined
}

describe.skipIf(process.platform === 'win32')('a path that leads to no file', () => {
  test('is not waited for, and what is there is said in words', async () => {
    const dir = emptyFolder()
    const at = (name: string) => join(dir, name)
    spawnSync('mkfifo', [at('pipe')])
    mkdirSync(at('folder'))
    symlinkSync(at('pipe'), at('link'))
    const server = createServer().listen(at('socket'))
    await new Promise((listening) => server.once('listening', listening))
    expect(why(at('pipe'))).toBe('is a named pipe (FIFO), not a file')
    expect(why(at('link'))).toBe('is a named pipe (FIFO), not a file')
    expect(why(at('folder'))).toBe('is a directory, not a file')
    expect(why(at('socket'))).toBe('is a socket, not a file')
    expect(why('/dev/zero')).toBe('is a device, not a file')
    expect(why(at('nothing'))).toBe('is not there')
    expect(oddFile(at('pipe'))).toBe('a named pipe (FIFO)')
    await new Promise((closed) => server.close(closed))
  })
})

test('a file is read whole, up to its limit', () => {
  const file = join(emptyFolder(), 'file')
  writeFileSync(file, 'x'.repeat(3000))
  expect(readFileAt(file)).toHaveLength(3000)
  expect(oddFile(file)).toBeUndefined()
  expect(why(file, 2048)).toBe('is larger than 2 kB')
  rmSync(file)
  expect(() => oddFile(file)).toThrow('ENOENT')
})
