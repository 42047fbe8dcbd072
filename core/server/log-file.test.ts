import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { LogFile } from './log-file.js'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'agproxy-log-file-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

it('is put aside when it is full, and the oldest of four is dropped', () => {
  const path = join(folder(), 'logs', 'a.log')
  const log = new LogFile(path, 10)
  for (const text of ['0123456789', '1123456789', '2123456789', '3123456789', '4123456789', 'now'])
    writeSync(log.fd(), text)
  const found = readdirSync(join(path, '..')).sort()
  expect(found).toEqual(['a.log', 'a.log.1', 'a.log.2', 'a.log.3'])
  expect(found.map((name) => readFileSync(join(path, '..', name), 'utf8')[0])).toEqual(['n', '4', '3', '2'])
})

it('of two writers the other goes on in the new file', () => {
  const path = join(folder(), 'a.log')
  const [one, two] = [new LogFile(path, 10), new LogFile(path, 10)]
  writeSync(one.fd(), 'one ')
  writeSync(two.fd(), 'two 012345')
  writeSync(one.fd(), 'new ')
  writeSync(two.fd(), 'new too')
  expect(readFileSync(path, 'utf8')).toBe('new new too')
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('one two 012345')
})

it('is made anew when somebody removed it, and is for this user alone', () => {
  const path = join(folder(), 'logs', 'a.log')
  const log = new LogFile(path)
  writeSync(log.fd(), 'x')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  rmSync(join(path, '..'), { recursive: true })
  mkdirSync(join(path, '..'))
  writeSync(log.fd(), 'y')
  expect(readFileSync(path, 'utf8')).toBe('y')
})
