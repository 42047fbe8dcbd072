import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openReader } from '../plugins/ledger/database.js'
import { builtCli, emptyFolder } from './support/cli.js'
import { send } from './support/client.js'

const cli = builtCli()

it('a gateway that is killed under load loses at most the last second of its ledger', async () => {
  const cwd = emptyFolder()
  const file = join(cwd, 'ledger.db')
  writeFileSync(
    join(cwd, 'agproxy.config.mjs'),
    `export default { preset: 'claude-code', log: { level: 'warn' }, ledger: { file: ${JSON.stringify(file)} } }`,
  )
  const command = cli.start(['--port', '0'], { cwd })
  const listening = /listening on (http:\/\/127\.0\.0\.1:\d+)/
  const url = listening.exec(await command.printed(listening, 30_000))![1]!
  const body = { model: 'claude-opus-4-5', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }
  const answered: { id: string; at: number }[] = []
  let killed = false
  const client = async () => {
    while (!killed) {
      const seen = await send(url, { body }).catch(() => undefined)
      if (seen?.status === 200)
        answered.push({ id: String(seen.headers['request-id']), at: performance.now() })
    }
  }
  const clients = Promise.all([client(), client(), client(), client()])
  await expect
    .poll(() => answered.length > 200 && answered.at(-1)!.at - answered[0]!.at > 2_500, { timeout: 30_000 })
    .toBe(true)
  command.child.kill('SIGKILL')
  const at = performance.now()
  await command.finished
  killed = true
  await clients
  const db = await openReader({ file })
  const rows = await db.selectFrom('agproxy_requests').select('id').execute()
  await db.destroy()
  const written = new Set(rows.map(({ id }) => id))
  const old = answered.filter((request) => request.at < at - 1_000)
  expect(old.length).toBeGreaterThan(50)
  expect(old.filter(({ id }) => !written.has(id))).toEqual([])
}, 90_000)
