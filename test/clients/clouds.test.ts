import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { HttpClient } from '../../core/index.js'
import { bedrock, vertex } from '../../plugins/index.js'
import { chunk } from '../support/aws-frames.js'
import type { SeenRequest } from '../support/bad-upstream.js'
import { type MessageInit, messageEvents } from '../support/messages.js'
import { end, head, json, sse, write } from '../support/script.js'
import { faultOfSignature } from '../support/sigv4.js'
import { stand } from '../support/stand.js'
import { TOOL, toolResult } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, NEWEST } from './clients.js'

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const ARGS = ['-p', TOOL.prompt, '--allowedTools', 'Bash', '--output-format', 'json']
const DONE = { is_error: false, result: TOOL.answer, num_turns: 2 }

/** What the model says: it calls the tool, and tells what the tool printed. */
function said(request: SeenRequest): MessageInit {
  const text = request.body.toString()
  if (!text.includes('"Bash"') || !text.includes(TOOL.prompt)) return { text: 'ok' }
  if (toolResult(request)?.includes(TOOL.output)) return { text: TOOL.answer }
  const thinking = { text: 'I had better run it.', signature: 'c2lnbmVkIGJ5IHRoZSBtb2RlbA==' }
  return {
    thinking,
    toolUse: { name: 'Bash', input: { command: TOOL.command, description: 'Print a marker' } },
  }
}

describeClients(NEWEST, (client) => {
  it('runs a Bash tool on Bedrock, with its thinking and its cache points', async () => {
    const { url, up, gateway } = await stand(
      (request) => [
        head(200, { 'content-type': 'application/vnd.amazon.eventstream' }),
        write(messageEvents(said(request)).map(chunk)),
        end(),
      ],
      {
        config: (baseURL) => ({
          preset: 'claude-code',
          accounts: [{ id: 'aws', upstream: 'bedrock', apiKey: `AKIAIOSFODNN7EXAMPLE:${SECRET}` }],
          use: [bedrock({ baseURL, profile: 'us' })],
        }),
      },
    )
    const run = await claude(client, { url, args: ARGS })
    expect(run).toMatchObject({ code: 0, timedOut: false, stderr: '' })
    expect(JSON.parse(run.stdout)).toMatchObject(DONE)
    expect(gateway.requests('messages').map(({ status, attempts }) => [status, attempts])).toEqual([
      [200, 1],
      [200, 1],
    ])
    expect(up.requests.map((request) => faultOfSignature(request, SECRET))).toEqual([undefined, undefined])
    const last = up.requests.at(-1)!
    expect(last.url).toMatch(/^\/model\/us\.anthropic\.claude-[\w.-]+\/invoke-with-response-stream$/)
    expect(last.body.toString()).toContain('"signature":"c2lnbmVkIGJ5IHRoZSBtb2RlbA=="')
    expect(last.body.toString()).toContain('"cache_control":{"type":"ephemeral"}')
    expect(last.json().anthropic_beta).toContain('context-management-2025-06-27')
    expect(last.json().anthropic_beta).not.toContain('claude-code-20250219')
  })

  it('runs a Bash tool on Vertex, with a token of a service account', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agproxy-vertex-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const keyFile = join(folder, 'key.json')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    writeFileSync(keyFile, JSON.stringify({ type: 'service_account', client_email: 'a@b.iam', private_key }))
    const { url, up } = await stand(
      (request) => {
        if (request.url === '/token') return json({ access_token: 'ya29.token', expires_in: 3599 })
        if (request.header('authorization') !== 'Bearer ya29.token') return json({}, 401)
        return sse(messageEvents(said(request)))
      },
      {
        config: (upstream) => ({
          preset: 'claude-code',
          accounts: [{ id: 'gcp', upstream: 'vertex' }],
          use: [vertex({ baseURL: `${upstream}/v1/projects/p/locations/global`, keyFile })],
          services: {
            http: ({ builtIn }) => {
              const inner = builtIn()
              const native = ((address: string | URL, init?: RequestInit) =>
                inner.native(
                  String(address).replace('https://oauth2.googleapis.com', upstream),
                  init,
                )) as HttpClient['native']
              return Object.assign(inner.create({}), { native })
            },
          },
        }),
      },
    )
    const run = await claude(client, { url, args: ARGS })
    expect(run).toMatchObject({ code: 0, timedOut: false, stderr: '' })
    expect(JSON.parse(run.stdout)).toMatchObject(DONE)
    expect(up.requests.filter((request) => request.url === '/token')).toHaveLength(1)
    expect(up.requests.at(-1)!.url).toMatch(
      /^\/v1\/projects\/p\/locations\/global\/publishers\/anthropic\/models\/claude-[\w.-]+:streamRawPredict$/,
    )
    expect(up.requests.at(-1)!.body.toString()).toContain('"signature":"c2lnbmVkIGJ5IHRoZSBtb2RlbA=="')
  })
})
