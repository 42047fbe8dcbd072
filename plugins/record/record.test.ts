import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import type { Handler } from '../../test/support/bad-upstream.js'
import { ask } from '../../test/support/client.js'
import { messageEvents } from '../../test/support/messages.js'
import { reset, sse } from '../../test/support/script.js'
import { stand, zaiPair } from '../../test/support/stand.js'
import { loadCassette, testChain } from '../../testing.js'

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'agproxy-record-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function recording(handler: Handler, options: object | string, dir: string) {
  const stood = await stand(handler, { config: (url) => ({ ...zaiPair(url), record: options }) as never })
  const files = () => readdirSync(dir).filter((name) => name.endsWith('.json'))
  /** The newest of so many. */
  const cassette = async (n = 1) => {
    await expect.poll(() => files().length, { timeout: 10_000 }).toBe(n)
    return join(dir, files().sort().at(-1)!)
  }
  return { ...stood, files, cassette }
}

const warnings = (logs: readonly { level: string; message: string }[]) =>
  logs.filter(({ level }) => level === 'warn').map(({ message }) => message)

it('holds what was asked and answered, and no key and no user, wherever they are', async () => {
  const dir = join(folder(), 'deep')
  const device = 'ca9a57f00ca9a57f00'
  const account = '1f3c2b4a-0000-4000-8000-123456789abc'
  const user = JSON.stringify({ device_id: device, account_uuid: account, session_id: 's-1' })
  const pasted = ['sk-ant-canary-0123456789abcdef', 'ghp_canary0123456789012345678901234567']
  const { send, cassette } = await recording(
    anthropicUpstream((_request, n) =>
      n === 0
        ? failure(529, 'overloaded_error', `busy for sk-upstream-1 and sk-upstream-2 of ${device}`)
        : sse(messageEvents({ text: `the answer for ${account}`, deltaSize: 100 })),
    ),
    dir,
    dir,
  )
  const seen = await send({
    path: '/v1/messages?beta=true&key=canary-query',
    headers: { 'x-api-key': 'canary-client-key', cookie: 'canary-cookie', 'x-canary': 'canary-header' },
    body: ask({
      stream: true,
      metadata: { user_id: user },
      system: `canary-client-key and "${pasted[0]}"`,
      messages: [
        { role: 'user', content: `the prompt, ${pasted[1]}` },
        { role: 'user', content: 'joined' },
      ],
    }),
  })
  expect(seen.status).toBe(200)
  const file = await cassette()
  const text = readFileSync(file, 'utf8')
  for (const secret of ['canary', 'sk-upstream', device, account, ...pasted])
    expect(text).not.toContain(secret)
  for (const kept of ['the prompt', 'the answer for [user]', '[key]', '"query": "?beta=true"'])
    expect(text).toContain(kept)
  const told = JSON.parse(text)
  expect(told).toMatchObject({
    agproxy: 'cassette',
    version: 1,
    status: 200,
    ending: 'complete',
    request: { body: { metadata: { user_id: '[user]' }, messages: [{}, {}] } },
    attempts: [
      { account: 'first', answer: { status: 529, ending: 'complete' } },
      { account: 'second', body: { messages: [{}] }, answer: { status: 200, ending: 'complete' } },
    ],
  })
  expect(told.attempts[1].answer.events[0].lines[0]).toBe('event: message_start')
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

it('becomes a test: the same request through a config gets the same answer, however the first attempts ended', async () => {
  const dir = folder()
  const { send, cassette } = await recording(
    anthropicUpstream((_request, n) =>
      n === 0 ? reset({ after: 0 }) : sse(messageEvents({ text: 'hello again' })),
    ),
    { dir },
    dir,
  )
  const seen = await send({ body: ask() })
  const { call, answer, cassette: kept } = loadCassette(await cassette())
  expect(kept.attempts).toMatchObject([{ failure: 'reset' }, { answer: { status: 200 } }])
  const accounts = ['first', 'second'].map((id) => ({ id, upstream: 'zai', apiKey: `key-${id}` }))
  const chain = await testChain({ preset: 'claude-code', accounts }, { answer })
  onTestFinished(() => chain.dispose())
  expect(await (await chain.send(call())).json()).toEqual(seen.json())
  expect(chain.calls.map(({ target }) => target!.account.id)).toEqual(['first', 'second'])
})

it('keeps a stream that broke off as one', async () => {
  const dir = folder()
  const events = messageEvents({ text: 'half of it' }).slice(0, 4)
  const { send, cassette } = await recording(
    anthropicUpstream(() => sse(events, { ending: reset() })),
    { dir },
    dir,
  )
  await send({ body: ask({ stream: true }) }).catch(() => {})
  const { cassette: kept, answer } = loadCassette(await cassette())
  expect(kept.attempts[0]!.answer).toMatchObject({ ending: 'broken', events: { length: 4 } })
  await expect((await answer()).bytes()).rejects.toThrow('breaks off')
})

it('holds as many as it may, and hurts no request where it cannot write', async () => {
  const dir = folder()
  const full = await recording(anthropicUpstream(), { dir, maxFiles: 2 }, dir)
  for (let n = 0; n < 4; n++) await full.send({ body: ask() })
  await full.gateway.close()
  expect(full.files()).toHaveLength(2)
  expect(warnings(full.gateway.logs)).toEqual([expect.stringContaining('has 2 already (maxFiles)')])
  const file = join(dir, 'no-folder')
  writeFileSync(file, '')
  const broken = await recording(anthropicUpstream(), { dir: file }, dir)
  for (let n = 0; n < 2; n++) expect((await broken.send({ body: ask() })).status).toBe(200)
  await broken.gateway.close()
  expect(warnings(broken.gateway.logs)).toEqual([
    expect.stringMatching(/^a cassette is not written: .*EEXIST|ENOTDIR/),
  ])
})

it('a file of another version is refused by name', () => {
  const file = join(folder(), 'new.json')
  writeFileSync(file, '{"agproxy":"cassette","version":2}')
  expect(() => loadCassette(file)).toThrow('new.json is a cassette of version 2, and this agproxy reads 1')
  writeFileSync(file, '{}')
  expect(() => loadCassette(file)).toThrow('is no cassette')
})
