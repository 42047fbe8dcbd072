import { randomBytes } from 'node:crypto'
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { AttemptRecord, CallHead, FinishedRecord } from '../../core/index.js'
import { NAMES } from './names.js'
import type { PluginSpan } from './steps.js'
import type { TraceIds } from './trace-context.js'

/** Milliseconds that the collector has for a batch, with all tries: the stop of a gateway waits for the last one. */
const PATIENCE = 2_000

export interface TracingInit {
  /** Without the path of traces: `http://localhost:4318`. */
  readonly endpoint: string
  readonly service: string
  /** A batch could not be sent. */
  readonly failed: (error: Error) => void
}

/** Makes spans of finished requests, and sends them in batches. */
export class Tracing {
  readonly #provider: BasicTracerProvider
  /** The ids of the next span: the request's own went to the upstream long before its span is made. */
  #next: TraceIds | undefined

  constructor({ endpoint, service, failed }: TracingInit) {
    const exporter = new OTLPTraceExporter({
      url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
      timeoutMillis: PATIENCE,
    })
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': service }),
      spanProcessors: [new BatchSpanProcessor(telling(exporter, failed))],
      idGenerator: {
        generateTraceId: () => this.#next?.traceId ?? randomBytes(16).toString('hex'),
        generateSpanId: () => this.#next?.spanId ?? randomBytes(8).toString('hex'),
      },
    })
  }

  add(record: FinishedRecord, head: CallHead, ids: TraceIds, plugins: readonly PluginSpan[] = []): void {
    if (!ids.sampled) return
    const began = Date.now() - record.elapsed()
    const tracer = this.#provider.getTracer('agproxy')
    const { facts, attempts, times } = record
    const { traceId, spanId, parentId } = ids
    this.#next = ids
    const span = tracer.startSpan(
      `chat ${facts.model?.slice(0, 100) ?? ''}`.trim(),
      { kind: SpanKind.SERVER, startTime: began, attributes: requestAttributes(record, head) },
      parentId === undefined ? ROOT_CONTEXT : contextOf(traceId, parentId),
    )
    this.#next = undefined
    const inside = contextOf(traceId, spanId)
    for (const { plugin, start, end, attempt } of plugins) {
      const attributes = known({ [NAMES.plugin]: plugin, [NAMES.attempt]: attempt })
      const options = { kind: SpanKind.INTERNAL, startTime: began + start, attributes }
      tracer.startSpan(`plugin ${plugin}`, options, inside).end(began + (end ?? times.finished ?? start))
    }
    attempts.forEach((attempt, i) => {
      const { started, lastByte } = attempt.times
      const child = tracer.startSpan(
        `${attempt.upstream} ${attempt.account}`,
        { kind: SpanKind.CLIENT, startTime: began + started, attributes: attemptAttributes(attempt, i + 1) },
        inside,
      )
      if (attempt.failure !== undefined || (attempt.status ?? 500) >= 400)
        child.setStatus({ code: SpanStatusCode.ERROR })
      child.end(began + (lastByte ?? started + (attempt.ms ?? 0)))
    })
    if (record.status === undefined || record.status >= 500 || record.ending === 'broken')
      span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(began + (times.finished ?? record.elapsed()))
  }

  close(): Promise<void> {
    return this.#provider.shutdown()
  }
}

function contextOf(traceId: string, spanId: string): Context {
  const traceFlags = TraceFlags.SAMPLED
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

function telling(exporter: SpanExporter, failed: (error: Error) => void): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code !== 0) failed(result.error ?? new Error('no reason given'))
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
  }
}

function requestAttributes({ facts, attempts, status, ending }: FinishedRecord, head: CallHead): Attributes {
  const answer = attempts.at(-1)
  return known({
    [NAMES.operation]: 'chat',
    [NAMES.provider]: answer?.upstream,
    [NAMES.conversation]: facts.session,
    [NAMES.requestModel]: facts.model?.slice(0, 200),
    [NAMES.responseModel]: answer?.model.slice(0, 200),
    ...(answer && tokensOf(answer)),
    [NAMES.errorType]: facts.errorCode,
    [NAMES.status]: status,
    [NAMES.method]: head.method,
    [NAMES.route]: head.path,
    [NAMES.id]: head.id,
    [NAMES.account]: answer?.account,
    [NAMES.upstream]: answer?.upstream,
    [NAMES.attempts]: attempts.length,
    [NAMES.ending]: ending,
    [NAMES.agent]: facts.agent,
    [NAMES.prompt]: facts.prompt,
    ...Object.fromEntries(
      Object.entries(facts.labels ?? {}).map(([key, value]) => [NAMES.label + key, value]),
    ),
  })
}

function attemptAttributes(attempt: AttemptRecord, n: number): Attributes {
  return known({
    [NAMES.operation]: 'chat',
    [NAMES.provider]: attempt.upstream,
    [NAMES.responseModel]: attempt.model.slice(0, 200),
    ...tokensOf(attempt),
    [NAMES.errorType]: attempt.failure,
    [NAMES.status]: attempt.status,
    [NAMES.account]: attempt.account,
    [NAMES.upstream]: attempt.upstream,
    [NAMES.attempt]: n,
  })
}

/** GenAI counts what a cache served and took as input. */
function tokensOf(attempt: AttemptRecord): Readonly<Record<string, unknown>> {
  const { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens, stopReason } = attempt
  const input =
    inputTokens === undefined ? undefined : inputTokens + (cacheReadTokens ?? 0) + (cacheCreationTokens ?? 0)
  return {
    [NAMES.inputTokens]: input,
    [NAMES.outputTokens]: outputTokens,
    [NAMES.cacheReadTokens]: cacheReadTokens,
    [NAMES.cacheCreationTokens]: cacheCreationTokens,
    [NAMES.finishReasons]: stopReason === undefined ? undefined : [stopReason],
  }
}

function known(attributes: Readonly<Record<string, unknown>>): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([, value]) => value !== undefined),
  ) as Attributes
}
