import { expect, it } from 'vitest'
import type { TestConfig } from '../harness/gateway.js'
import type { SeenRequest } from '../support/bad-upstream.js'
import { direct, stand, zaiPair } from '../support/stand.js'
import { assistant, CHAT, isMain, TOOL, toolResult } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, FORMS } from './clients.js'
import type { Client } from './install.js'

const UPSTREAMS: readonly { upstream: string; config: (url: string) => TestConfig }[] = [
  { upstream: 'anthropic', config: direct },
  { upstream: 'zai', config: zaiPair },
]

const json = ['--output-format', 'json']

async function ask(client: Client, url: string, args: readonly string[], env?: Record<string, string>) {
  const run = await claude(client, { url, args, ...(env && { env }) })
  expect(run).toMatchObject({ code: 0, timedOut: false, stderr: '' })
  return run
}

const mainTurns = (requests: readonly SeenRequest[]) => requests.filter(isMain)

describeClients(FORMS, (client) => {
  it.each(UPSTREAMS)('finishes a chat turn through $upstream', async ({ config }) => {
    const { url, up, gateway } = await stand(assistant, { config })
    const run = await ask(client, url, ['-p', CHAT.prompt, ...json])
    expect(JSON.parse(run.stdout)).toMatchObject({ is_error: false, result: CHAT.answer, num_turns: 1 })
    expect(mainTurns(up.requests)).toHaveLength(1)
    expect(gateway.requests().map(({ status }) => status)).toEqual(gateway.requests().map(() => 200))
  })

  it.each(UPSTREAMS)('finishes a Bash tool turn through $upstream', async ({ config }) => {
    const { url, up } = await stand(assistant, { config })
    const run = await ask(client, url, ['-p', TOOL.prompt, '--allowedTools', 'Bash', ...json])
    expect(JSON.parse(run.stdout)).toMatchObject({ is_error: false, result: TOOL.answer, num_turns: 2 })
    const turns = mainTurns(up.requests)
    expect(turns).toHaveLength(2)
    expect(toolResult(turns[1]!)).toContain(TOOL.output)
  })

  it('prints plain text too', async () => {
    const { url } = await stand(assistant)
    expect((await ask(client, url, ['-p', CHAT.prompt])).stdout).toBe(`${CHAT.answer}\n`)
  })

  it('reaches z.ai with what z.ai takes: no cache_control, models mapped', async () => {
    const { url, up } = await stand(assistant, { config: zaiPair })
    await ask(client, url, ['-p', TOOL.prompt, '--allowedTools', 'Bash', ...json])
    for (const request of up.requests) {
      expect(JSON.stringify(request.json().messages)).not.toContain('cache_control')
      expect(JSON.stringify(request.json().system)).not.toContain('cache_control')
      expect(request.json().model).toMatch(/^glm-/)
    }
  })
})
