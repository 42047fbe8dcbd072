import { expect, it } from 'vitest'
import type { Accepts, PluginEntry } from '../core/index.js'
import * as plugins from '../plugins/index.js'
import { makeCall, mount } from '../testing.js'
import { growthOf, LINEAR } from './support/growth.js'

/** Bodies that a hostile client makes of many small parts, each for the fix that has the most to do with it. */
const list = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i))
const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })
const use = (id: string) => ({ type: 'tool_use', id, name: 'x', input: {} })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'r' })
const thought = { type: 'thinking', thinking: 'x', signature: '' }
const text = (words: string) => ({ type: 'text', text: words })
const mark = { cache_control: { type: 'ephemeral' } }

type Row = readonly [
  what: string,
  plugin: PluginEntry,
  accepts: Partial<Accepts>,
  body: (n: number) => object,
  /** What the small one has of them. Default: 500. */
  size?: number,
]

const ROWS: readonly Row[] = [
  [
    'billing lines',
    plugins.attribution,
    { billingLine: false },
    (n) => ({ system: list(n, () => text('x-anthropic-billing-header: a')) }),
  ],
  [
    'system messages',
    plugins.systemRole,
    { systemMessages: false },
    (n) => ({ messages: [user('x'), ...list(n, () => ({ role: 'system', content: 's' }))] }),
  ],
  [
    'thinking',
    plugins.thinking,
    { foreignSignatures: false, needsThinkingOnToolCalls: true },
    (n) => ({ messages: list(n, (i) => (i % 2 ? user([result('t')]) : assistant([thought, use('t')]))) }),
  ],
  [
    'empty texts',
    plugins.content,
    { emptyText: false },
    (n) => ({ messages: [user(list(n, () => text(' ')))] }),
  ],
  [
    'empty messages',
    plugins.content,
    { emptyText: false, trailingSpace: false },
    (n) => ({ messages: [user('x'), ...list(n, () => assistant(''))] }),
  ],
  [
    'images',
    plugins.content,
    { images: false },
    (n) => ({ messages: [user(list(n, () => ({ type: 'image', source: { type: 'base64', data: '' } })))] }),
  ],
  [
    'calls without results',
    plugins.toolPairs,
    { unpairedTools: false },
    (n) => ({ messages: list(n, (i) => [assistant([use(`t${i}`)]), user('x')]).flat() }),
  ],
  [
    'calls of one id',
    plugins.toolPairs,
    { unpairedTools: false },
    (n) => ({ messages: [assistant(list(n, () => use('t'))), user(list(n, () => result('t')))] }),
  ],
  [
    'names that clash',
    plugins.toolSchema,
    { toolNameCharacters: 'a-z', toolNameLength: 20 },
    (n) => ({ tools: list(n, (i) => ({ name: `t${i}....................` })) }),
  ],
  [
    'references in a schema',
    plugins.toolSchema,
    { schemaRefs: false },
    (n) => ({
      tools: list(n / 100, () => ({
        name: 't',
        input_schema: {
          properties: Object.fromEntries(list(50, (i) => [`a${i}`, { $ref: '#/$defs/a' }])),
          $defs: { a: {} },
        },
      })),
    }),
  ],
  [
    'output_config of messages',
    plugins.features,
    { messageOutputConfig: false },
    (n) => ({ messages: list(n, () => ({ ...user('x'), output_config: { effort: 'low' } })) }),
    4_000, // 8,000 of them took 0.4 s, and 20,000 took 2.2
  ],
  [
    'messages of it alone',
    plugins.features,
    { messageOutputConfig: false },
    (n) => ({
      messages: [user('x'), ...list(n, () => ({ role: 'system', output_config: { effort: 'low' } }))],
    }),
    4_000,
  ],
  [
    'tools of the upstream',
    plugins.features,
    { serverTools: false },
    (n) => ({ tools: list(n, (i) => ({ type: 'web_search_1', name: `w${i}` })) }),
  ],
  [
    'references to tools',
    plugins.features,
    { toolReferences: 'listed' },
    (n) => ({
      messages: [
        user([{ ...result('t'), content: list(n, (i) => ({ type: 'tool_reference', tool_name: `x${i}` })) }]),
      ],
    }),
  ],
  [
    'markers',
    plugins.cacheControl,
    { maxCacheControls: 4 },
    (n) => ({ messages: [user(list(n, () => ({ ...text('x'), ...mark })))] }),
  ],
  [
    'messages of one role',
    plugins.roleMerge,
    { consecutiveRoles: false },
    (n) => ({ messages: list(n, () => user('x')) }),
  ],
  ['words', plugins.limits, { contextWindow: 100 }, (n) => ({ messages: list(n, () => user('a b')) })],
]

const CASES = ROWS.map(([what, plugin, accepts, body, size = 500]) => ({ what, plugin, accepts, body, size }))

it.each(CASES)('many $what cost as much each as few', async ({ plugin, accepts, body, size }) => {
  const mounted = await mount(plugin, { accepts })
  const make = (n: number) => Buffer.from(JSON.stringify({ model: 'm', messages: [user('x')], ...body(n) }))
  const run = async (bytes: Buffer) => {
    await mounted.send(makeCall({}, { bytes }))
    return mounted.calls.pop()?.bytes
  }
  expect(await growthOf(size, make, run)).toBeLessThan(LINEAR)
  await mounted.dispose()
})
