import { expect, it, onTestFinished, vi } from 'vitest'
import { definePlugin, defineUpstream, Reply, StreamEvent, z } from '../../core/index.js'
import { mount } from './mount.js'
import { messageReply } from './values.js'

const picky = definePlugin({
  name: 'picky',
  phase: 'request',
  options: z.strictObject({ text: z.string(), count: z.number().default(1) }),
  create: () => ({}),
})

it.each([
  [{}, 'picky.text: expected a string, found nothing'],
  [{ text: 'a', cuont: 2 }, "picky.cuont: unknown key; allowed are text, count; did you mean 'count'?"],
])('options that do not fit are told as the config tells them: %j', async (options, words) => {
  await expect(mount(picky(options as never))).rejects.toThrow(words)
})

it('events may be data or events', async () => {
  const reply = Reply.events([StreamEvent.of({ type: 'ping' }), { type: 'message_stop' }])
  expect(await reply.text()).toBe(
    'event: ping\ndata: {"type":"ping"}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
  )
})

const capped = (touches: readonly string[] | undefined) =>
  definePlugin({
    name: 'capped',
    phase: 'request',
    ...(touches && { touches }),
    create: () => ({ onRequest: (call) => call.set({ max_tokens: 5 }) }),
  })

it.each([
  ['what it declares', ['max_tokens'], undefined],
  ['something else', ['temperature'], /capped.*max_tokens/],
  ['nothing declared', undefined, undefined],
])('a plugin that changes %s', async (_what, touches, error) => {
  const { send, dispose } = await mount(capped(touches))
  const sending = send({ max_tokens: 100 })
  if (error) await expect(sending).rejects.toThrow(error)
  else expect((await sending).status).toBe(200)
  await dispose()
})

it('gives an upstream under test what it accepts for the model of the call', async () => {
  const seen: boolean[] = []
  const entry = defineUpstream({
    name: 'some',
    accepts: { images: true, byModel: { 'm-*': { images: false } } },
    send(call) {
      seen.push(call.target!.accepts.images)
      return messageReply()
    },
  })
  const mounted = await mount(entry)
  for (const model of ['m-1', 'other']) await mounted.send({ model })
  expect(seen).toEqual([false, true])
  await mounted.dispose()
})

it('rejects where a plugin throws at a step, changes an event in place, or is none', async () => {
  const throwing = await mount(
    definePlugin({
      name: 'throwing',
      phase: 'request',
      create: () => ({
        onStep() {
          throw new Error('no trace')
        },
      }),
    }),
  )
  await expect(throwing.send({})).rejects.toThrow(/failed in onStep/)
  const changing = await mount(
    definePlugin({
      name: 'changing',
      phase: 'request',
      create: () => ({ onEvent: (event) => void Object.assign(event.data, { type: 'other' }) }),
    }),
    { answer: () => Reply.events([{ type: 'ping' }]) },
  )
  await expect(changing.send({ stream: true }).then((reply) => reply.bytes())).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/event\.with/) },
  })
  await changing.dispose()
  await throwing.dispose()
  await expect(mount((() => {}) as never)).rejects.toThrow(/expected a plugin .*found a function/)
})

it('a setup without an end fails before the test does', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const stuck = definePlugin({
    name: 'stuck',
    phase: 'request',
    create: () => ({ setup: () => new Promise<void>(() => {}) }),
  })
  const failed = expect(mount(stuck)).rejects.toThrow("mount: the setup of 'stuck' did not end within 4 s")
  await vi.advanceTimersByTimeAsync(4_000)
  await failed
})

it('its clock moves cooldowns on', async () => {
  const account = { id: 'a', upstream: 'other' }
  const { accounts, advance, dispose } = await mount(picky({ text: 'a' }), {
    accounts: [account],
    upstreams: [{ name: 'other' }],
  })
  accounts.coolDown(account, 60_000, 'overloaded')
  advance(59_000)
  expect(accounts.cooldownMs(account)).toBeGreaterThan(0)
  advance(1_001)
  expect(accounts.cooldownMs(account)).toBe(0)
  await dispose()
})
