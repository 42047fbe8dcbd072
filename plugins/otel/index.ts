import { inject } from 'tsyringe'
import { z } from 'zod'
import {
  type Awaitable,
  type Call,
  type CallHead,
  definePlugin,
  type FinishedRecord,
  type Logger,
  type Plugin,
  slot,
  tokens,
} from '../../core/index.js'
import { loggable, optionalPackage } from '../../core/kit.js'
import { Steps } from './steps.js'
import { type TraceIds, traceOf, traceparent } from './trace-context.js'
import type { Tracing } from './tracing.js'

const options = z.strictObject({
  /** Of an OTLP collector: `http://localhost:4318`. Default: `OTEL_EXPORTER_OTLP_ENDPOINT`; without one nothing is sent. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** The name that the spans go under. Default: `OTEL_SERVICE_NAME`, else `agproxy`. */
  service: z.string().min(1).default('agproxy'),
  /** A span for each plugin that a request goes through as well. Default: true. */
  plugins: z.boolean().default(true),
})

type OtelOptions = z.output<typeof options>

const ids = slot((): { trace?: TraceIds; steps?: Steps } => ({}))

/** A span for each request, each plugin and each attempt, for an OpenTelemetry collector; see docs/plugins/otel.md. */
class Otel implements Plugin {
  readonly onStep?: NonNullable<Plugin['onStep']>
  #loading: Promise<Tracing> | undefined
  #tracing: Tracing | undefined
  #told = false

  constructor(
    @inject(tokens.options) private readonly options: OtelOptions,
    @inject(tokens.logger) private readonly logger: Logger,
  ) {
    if (options.endpoint !== undefined && options.plugins)
      this.onStep = (step, call) => {
        const own = ids(call)
        own.steps ??= new Steps()
        own.steps.add(step, call)
      }
  }

  /** The start does not wait for OpenTelemetry's libraries. */
  setup(): void {
    const { endpoint, service } = this.options
    if (endpoint === undefined) return
    const load = () => import('./tracing.js')
    const loading = optionalPackage('@opentelemetry/exporter-trace-otlp-http', 'the plugin otel', load)
    this.#loading = loading.then(
      ({ Tracing }) => new Tracing({ endpoint, service, failed: (error) => this.#tell(error) }),
    )
    this.#loading.then(
      (tracing) => {
        this.#tracing = tracing
      },
      (error) => this.#tell(error),
    )
  }

  onRequest(call: Call): Call | undefined {
    if (!this.#loading) return undefined
    const trace = traceOf(call.header('traceparent'))
    ids(call).trace = trace
    return call.with({ headers: { ...call.headers, traceparent: traceparent(trace) } })
  }

  onFinish(record: FinishedRecord, head: CallHead): Awaitable<void> {
    const { trace, steps } = ids(head)
    if (!trace) return
    if (this.#tracing) return this.#tracing.add(record, head, trace, steps?.all)
    return this.#loading?.then(
      (tracing) => tracing.add(record, head, trace, steps?.all),
      () => {},
    )
  }

  async dispose(): Promise<void> {
    const tracing = await this.#loading?.catch(() => undefined)
    await tracing?.close().catch((error) => this.#tell(error))
  }

  #tell(error: unknown): void {
    this.logger[this.#told ? 'debug' : 'warn'](`spans are not sent: ${loggable(error)}`)
    this.#told = true
  }
}

export const otel = definePlugin({
  name: 'otel',
  phase: 'request',
  after: 'auth',
  optIn: true,
  options,
  env: { endpoint: 'OTEL_EXPORTER_OTLP_ENDPOINT', service: 'OTEL_SERVICE_NAME' },
  use: Otel,
})
