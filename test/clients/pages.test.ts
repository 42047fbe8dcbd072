import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { blocksOf } from '../support/doc-blocks.js'
import { stand } from '../support/stand.js'
import { assistant, CHAT, isMain } from './assistant.js'
import { NEWEST } from './clients.js'
import { packages } from './install.js'

/* What the pages of docs/clients show, run with the clients themselves. */

const client = NEWEST[0]?.client
const sdks = await packages(
  'sdks',
  ['@anthropic-ai/claude-agent-sdk@0.3.330', 'ai@6', '@ai-sdk/anthropic@3'],
  ['--omit=optional'], // the SDK's own copy of Claude Code; the test has one
)
const opencode = binaryIn(await packages('opencode', ['opencode-ai@1.18.33']))

/** The platform's binary, which the package's postinstall would link; of two builds the one that every processor runs. */
function binaryIn(folder = ''): string | undefined {
  const name = `opencode-${process.platform}-${process.arch}`
  return [`${name}-baseline`, name]
    .map((build) => join(folder, 'node_modules', build, 'bin/opencode'))
    .find((file) => existsSync(file))
}

/** A page's first block of a language, for the gateway at `url`. */
const block = (page: string, language: string, url: string) =>
  blocksOf(`docs/clients/${page}.md`, language)[0]!.replaceAll('http://127.0.0.1:8045', url)

/** Runs a program in a home that holds these files, with nothing of this process's environment but PATH. */
async function run(
  program: string,
  args: readonly string[],
  { files = {}, env = {} }: { files?: Record<string, string>; env?: Record<string, string> } = {},
): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'agproxy-pages-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(home, name, '..'), { recursive: true })
    writeFileSync(join(home, name), text)
  }
  const quiet = { DISABLE_AUTOUPDATER: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' }
  const done = promisify(execFile)(program, [...args], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, SHELL: '/bin/bash', ...quiet, ...env },
    timeout: 90_000,
  })
  done.child.stdin?.end()
  return (await done).stdout
}

describe.runIf(client)('Claude Code', () => {
  it('takes the settings of docs/clients/editors.md, with no variable in the environment', async () => {
    const { url, up } = await stand(assistant)
    const files = { '.claude/settings.json': block('editors', 'json', url) }
    const said = await run(client!.command, [...client!.args, '-p', CHAT.prompt], { files })
    expect(said).toBe(`${CHAT.answer}\n`)
    expect(up.requests.filter(isMain)).toHaveLength(1)
  })

  it.runIf(sdks)('is started by the Agent SDK with the options of docs/clients/agent-sdk.md', async () => {
    const { url, up } = await stand(assistant)
    const script = `${block('agent-sdk', 'ts', url)}
      const { query } = await import(${JSON.stringify(join(sdks!, 'node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs'))})
      const pathToClaudeCodeExecutable = ${JSON.stringify(client!.command)}
      const said = query({ prompt: ${JSON.stringify(CHAT.prompt)}, options: { ...options, pathToClaudeCodeExecutable } })
      for await (const message of said) if (message.type === 'result') console.log(message.result)`
    const env = { ANTHROPIC_API_KEY: 'sk-the-users-own' }
    const said = await run(process.execPath, ['agent.mjs'], { files: { 'agent.mjs': script }, env })
    expect(said).toBe(`${CHAT.answer}\n`)
    expect(up.requests.filter(isMain)).toHaveLength(1)
  })
})

it.runIf(sdks)('the AI SDK answers with the provider of docs/clients/ai-sdk.md', async () => {
  const { url } = await stand(assistant)
  const from = (name: string) => JSON.stringify(join(sdks!, 'node_modules', name, 'dist/index.mjs'))
  const script = `${block('ai-sdk', 'ts', url).replace(`'@ai-sdk/anthropic'`, from('@ai-sdk/anthropic'))}
    const { generateText } = await import(${from('ai')})
    const { text } = await generateText({ model: gateway('claude-sonnet-5'), prompt: 'Hello' })
    console.log(text)`
  expect(await run(process.execPath, ['ai.mjs'], { files: { 'ai.mjs': script } })).toBe('ok\n')
})

it.runIf(opencode)('opencode answers with the config of docs/clients/opencode.md', async () => {
  const { url, up } = await stand(assistant)
  const files = { 'opencode.json': block('opencode', 'json', url) }
  expect(await run(opencode!, ['run', 'Hello'], { files })).toContain('ok')
  const models = up.requests.filter(({ method }) => method === 'POST').map((request) => request.json().model)
  expect(models).toContain('claude-sonnet-5')
})
