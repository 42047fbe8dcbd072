import { describe, expect, it, onTestFinished } from 'vitest'
import { answer, anthropicUpstream, failure } from '../../test/support/anthropic-upstream.js'
import { startUpstream } from '../../test/support/bad-upstream.js'
import { ask } from '../../test/support/client.js'
import { json } from '../../test/support/script.js'
import { direct, stand, zaiPair } from '../../test/support/stand.js'
import { traceOf, traceparent } from './trace-context.js'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code?: number }
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[]
}

/** Takes spans as a collector does. */
async function collector() {
  const bodies: string[] = []
  const up = await startUpstream((request) => {
    bodies.push(request.body.toString('utf8'))
    return json({})
  })
  onTestFinished(() => up.close())
  const spans = () =>
    bodies.flatMap((body) =>
      JSON.parse(body).resourceSpans.flatMap((resource: { scopeSpans: { spans: Span[] }[] }) =>
        resource.scopeSpans.flatMap((scope) => scope.spans),
      ),
    ) as Span[]
  return { url: up.url, spans, text: () => bodies.join('\n') }
}

const sentOn = ({ headers }: { headers: readonly (readonly [string, string])[] }) =>
  headers.find(([name]) => name.toLowerCase() === 'traceparent')?.[1]

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const attribute = ({ attributes }: Span, key: string) =>
  Object.values(attributes.find((a) => a.key === key)?.value ?? {})[0]

describe('spans', () => {
  it('of a request and its attempts continue the client’s trace, and reach the upstream', async () => {
    const { url, spans } = await collector()
    const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 100 }
    const upstream = anthropicUpstream({ usage })
    const { send, up, gateway } = await stand(upstream, {
      config: direct,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: url },
    })
    await send({
      body: { ...ask({ stream: true }), model: 'claude-opus-4-5' },
      headers: { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-claude-code-session-id': 's-1' },
    })
    await gateway.close()
    const [root, attempt] = [2, 3].map((kind) => spans().find((span) => span.kind === kind))
    expect(root).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      name: 'chat claude-opus-4-5',
      kind: 2,
    })
    expect(attempt).toMatchObject({
      traceId: TRACE,
      parentSpanId: root!.spanId,
      name: 'anthropic one',
      kind: 3,
    })
    expect(sentOn(up.requests[0]!)).toBe(`00-${TRACE}-${root!.spanId}-01`)
    expect(attribute(root!, 'gen_ai.usage.input_tokens')).toBe(110)
    expect(attribute(root!, 'gen_ai.usage.cache_read.input_tokens')).toBe(100)
    expect(attribute(root!, 'gen_ai.conversation.id')).toBe('s-1')
    const length = ({ startTimeUnixNano, endTimeUnixNano }: Span) =>
      Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano))
    expect(length(root!)).toBeGreaterThan(0)
    expect(length(attempt!)).toBeLessThanOrEqual(length(root!))
  })

  it('of each plugin lie within the request, those of an attempt once for each', async () => {
    const { url, spans } = await collector()
    const upstream = anthropicUpstream((request, n) =>
      n === 0 ? failure(529, 'overloaded_error', 'busy') : answer({ text: 'hi' }, request),
    )
    const { send, gateway } = await stand(upstream, {
      config: zaiPair,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: url },
    })
    await send({ body: ask() })
    await gateway.close()
    const plugins = spans().filter(({ kind }) => kind === 1)
    const root = spans().find(({ kind }) => kind === 2)!
    const of = (name: string) => plugins.filter((span) => span.name === `plugin ${name}`)
    expect(of('retry-rotate')).toHaveLength(1)
    expect(of('role-merge').map((span) => Number(attribute(span, 'agproxy.attempt')))).toEqual([1, 2])
    const nano = (text: string) => BigInt(text)
    for (const span of plugins) {
      expect(span.parentSpanId).toBe(root.spanId)
      expect(nano(span.startTimeUnixNano) >= nano(root.startTimeUnixNano)).toBe(true)
      expect(nano(span.endTimeUnixNano) >= nano(span.startTimeUnixNano)).toBe(true)
      expect(nano(span.endTimeUnixNano) <= nano(root.endTimeUnixNano)).toBe(true)
    }
    // It waits for the attempts, and a fix hands on at once.
    const length = (span: Span) => nano(span.endTimeUnixNano) - nano(span.startTimeUnixNano)
    expect(length(of('retry-rotate')[0]!) > length(of('role-merge')[0]!)).toBe(true)
  })

  it('of plugins can be left out', async () => {
    const { url, spans } = await collector()
    const { send, gateway } = await stand(anthropicUpstream(), {
      config: (upstream) => ({
        ...direct(upstream),
        plugins: { anthropic: { baseURL: upstream }, otel: { endpoint: url, plugins: false } },
      }),
    })
    await send({ body: ask() })
    await gateway.close()
    expect(
      spans()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual([2, 3])
  })

  it('begin a trace of their own, and tell failures', async () => {
    const { url, spans } = await collector()
    const upstream = anthropicUpstream(() => failure(400, 'invalid_request_error', 'no'))
    const { send, up, gateway } = await stand(upstream, {
      config: direct,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: url },
    })
    await send({ body: ask() })
    await gateway.close()
    expect(new Set(spans().map(({ traceId }) => traceId)).size).toBe(1)
    const root = spans().find(({ kind }) => kind === 2)!
    expect(root.parentSpanId ?? '').toMatch(/^0*$/)
    expect(sentOn(up.requests[0]!)).toBe(`00-${root.traceId}-${root.spanId}-01`)
    expect(spans().find(({ kind }) => kind === 3)!.status.code).toBe(2)
  })

  it('hold no key and no content', async () => {
    const { url, text, spans } = await collector()
    const { send, gateway } = await stand(anthropicUpstream({ text: 'canary-answer' }), {
      config: direct,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: url },
    })
    await send({
      path: '/v1/messages?canary-query',
      headers: { 'x-api-key': 'canary-key', 'user-agent': 'canary-agent' },
      body: { ...ask(), system: 'canary-system', messages: [{ role: 'user', content: 'canary-prompt' }] },
    })
    await gateway.close()
    expect(spans().length).toBeGreaterThan(5)
    expect(text()).not.toContain('canary')
    expect(text()).not.toContain('sk-upstream')
  })

  it('that no collector takes hurt no request, and are told once', async () => {
    const { send, gateway } = await stand(anthropicUpstream(), {
      config: direct,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
    })
    for (let n = 0; n < 3; n++) expect((await send({ body: ask() })).status).toBe(200)
    await gateway.close()
    const told = gateway.logs.filter(({ level }) => level === 'warn')
    expect(told.length).toBeLessThanOrEqual(1)
  }, 40_000)

  it('are not made without an endpoint, and no header is added', async () => {
    const { send, up, gateway } = await stand(anthropicUpstream(), { config: direct })
    await send({ body: ask() })
    expect(sentOn(up.requests[0]!)).toBeUndefined()
    expect(gateway.plugins).not.toContain('otel')
  })
})

describe('a traceparent', () => {
  it.each([
    undefined,
    'rubbish',
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  ])('%s begins a new trace', (text) => {
    const ids = traceOf(text)
    expect(ids).toMatchObject({ parentId: undefined, sampled: true })
    expect(traceparent(ids)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })

  it('that was not sampled stays so', () => {
    const ids = traceOf(`00-${TRACE}-${PARENT}-00`)
    expect(traceparent(ids)).toBe(`00-${TRACE}-${ids.spanId}-00`)
  })
})
