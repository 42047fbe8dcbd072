import { describe, expect, it, onTestFinished } from 'vitest'
import { type Accepts, type Message, type MessagesRequest, Reply } from '../../core/index.js'
import { makeCall, messageReply, mount, testChain } from '../../testing.js'
import { fileStore } from './file-store.js'
import { fetchFiles, repairFiles } from './files.js'
import { content } from './index.js'
import { Repairs } from './repairs.js'

const text = (value: string, more: object = {}) => ({ type: 'text', text: value, ...more })
const user = (...blocks: object[]) => ({ role: 'user', content: blocks }) as unknown as Message
const assistant = (of: unknown) => ({ role: 'assistant', content: of }) as Message
const MARK = { cache_control: { type: 'ephemeral' } }
const byURL = (type: string, url: string, more: object = {}) => ({
  type,
  source: { type: 'url', url },
  ...more,
})
const PNG = Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1')
const PDF = Buffer.from('%PDF-1.7')

async function sent(body: Partial<MessagesRequest>, accepts: Partial<Accepts>, mode?: 'always' | 'never') {
  const plugin = await mount(content(mode && { mode }), { accepts })
  await plugin.send(body)
  return plugin.calls[0]!
}

describe('texts without words', () => {
  it.each<[string, Message[], Message[]]>([
    ['go', [user(text('a'), text(''), text(' \n'))], [user(text('a'))]],
    [
      'go from results too',
      [user({ type: 'tool_result', content: [text(''), text('a')] })],
      [user({ type: 'tool_result', content: [text('a')] })],
    ],
    [
      'become words where a message has nothing else',
      [{ role: 'user', content: '' }, assistant('hi'), user()],
      [{ role: 'user', content: '(no content)' }, assistant('hi'), user(text('(no content)'))],
    ],
    ['go with the last message of the assistant', [user(text('a')), assistant(' ')], [user(text('a'))]],
  ])('%s', async (_, messages, expected) => {
    expect((await sent({ messages }, { emptyText: false })).body.messages).toEqual(expected)
  })

  it('go from system', async () => {
    const { body } = await sent({ system: [text('', MARK), text('a')] }, { emptyText: false })
    expect(body.system).toEqual([text('a')])
  })
})

it('white space at the end of what the assistant began goes, and no other', async () => {
  const messages = [user(text('a ')), assistant([text('b '), text('c \n')])]
  expect((await sent({ messages }, { trailingSpace: false })).body.messages).toEqual([
    user(text('a ')),
    assistant([text('b '), text('c')]),
  ])
})

it('halves of characters become U+FFFD for an upstream that refused them, whole ones stay', async () => {
  const bytes = Buffer.from(
    String.raw`{"model":"m","messages":[{"role":"user","content":"\ud83d \ud83d\ude00 \\ud83d"}]}`,
  )
  const plugin = await mount(content, { accepts: { loneSurrogates: false } })
  await plugin.send(makeCall({}, { bytes }))
  expect(plugin.calls[0]!.bytes.toString()).toBe(
    bytes.toString().replace(String.raw`"\ud83d `, String.raw`"\ufffd `),
  )
  expect(plugin.calls[0]!.record.notes).toHaveLength(1)
})

describe('files that a model does not take', () => {
  it('become texts, with their marker; the words of a text document stay', async () => {
    const messages = [
      user(
        { type: 'image', source: { type: 'base64', data: '' }, ...MARK },
        { type: 'document', source: { type: 'text', data: 'say "hi"' } },
        { type: 'tool_result', content: [{ type: 'image', source: { type: 'base64', data: '' } }] },
      ),
    ]
    const { body } = await sent({ messages }, { images: false, documents: false })
    expect(body.messages).toEqual([
      user(text('[image left out: this model takes none]', MARK), text('say "hi"'), {
        type: 'tool_result',
        content: [text('[image left out: this model takes none]')],
      }),
    ])
  })
})

describe('files by URL', () => {
  const repaired = async (messages: Message[], files: Record<string, Buffer | string>) => {
    const call = makeCall({ messages })
    const repairs = new Repairs()
    const needs = { images: true, imageURLs: false, documents: true, documentURLs: false }
    await fetchFiles(repairFiles(call.tree, needs, repairs), async (url) => files[url]!, repairs)
    return {
      messages: JSON.parse(call.edit(repairs.edits).bytes.toString()).messages,
      changes: repairs.changes,
    }
  }

  it('become their bytes, with the type that they have', async () => {
    const given = [user(byURL('image', 'u1', MARK), byURL('document', 'u2', { title: 't' }))]
    const { messages } = await repaired(given, { u1: PNG, u2: PDF })
    const source = (media_type: string, data: Buffer) => ({
      source: { type: 'base64', media_type, data: data.toString('base64') },
    })
    expect(messages).toEqual([
      user(
        { type: 'image', ...source('image/png', PNG), ...MARK },
        { type: 'document', ...source('application/pdf', PDF), title: 't' },
      ),
    ])
  })

  it('become a text that says why, where there is no such file; the record has no URL', async () => {
    const { messages, changes } = await repaired([user(byURL('image', 'u1'), byURL('image', 'u2'))], {
      u1: 'status 404',
      u2: PDF,
    })
    expect(messages).toEqual([
      user(
        text('[image at u1 could not be fetched: status 404]'),
        text('[image at u2 could not be fetched: no PNG, JPEG, GIF or WebP]'),
      ),
    ])
    expect(changes.join()).not.toContain('u1')
  })

  it('are twenty at the most', async () => {
    const urls = Array.from({ length: 21 }, (_, i) => `u${i}`)
    const { changes } = await repaired(
      [user(...urls.map((url) => byURL('image', url)))],
      Object.fromEntries(urls.map((url) => [url, PNG])),
    )
    expect(changes.filter((change) => change.endsWith('more than 20 files'))).toHaveLength(1)
  })

  it('of this machine are never fetched', async () => {
    const { body } = await sent(
      { messages: [user(byURL('image', 'http://127.0.0.1:1/'))] },
      { imageURLs: false },
    )
    expect(body.messages).toEqual([
      user(text('[image at http://127.0.0.1:1/ could not be fetched: not a public address]')),
    ])
  })

  it('are fetched once, whatever came', async () => {
    const asked: string[] = []
    const store = fileStore({ size: 1, timeout: 1 }, async (url) => {
      asked.push(url)
      if (url === 'bad') throw new Error('status 500')
      return PNG
    })
    expect(await Promise.all([store('a'), store('a'), store('bad')])).toEqual([PNG, PNG, 'status 500'])
    expect([await store('bad'), await store('a')]).toEqual(['status 500', PNG])
    expect(asked).toEqual(['a', 'bad'])
  })

  it('are kept within a bound, the latest used', async () => {
    const asked: string[] = []
    const large = Buffer.alloc(30 * 1024 * 1024)
    const store = fileStore({ size: 1, timeout: 1 }, async (url) => {
      asked.push(url)
      return large
    })
    for (const url of ['a', 'b', 'a', 'c', 'a', 'b']) await store(url)
    expect(asked).toEqual(['a', 'b', 'c', 'b'])
  })
})

describe('modes', () => {
  const body = { messages: [user(text('a'), text(''))] }
  it('auto leaves the bytes where nothing is known', async () => {
    const plugin = await mount(content)
    const call = makeCall(body)
    await plugin.send(call)
    expect(plugin.calls[0]!.bytes).toBe(call.bytes)
  })
  it('always and never do not ask the upstream', async () => {
    expect((await sent(body, {}, 'always')).body.messages).toEqual([user(text('a'))])
    expect((await sent(body, { emptyText: false }, 'never')).body).toMatchObject(body)
  })
})

it('an upstream that refuses half a character is asked once more, and gets whole ones from then on', async () => {
  const refusal = {
    error: {
      code: '400',
      message: 'The request body is not valid JSON: no low surrogate in string: line 1 column 70 (char 69)',
    },
  }
  const chain = await testChain(
    { preset: 'claude-code', accounts: [{ id: 'glm', upstream: 'zai', apiKey: 'k' }] },
    {
      answer: ({ bytes }) =>
        bytes.includes(String.raw`\ud83d`) ? Reply.json(refusal, { status: 400 }) : messageReply(),
    },
  )
  onTestFinished(() => chain.dispose())
  const bytes = Buffer.from(
    String.raw`{"model":"glm-5.3","max_tokens":9,"messages":[{"role":"user","content":"cut: \ud83d"}]}`,
  )
  for (let turn = 0; turn < 2; turn++) expect((await chain.send(makeCall({}, { bytes }))).status).toBe(200)
  expect(chain.calls.map((call) => call.bytes.includes(String.raw`\ufffd`))).toEqual([false, true, true])
})
