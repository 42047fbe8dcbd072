import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aiSdk } from '../../plugins/index.js'
import type { Answer } from '../providers/answer.js'
import { PROVIDERS, streamOf, type TestedProvider } from '../providers/providers.js'
import { Wire } from '../providers/trial.js'
import { stand } from '../support/stand.js'
import { TOOL } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, NEWEST } from './clients.js'
import type { Client } from './install.js'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=='
const SIGNATURE = 'c2lnbmVkIGJ5IHRoZSBtb2RlbA'
const bash = (n: number) => ({
  id: `call_${n}`,
  name: 'Bash',
  input: { command: `echo agproxy-$((${n}+2))`, description: 'Print a marker' },
})

/** What the model says to a request, by what it can find in it. */
type Model = (text: string) => Answer

/** Claude Code with a provider behind it; the answers of the model are those to the main conversation. */
async function turn(client: Client, provider: TestedProvider, model: Model, args: readonly string[] = []) {
  const { name, options, path, model: id } = provider
  const { url, up, gateway } = await stand(
    (request) => {
      const text = request.body.toString()
      const isMain = text.includes('"Bash"') && text.includes(TOOL.prompt)
      return streamOf(provider, isMain ? model(text) : { text: 'ok' })
    },
    {
      config: (upstream) => ({
        preset: 'claude-code',
        accounts: [{ id: 'a', upstream: name, apiKey: 'sk-of-the-account' }],
        use: [aiSdk({ ...options, name, baseURL: upstream + path, models: { 'claude-*': id } })],
      }),
    },
  )
  const run = await claude(client, {
    url,
    args: ['-p', TOOL.prompt, '--allowedTools', 'Bash,Read', '--output-format', 'json', ...args],
  })
  expect(run).toMatchObject({ code: 0, timedOut: false, stderr: '' })
  expect(gateway.requests('messages').map(({ status }) => status)).toEqual(
    gateway.requests('messages').map(() => 200),
  )
  const result = JSON.parse(run.stdout) as { result: string; num_turns: number; is_error: boolean }
  expect(result.is_error).toBe(false)
  const sent = up.requests.filter(({ body }) => body.includes(TOOL.prompt)).map(({ body }) => new Wire(body))
  return { ...result, last: sent.at(-1)! }
}

const TESTED = PROVIDERS.filter(({ name }) => ['compatible', 'openai', 'gemini'].includes(name))

describeClients(NEWEST, (client) => {
  describe.each(TESTED)('on $title', (provider) => {
    it('runs a Bash tool', async () => {
      const model: Model = (text) =>
        text.includes('agproxy-42') ? { text: TOOL.answer } : { text: 'Running it.', tools: [bash(40)] }
      expect(await turn(client, provider, model)).toMatchObject({ result: TOOL.answer, num_turns: 2 })
    })

    it('thinks, and gives the provider its thinking back', async () => {
      const thought = { thinking: 'I had better run it', signature: SIGNATURE }
      const model: Model = (text) =>
        text.includes('agproxy-42') ? { text: TOOL.answer } : { ...thought, tools: [bash(40)] }
      const { result, last } = await turn(client, provider, model)
      expect(result).toBe(TOOL.answer)
      expect(last.has(provider.signs ? SIGNATURE : thought.thinking)).toBe(true)
    })

    if (provider.signs) {
      it('gives a signature back that came without thinking', async () => {
        const model: Model = (text) =>
          text.includes('agproxy-42') ? { text: TOOL.answer } : { signature: SIGNATURE, tools: [bash(40)] }
        const { result, last } = await turn(client, provider, model)
        expect(result).toBe(TOOL.answer)
        expect(last.has(SIGNATURE)).toBe(true)
      })
    }

    it('runs two tools at a time', async () => {
      const model: Model = (text) =>
        text.includes('agproxy-42') && text.includes('agproxy-52')
          ? { text: TOOL.answer }
          : { text: 'Both.', tools: [bash(40), bash(50)] }
      expect((await turn(client, provider, model)).result).toBe(TOOL.answer)
    })

    it('looks at a picture', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'agproxy-picture-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      const file_path = join(folder, 'dot.png')
      writeFileSync(file_path, Buffer.from(PNG, 'base64'))
      const model: Model = (text) =>
        /[^"]base64,|"data":"/.test(text)
          ? { text: TOOL.answer }
          : { text: 'I look.', tools: [{ id: 'call_1', name: 'Read', input: { file_path } }] }
      const { result, last } = await turn(client, provider, model, ['--add-dir', folder])
      expect(result).toBe(TOOL.answer)
      expect(/base64,|"data":"/.test(last.text)).toBe(true)
    })
  })
})
