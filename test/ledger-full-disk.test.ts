import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openReader } from '../plugins/ledger/database.js'
import { anthropicUpstream } from './support/anthropic-upstream.js'
import { ask } from './support/client.js'
import { direct, stand } from './support/stand.js'

/** A disk of its own of so many bytes; undefined where this process may not mount one. */
function smallDisk(bytes: number): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'agproxy-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir], { stdio: 'ignore' })
  } catch {
    rmSync(dir, { recursive: true })
    return undefined
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true })
  })
  return dir
}

/** Takes what is left of the disk. */
function fill(file: string): void {
  for (let size = 1 << 16; size >= 1; size >>= 1)
    for (;;)
      try {
        writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
      } catch {
        break
      }
}

it('a full disk hurts no request, is told once, and the rows come when there is room again', async ({
  skip,
}) => {
  const dir = smallDisk(1 << 20)
  if (dir === undefined) return skip('this process may not mount a disk')
  const file = join(dir, 'ledger.db')
  const cassettes = join(dir, 'cassettes')
  const { send, gateway } = await stand(anthropicUpstream(), {
    config: (url) => ({ ...direct(url), ledger: { enabled: true, file }, record: cassettes }),
  })
  const ask200 = async () => expect((await send({ body: ask() })).status).toBe(200)
  const told = (level: string) =>
    gateway.logs.filter((line) => line.level === level).map((line) => line.message)
  await ask200()
  await expect.poll(() => readdirSync(dir), { timeout: 10_000 }).toContain('ledger.db')
  await expect.poll(() => readdirSync(cassettes).length, { timeout: 10_000 }).toBe(1)
  fill(join(dir, 'ballast'))
  for (let n = 0; n < 60; n++) await ask200()
  await expect.poll(() => told('warn').length, { timeout: 20_000 }).toBe(2)
  expect(told('warn').sort()).toEqual([
    expect.stringMatching(/^a cassette is not written: .*(ENOSPC|no space)/i),
    expect.stringMatching(/^the ledger stands still: .*(full|disk I\/O error)/i),
  ])
  await ask200()
  rmSync(join(dir, 'ballast'))
  await expect.poll(() => told('info'), { timeout: 30_000 }).toContain('the ledger is written again')
  expect(told('warn')).toHaveLength(2)
  const db = await openReader({ file })
  expect(await db.selectFrom('agproxy_requests').select('id').execute()).toHaveLength(62)
  await db.destroy()
}, 90_000)
