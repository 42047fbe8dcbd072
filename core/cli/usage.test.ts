import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { builtCli, emptyFolder } from '../../test/support/cli.js'
import { send } from '../../test/support/client.js'
import type { UsageRow } from '../contract/usage.js'
import { csv, table } from './usage-text.js'

const cli = builtCli()
const CONFIG = `export default { preset: 'claude-code', ledger: { file: './ledger.db' } }`

const line = (name: string | null, rest: Partial<UsageRow> = {}): UsageRow => ({
  name,
  requests: 2,
  failed: 0,
  unknown: 0,
  inputTokens: 1234,
  outputTokens: 56,
  cacheReadTokens: 7_000_000,
  cacheCreationTokens: 0,
  cost: 0,
  priced: 0,
  listCost: 0,
  plan: 0,
  ...rest,
})
const answer = (...rows: UsageRow[]) => ({ by: 'model', since: 'x', rows, more: 0, total: line(null) })

it('shows money where it is paid by token, and says where it is not or not known', () => {
  const text = table(
    answer(line('a', { cost: 1.5, priced: 2 }), line('b', { plan: 2, listCost: 0.25 }), line('c\u001b[2J')),
  )
  expect(text.split('\n').slice(0, 4)).toEqual([
    'model  requests  failed  input  output  cache read  cache write     cost  as asked',
    'a             2       0   1234      56        7.0M            0    $1.50         –',
    'b             2       0   1234      56        7.0M            0     plan   $0.2500',
    'c·[2J         2       0   1234      56        7.0M            0  unknown         –',
  ])
})

it('hands no formula to a spreadsheet', () => {
  expect(csv(answer(line('=1+1,"x"'))).split('\n')[1]).toMatch(/^"'=1\+1,""x""",2,0,0,1234,56,/)
})

it('tells what went through, while a gateway runs and after it', async () => {
  const cwd = emptyFolder()
  writeFileSync(join(cwd, 'agproxy.config.mjs'), CONFIG)
  const command = cli.start(['--port', '0'], { cwd })
  const listening = /listening on (http:\/\/127\.0\.0\.1:\d+)/
  const url = listening.exec(await command.printed(listening, 30_000))![1]!
  const body = { model: 'claude-opus-4-5', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }
  for (let n = 0; n < 3; n++) expect((await send(url, { body })).status).toBe(200)
  const usage = (...args: string[]) => cli.run(['usage', '--config', 'agproxy.config.mjs', ...args], { cwd })
  const requests = async () => JSON.parse((await usage('--json')).out || '{}').total?.requests
  await expect.poll(requests, { timeout: 30_000 }).toBe(3)
  command.child.kill('SIGTERM')
  expect((await command.finished).code).toBe(0)
  const { out, code } = await usage('--by', 'account', '--since', '1d')
  expect(code).toBe(0)
  expect(out).toMatch(/^account +requests .*\necho +3 +0 /)
  expect((await usage('--by', 'account', '--csv')).out).toMatch(/^account,requests.*\necho,3,0,/)
  const wrong = await usage('--by', 'colour')
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('by: expected model, asked, session')])
}, 90_000)
