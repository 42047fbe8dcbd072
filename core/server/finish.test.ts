import { describe, expect, it } from 'vitest'
import { anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { ask } from '../../test/support/client.js'
import { direct, stand } from '../../test/support/stand.js'
import type { CallHead } from '../contract/call.js'
import type { Plugin } from '../contract/plugin.js'
import type { FinishedRecord } from '../contract/record.js'
import { definePlugin } from '../plugin/define.js'

interface Seen {
  readonly record: FinishedRecord
  readonly head: CallHead
}

async function standing(
  handler: Parameters<typeof stand>[0],
  onFinish: Plugin['onFinish'],
  fields: object = {},
  allowErrors = false,
) {
  const plugin = definePlugin({
    name: 'audit',
    phase: 'request',
    routes: 'all',
    before: 'auth',
    ...fields,
    create: () => ({ onFinish }),
  })
  return stand(handler, { config: (url) => ({ ...direct(url), use: [plugin] }), allowErrors })
}

const soon = async (found: () => unknown, wanted: unknown) => {
  for (let i = 0; i < 200 && found() !== wanted; i++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(found()).toBe(wanted)
}

async function audited(handler: Parameters<typeof stand>[0], fields?: object) {
  const seen: Seen[] = []
  const made = await standing(handler, (record, head) => void seen.push({ record, head }), fields)
  return { ...made, seen }
}

describe('onFinish', () => {
  it('gets the record of an answered request once, after its last byte, with its steps in order', async () => {
    const { send, seen } = await audited(anthropicUpstream())
    await send({ body: ask({ stream: true }) })
    await soon(() => seen.length, 1)
    const { record, head } = seen[0]!
    expect([record.status, record.ending, head.route]).toEqual([200, 'complete', 'messages'])
    expect(record.facts.account).toBe('one')
    const { admitted, bodyRead, headersSent, finished } = record.times
    const steps = [admitted, bodyRead, headersSent, finished]
    expect(steps.every((ms) => ms !== undefined && ms >= 0)).toBe(true)
    expect(steps).toEqual([...steps].sort((a, b) => a! - b!))
  })

  it.each([
    ['an upstream error', () => failure(400, 'invalid_request_error', 'no'), 400],
    ['a malformed body', undefined, 400],
    ['an unknown path', undefined, 404],
  ])('sees %s', async (what, answer, status) => {
    const { send, seen } = await audited(anthropicUpstream(answer))
    await send(
      what === 'an unknown path'
        ? { method: 'GET', path: '/nowhere' }
        : { body: answer ? ask() : ('{"model":' as never) },
    )
    await soon(() => seen.length, 1)
    expect([seen[0]!.record.status, seen[0]!.record.ending]).toEqual([status, 'complete'])
  })

  it('sees a client that goes before its answer, without a status', async () => {
    const { url, seen } = await audited(() => async () => {})
    const stop = new AbortController()
    const lost = fetch(`${url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify(ask()),
      signal: stop.signal,
    }).catch(() => {})
    setTimeout(() => stop.abort(), 200)
    await lost
    await soon(() => seen.length, 1)
    expect([seen[0]!.record.status, seen[0]!.record.ending]).toEqual([undefined, 'gone'])
  })

  it('sees the routes of its plugin alone', async () => {
    const { send, seen } = await audited(anthropicUpstream(), { routes: ['messages'] })
    await send({ method: 'GET', path: '/healthz' })
    await send({ body: ask() })
    await soon(() => seen.length, 1)
    expect(seen[0]!.head.route).toBe('messages')
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('disk full')
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk full'))],
  ])('that %s is told once and changes no answer', async (_, onFinish) => {
    const { send, gateway } = await standing(anthropicUpstream(), onFinish, {}, true)
    expect((await send({ body: ask() })).status).toBe(200)
    expect((await send({ body: ask() })).status).toBe(200)
    const told = () =>
      gateway.logs.filter(({ level, fields }) => level === 'error' && fields.hook === 'onFinish')
    await soon(() => told().length, 1)
    await soon(() => gateway.logs.filter(({ fields }) => fields.hook === 'onFinish').length, 2)
    expect(told()[0]!.fields).toMatchObject({ plugin: 'audit', err: new Error('disk full') })
  })

  it('keeps the chain that it belongs to until it is done', async () => {
    const log: string[] = []
    let done = () => {}
    const slow = definePlugin({
      name: 'slow',
      phase: 'request',
      create: () => ({
        onFinish: () => new Promise<void>((resolve) => (done = resolve)),
        dispose: () => void log.push('disposed'),
      }),
    })
    const { send, gateway, up } = await stand(anthropicUpstream(), {
      config: (url) => ({ ...direct(url), use: [slow] }),
    })
    await send({ body: ask() })
    await gateway.reload(direct(up.url))
    expect(log).toEqual([])
    done()
    await soon(() => log.length, 1)
  })
})
