import { type Call, Reply } from '../../core/index.js'
import { bodyWith, isRecord, type JsonNode, parseJson, type Wire, type WireRequest } from '../../core/kit.js'
import { errorOf } from './errors.js'
import { EventsInFrames } from './events.js'
import { withoutProfile } from './models.js'
import { credentialsIn, signedHeaders } from './sign.js'

const VERSION = 'bedrock-2023-05-31'
const FRAMES = 'application/vnd.amazon.eventstream'
const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8', 'content-length': undefined }

/** An address of AWS names its region, which an account's own address may change. */
const ADDRESS = /^https:\/\/bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws|api)\./

/** Calls of InvokeModel, InvokeModelWithResponseStream and CountTokens. */
export function bedrockWire(region: string): Wire {
  return {
    async write(call, { base, key = '' }) {
      const { path, body } = call.route === 'count-tokens' ? countRequest(call) : invokeRequest(call)
      const accept = call.stream && call.route === 'messages' ? FRAMES : 'application/json'
      const headers = { accept, 'content-type': 'application/json' }
      const credentials = credentialsIn(key)
      if (!credentials)
        return { path, body, headers: [...Object.entries(headers).flat(), 'authorization', `Bearer ${key}`] }
      const url = `${base.origin}${base.path}${path}`
      const signed = { url, headers, body, region: ADDRESS.exec(url)?.[1] ?? region }
      const { secretAccessKey, sessionToken } = credentials
      const secrets = [key, secretAccessKey, ...(sessionToken ? [sessionToken] : [])]
      return { path, body, headers: await signedHeaders(signed, credentials), secrets }
    },
    read(reply, call) {
      if (!reply.ok) return errorOf(reply)
      if (call.route === 'count-tokens') return counted(reply)
      if (!reply.header('content-type')?.startsWith(FRAMES)) return reply
      const headers = { ...reply.headers, ...EVENTS }
      return Reply.stream(new EventsInFrames(reply.source()), { status: reply.status, headers })
    },
  }
}

function invokeRequest(call: Call): Pick<WireRequest, 'path' | 'body'> {
  const action = call.stream ? 'invoke-with-response-stream' : 'invoke'
  return { path: `/model/${encodeURIComponent(call.model)}/${action}`, body: messageBody(call) }
}

/** CountTokens takes the body of an InvokeModel, which has to be a whole one, in base64. */
function countRequest(call: Call): Pick<WireRequest, 'path' | 'body'> {
  const budget = (call.tree as JsonNode).get('thinking')?.get('budget_tokens')?.value()
  const least = (typeof budget === 'number' ? budget : 0) + 1
  const body = messageBody(call, call.tree.get('max_tokens') ? {} : { max_tokens: least })
  const input = { invokeModel: { body: body.toString('base64') } }
  return {
    path: `/model/${encodeURIComponent(withoutProfile(call.model))}/count-tokens`,
    body: Buffer.from(JSON.stringify({ input })),
  }
}

/** The address names the model and whether a stream is wanted; version and beta values are fields. */
function messageBody(call: Call, fields: object = {}): Buffer {
  const betas = [call.headers['anthropic-beta'] ?? []]
    .flat()
    .flatMap((header) => header.split(','))
    .flatMap((beta) => beta.trim() || [])
  return bodyWith(call, ['model', 'stream'], {
    anthropic_version: VERSION,
    anthropic_beta: betas.length > 0 ? betas : undefined,
    ...fields,
  })
}

async function counted(reply: Reply): Promise<Reply> {
  const body = parseJson(await reply.bytes())
  if (!isRecord(body) || typeof body.inputTokens !== 'number') return reply
  return Reply.json({ input_tokens: body.inputTokens })
}
