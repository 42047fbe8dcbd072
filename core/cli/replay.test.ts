import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import type { Handler } from '../../test/support/bad-upstream.js'
import { builtCli, emptyFolder } from '../../test/support/cli.js'
import { ask, NoAnswer, send } from '../../test/support/client.js'
import { messageEvents } from '../../test/support/messages.js'
import { reset, sse } from '../../test/support/script.js'
import { direct, stand, zaiPair } from '../../test/support/stand.js'
import { startReplay } from './replay-server.js'

const cli = builtCli()

async function recorded(handler: Handler, bodies: readonly object[], config = direct) {
  const dir = emptyFolder()
  const { send, gateway } = await stand(handler, { config: (url) => ({ ...config(url), record: dir }) })
  const seen = []
  for (const body of bodies) seen.push(await send({ body }))
  await expect.poll(() => readdirSync(dir).length, { timeout: 10_000 }).toBe(bodies.length)
  await gateway.close()
  return { dir, seen }
}

async function replayed(dir: string, timing: 'recorded' | 'at-once' = 'at-once') {
  const told: string[] = []
  const server = await startReplay({
    dir,
    host: '127.0.0.1',
    port: 0,
    timing,
    told: (line) => told.push(line),
  })
  onTestFinished(() => server.close())
  return { ...server, told }
}

const named = (text: string) => ask({ stream: true, messages: [{ role: 'user', content: text }] })

it('gives each request its own answer, by its body and then in order', async () => {
  const answers = anthropicUpstream((request) => {
    const { messages } = request.json() as { messages: [{ content: string }] }
    return sse(messageEvents({ text: `to ${messages[0].content}` }))
  })
  const { dir, seen } = await recorded(answers, ['one', 'two', 'three'].map(named))
  const { url, told } = await replayed(dir)
  const get = async (text: string) => (await send(url, { body: named(text) })).body.toString()
  expect(await get('two')).toBe(seen[1]!.text())
  expect(await get('another')).toBe(seen[0]!.text())
  expect(await get('two')).toBe(seen[1]!.text())
  expect(await get('yet another')).toBe(seen[2]!.text())
  expect((await send(url, { body: named('a fourth') })).status).toBe(404)
  expect(told[1]).toMatch(/^req_\w+ attempt 1: 200 \(another request: the next in order\)$/)
})

it('in the recorded timing or at once', async () => {
  const slow = anthropicUpstream(() => sse(messageEvents({ text: 'one two three four' }), { every: 150 }))
  const { dir } = await recorded(slow, [named('slow')])
  const took = async (timing: 'recorded' | 'at-once') => {
    const { url } = await replayed(dir, timing)
    return (await send(url, { body: named('slow') })).endedAt
  }
  const slowly = await took('recorded')
  expect(slowly).toBeGreaterThan(900)
  expect(await took('at-once')).toBeLessThan(slowly / 2)
})

it('is as bad an upstream as the one that was recorded', async () => {
  const broken = sse(messageEvents().slice(0, 3), { ending: reset() })
  const bad = anthropicUpstream((_request, n) =>
    n === 0 ? failure(529, 'overloaded_error', 'busy') : broken,
  )
  const { dir } = await recorded(bad, [named('bad')], zaiPair)
  const { url } = await replayed(dir)
  const body = named('bad')
  expect((await send(url, { body })).status).toBe(529)
  expect((await send(url, { body })).end).toBe('broken')
  const deaf = await recorded(() => reset({ after: 0 }), [named('bad')])
  const silent = await replayed(deaf.dir)
  await expect(send(silent.url, { body })).rejects.toThrow(NoAnswer)
})

it('agproxy record and agproxy replay', async () => {
  const cwd = emptyFolder()
  const listening = /listening on (http:\/\/127\.0\.0\.1:\d+)/
  const recorder = cli.start(['record', 'tapes', '--port', '0'], { cwd })
  const url = listening.exec(await recorder.printed(listening, 30_000))![1]!
  const seen = await send(url, { body: ask() })
  recorder.child.kill('SIGTERM')
  expect((await recorder.finished).code).toBe(0)
  expect(readdirSync(join(cwd, 'tapes'))).toHaveLength(1)
  const serving = /replaying 1 answers of 1 cassettes on (http:\/\/127\.0\.0\.1:\d+)/
  const player = cli.start(['replay', 'tapes', '--at-once'], { cwd })
  const again = serving.exec(await player.printed(serving, 30_000))![1]!
  expect((await send(again, { body: ask() })).json()).toMatchObject({ content: seen.json().content })
  player.child.kill('SIGTERM')
  expect((await player.finished).code).toBe(0)
  const [nothing, none] = await Promise.all([cli.run(['replay', cwd], { cwd }), cli.run(['record'], { cwd })])
  expect([nothing.code, nothing.err]).toEqual([1, expect.stringContaining('holds no cassette')])
  expect([none.code, none.err]).toEqual([2, expect.stringContaining('agproxy record DIR')])
}, 90_000)
