import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { definePreset, defineUpstream } from '../index.js'
import { models } from '../plugins/index.js'
import { startTestGateway } from './harness/gateway.js'
import { messageReply } from './harness/values.js'
import { blocksOf, docPages, writeBlocks } from './support/doc-blocks.js'

/* The pages on clients: what they show is sent through a gateway, as their clients send it. test/clients/pages.test.ts runs the clients themselves. */

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, '.cache', `docs-clients-${process.pid}`)
const WRITTEN = 'http://127.0.0.1:8045'
const HELLO = 'Hello from the gateway.'

afterAll(() => rmSync(out, { recursive: true, force: true }))

async function gateway(): Promise<string> {
  const canned = defineUpstream({
    name: 'canned',
    listModels: async () => [{ id: 'claude-canned' }],
    send: () => messageReply(HELLO),
  })
  const preset = definePreset({ name: 'clients', plugins: [models, canned] })
  const running = await startTestGateway({ preset, accounts: [{ upstream: 'canned', apiKey: 'k' }] })
  onTestFinished(() => running.close())
  return running.url
}

/** A page's module, with the address of a gateway of the test's in the place of the one that is written there. */
async function code<T>(page: string, url: string): Promise<T> {
  const [file] = writeBlocks(`docs/clients/${page}.md`, join(out, page))
  writeFileSync(file!, readFileSync(file!, 'utf8').replaceAll(WRITTEN, url))
  return import(pathToFileURL(file!).href)
}

const json = (page: string) => JSON.parse(blocksOf(`docs/clients/${page}.md`, 'json')[0]!)

describe('the code of docs/clients', () => {
  it('anthropic-sdk gets its answer', async () => {
    const { sayHello } = await code<{ sayHello(): Promise<string> }>('anthropic-sdk', await gateway())
    expect(await sayHello()).toBe(HELLO)
  })

  it('ai-sdk gets its answer, with the headers that it speaks of', async () => {
    const made = await code<{ gateway(model: string): Model }>('ai-sdk', await gateway())
    const prompt = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }]
    const { content, response } = await made.gateway('claude-sonnet-5').doGenerate({ prompt })
    expect(content).toMatchObject([{ type: 'text', text: HELLO }])
    expect(response.headers['x-account-email']).toBe('canned-1')
  })

  it('agent-sdk hands on one key, the address, and everything else', async () => {
    const { options } = await code<{ options: { env: NodeJS.ProcessEnv } }>('agent-sdk', WRITTEN)
    expect(options.env).toMatchObject({ ANTHROPIC_BASE_URL: WRITTEN, ANTHROPIC_AUTH_TOKEN: 'agproxy' })
    expect(options.env.ANTHROPIC_API_KEY).toBeUndefined()
    expect(options.env.PATH).toBe(process.env.PATH)
  })

  it('claude-desktop finds a model and gets its answer, with the key as it is set there', async () => {
    const { inferenceProvider, ...set } = json('claude-desktop')
    expect([inferenceProvider, set.inferenceGatewayAuthScheme]).toEqual(['gateway', 'bearer'])
    expect(set.inferenceGatewayBaseUrl).toBe(WRITTEN)
    const url = await gateway()
    const headers = {
      authorization: `Bearer ${set.inferenceGatewayApiKey}`,
      'anthropic-version': '2023-06-01',
    }
    const list = await fetch(`${url}/v1/models`, { headers }).then((response) => response.json())
    expect(list).toMatchObject({ data: [{ id: expect.stringContaining('claude') }] })
    const model = (list as { data: { id: string }[] }).data[0]!.id
    const body = JSON.stringify({ model, max_tokens: 8, messages: [{ role: 'user', content: 'Hello' }] })
    const answer = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body })
    expect(await answer.json()).toMatchObject({ content: [{ text: HELLO }] })
  })

  it('editors and opencode name the address that a gateway has', () => {
    expect(json('editors').env.ANTHROPIC_BASE_URL).toBe(WRITTEN)
    expect(json('opencode').provider.anthropic.options.baseURL).toBe(`${WRITTEN}/v1`)
  })
})

interface Model {
  doGenerate(call: object): Promise<{ content: unknown[]; response: { headers: Record<string, string> } }>
}

it('every page on a client says how to see that it works, and what to do when it does not', () => {
  const pages = docPages.filter((page) => page.startsWith('docs/clients/'))
  expect(pages.length).toBeGreaterThanOrEqual(7)
  for (const page of pages) {
    const headings = [...readFileSync(join(root, page), 'utf8').matchAll(/^## (.*)$/gm)].map((m) => m[1])
    expect(headings, page).toEqual(['See that it works', 'When it does not'])
    expect(readFileSync(join(root, 'docs/clients.md'), 'utf8')).toContain(`](${page.slice('docs/'.length)})`)
  }
})

it.each(docPages)('the JSON of %s is JSON', (page) => {
  for (const text of blocksOf(page, 'json')) expect(() => JSON.parse(text), text).not.toThrow()
})
