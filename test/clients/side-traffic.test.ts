import { expect, it } from 'vitest'
import { clientSettings } from '../../core/cli/client-env.js'
import { stand } from '../support/stand.js'
import { assistant, CHAT, isMain, TOOL } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, JAVASCRIPT, NEWEST } from './clients.js'

// What the clients do beside the conversation, once nobody tells them to keep quiet.
const TALKATIVE = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '' }

describeClients(NEWEST, (client) => {
  it('greets the gateway, and the greeting goes no further', async () => {
    const { url, up, gateway } = await stand(assistant)
    const env = { ...TALKATIVE, DISABLE_TELEMETRY: '1', DISABLE_ERROR_REPORTING: '1' }
    const run = await claude(client, { url, args: ['-p', CHAT.prompt], env })
    expect(run.stdout).toBe(`${CHAT.answer}\n`)
    expect(gateway.logs).toContainEqual(
      expect.objectContaining({
        fields: expect.objectContaining({ method: 'HEAD', path: '/api/hello', status: 200 }),
      }),
    )
    expect(up.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /v1/messages?beta=true'])
  })

  it('says what its requests are for, with what `agproxy env` and `agproxy claude` set', async () => {
    const { url, up, gateway } = await stand(assistant)
    const env = { ...TALKATIVE, DISABLE_TELEMETRY: '1', ...clientSettings({}, url, 'sk-test').set }
    const run = await claude(client, { url, args: ['-p', CHAT.prompt], env })
    expect(run.stdout).toBe(`${CHAT.answer}\n`)
    expect(
      up.requests.filter(isMain).map((request) => request.header('x-claude-code-request-class')),
    ).toEqual(['main'])
    expect(gateway.requests('models')).toMatchObject([{ status: 200 }])
  })

  it('finds the models of the gateway', async () => {
    const { url, gateway } = await stand(assistant)
    const env = { ...TALKATIVE, CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1', DISABLE_TELEMETRY: '1' }
    await claude(client, { url, args: ['-p', CHAT.prompt], env })
    expect(gateway.requests('models')).toMatchObject([{ status: 200 }])
  })
})

describeClients(JAVASCRIPT, (client) => {
  it('gets its warm-ups answered and its telemetry swallowed', async () => {
    const { url, up, gateway } = await stand(assistant)
    // A proxy that isn't there, so that nothing reaches the client's maker: its side channels go by HTTPS.
    const env = { ...TALKATIVE, HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' }
    const args = ['-p', TOOL.prompt, '--allowedTools', 'Bash']
    const run = await claude(client, { url, args, env })
    expect(run.stdout).toBe(`${TOOL.answer}\n`)

    const lines = gateway.logs.filter((line) => line.message === 'request').map((line) => line.fields)
    const telemetry = lines.filter((line) => line.path === '/api/event_logging/batch')
    expect(telemetry.length).toBeGreaterThan(0)
    expect(telemetry.every((line) => line.status === 200)).toBe(true)

    const paths = new Set(up.requests.map((request) => request.url))
    expect([...paths].sort()).toEqual(['/v1/messages/count_tokens?beta=true', '/v1/messages?beta=true'])
    const texts = up.requests.map((request) => JSON.stringify(request.json().messages))
    expect(texts.filter((text) => text.includes('"Warmup"'))).toEqual([])
    expect(up.requests.filter(isMain)).toHaveLength(2)
    // The three warm-ups were asked for; without them the line above would prove nothing.
    const asked = gateway.requests('messages').length
    const forwarded = up.requests.filter((request) => request.url.startsWith('/v1/messages?')).length
    expect(asked - forwarded).toBe(3)
  })
})
