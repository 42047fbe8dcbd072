import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Accepts, MessagesRequest } from '../../core/index.js'
import { jsonValue } from '../../test/support/json-value.js'
import { makeCall, mount } from '../../testing.js'
import { attribution } from './index.js'

const LINE = 'x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=cli;'
const text = (value: string, more: object = {}) => ({ type: 'text', text: value, ...more })
const USER = { user_id: '{"device_id":"d","session_id":"s"}' }

async function sent(
  body: object,
  accepts: Partial<Accepts> = { billingLine: false, userIdPartsCache: true },
  mode: 'auto' | 'always' | 'never' = 'auto',
) {
  const plugin = await mount(attribution({ mode }), { accepts })
  const call = makeCall(body as Partial<MessagesRequest>)
  await plugin.send(call)
  const [out] = plugin.calls
  return { call, bytes: out!.bytes, body: out!.body, notes: call.record.notes }
}

describe('the billing line', () => {
  const parts = [text('identity', { cache_control: { type: 'ephemeral' } }), text('prompt')]

  it.each<[string, unknown, unknown]>([
    ['goes with its block', [text(LINE), ...parts], parts],
    ['takes a system along that is nothing else', [text(LINE)], undefined],
    [
      'goes from the text that it shares',
      [text(`${LINE}\n\nidentity`), parts[1]],
      [text('identity'), parts[1]],
    ],
    ['goes from a system that is a string', `${LINE}\nprompt \\n "x"`, 'prompt \\n "x"'],
    ['takes a string along that is nothing else', LINE, undefined],
  ])('%s', async (_, system, expected) => {
    const { body } = await sent({ system })
    expect(body.system).toEqual(expected)
    expect(body.messages).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    ['words about it', [text(`The line ${LINE}`)]],
    ['a system of another kind', { text: LINE }],
    ['blocks without text', [{ type: 'image' }, null, 7]],
  ])('is not %s', async (_, system) => {
    const { bytes, call } = await sent({ system })
    expect(bytes).toBe(call.bytes)
  })

  it('is the same system for two conversations without it', async () => {
    const one = await sent({ system: [text(`${LINE} cch=1;`), ...parts] })
    const other = await sent({ system: [text(`${LINE} cch=2;`), ...parts] })
    expect(one.bytes).toEqual(other.bytes)
  })
})

describe('the id of the user', () => {
  it('takes metadata along that has nothing else', async () => {
    const { body, notes } = await sent({ system: [text(LINE)], metadata: USER, max_tokens: 7 })
    expect(body).toEqual({ model: expect.any(String), messages: expect.any(Array), max_tokens: 7 })
    expect(notes).toEqual([
      {
        plugin: 'attribution',
        text: "removed the billing line of system and metadata.user_id: the upstream's cache is parted by it",
      },
    ])
  })

  it('leaves other metadata', async () => {
    expect((await sent({ metadata: { a: 1, ...USER, b: 2 } })).body.metadata).toEqual({ a: 1, b: 2 })
  })
})

describe('in the chain', () => {
  const body = { system: [text(LINE), text('a')], metadata: USER }

  it('auto does what the upstream needs, each for itself', async () => {
    const untouched = await sent(body, {})
    expect(untouched.bytes).toBe(untouched.call.bytes)
    const onlyLine = (await sent(body, { billingLine: false })).body
    expect(onlyLine).toMatchObject({ system: [text('a')], metadata: USER })
    const onlyUser = (await sent(body, { userIdPartsCache: true })).body
    expect(onlyUser.system).toEqual(body.system)
    expect(onlyUser.metadata).toBeUndefined()
  })

  it('always and never do not ask the upstream', async () => {
    expect((await sent(body, {}, 'always')).body).not.toHaveProperty('metadata')
    expect((await sent(body, undefined, 'never')).body).toMatchObject(body)
  })

  it('twice is once, and nothing else changes', async () => {
    const parts = fc.oneof(
      fc.string().map((value) => text(value)),
      fc.constantFrom(text(LINE), text(`${LINE}\nrest`), null),
    )
    const given = fc.record(
      {
        system: fc.oneof(fc.array(parts, { maxLength: 4 }), fc.string(), fc.constantFrom(LINE, null)),
        metadata: fc.oneof(fc.constant(USER), fc.dictionary(fc.string(), jsonValue(), { maxKeys: 2 })),
        extra: jsonValue(),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(given, async (fields) => {
        const { bytes, body: out } = await sent(fields)
        expect(JSON.stringify(out.system ?? '')).not.toMatch(/"x-anthropic-billing-header/)
        expect(out.metadata ?? {}).not.toHaveProperty('user_id')
        expect(JSON.stringify(out.extra)).toBe(JSON.stringify(fields.extra)) // -0 is 0 in JSON
        const again = await sent(out)
        expect(again.bytes.toString()).toBe(bytes.toString())
      }),
    )
  })
})
