import { type ByteSink, type ByteSource, type ErrorType, UpstreamError } from '../../core/index.js'
import { errorBody, isRecord, PassThrough, parseJson } from '../../core/kit.js'
import { type Frame, FrameReader } from './frames.js'

/** The exceptions of InvokeModelWithResponseStream, as error types of the Messages API. */
const TYPES: Readonly<Record<string, ErrorType>> = {
  validationException: 'invalid_request_error',
  throttlingException: 'rate_limit_error',
  modelTimeoutException: 'timeout_error',
  serviceUnavailableException: 'overloaded_error',
}

/** The events of the Messages API that come in the frames of AWS, each as base64 in a JSON payload. */
export class EventsInFrames extends PassThrough {
  readonly #reader = new FrameReader()
  #over = false

  constructor(private readonly source: ByteSource) {
    super(source)
  }

  override pipe(sink: ByteSink): void {
    super.pipe(sink)
    this.source.pipe(this)
  }

  override data(chunk: Buffer): void {
    if (this.#over) return
    const texts: string[] = []
    try {
      this.#reader.push(chunk, (frame) => texts.push(eventOf(frame)))
    } catch (cause) {
      this.#over = true
      if (texts.length > 0) super.data(Buffer.from(texts.join('')))
      this.source.cancel()
      const { message } = cause as Error
      super.error(new UpstreamError('protocol', `the upstream sent a frame with ${message}`, { cause }))
      return
    }
    if (texts.length > 0) super.data(Buffer.from(texts.join('')))
  }

  override end(): void {
    if (this.#over) return
    if (this.#reader.isInside)
      super.error(new UpstreamError('truncated', 'the upstream’s stream ends inside of a frame'))
    else super.end()
  }

  override error(error: Error): void {
    if (!this.#over) super.error(error)
  }
}

/** Nothing for a frame that a later version of the API may bring. */
function eventOf({ headers, payload }: Frame): string {
  const kind = headers[':message-type']
  const body = parseJson(payload)
  if (kind === 'exception' || kind === 'error') {
    const name = headers[':exception-type'] ?? headers[':error-code'] ?? 'internalServerException'
    const said = isRecord(body) && typeof body.message === 'string' ? body.message : headers[':error-message']
    return text('error', JSON.stringify(errorBody(TYPES[name] ?? 'api_error', said || name)))
  }
  if (kind !== 'event' || headers[':event-type'] !== 'chunk') return ''
  if (!isRecord(body) || typeof body.bytes !== 'string') throw new RangeError('a payload that is no event')
  const data = Buffer.from(body.bytes, 'base64').toString('utf8')
  const event = parseJson(data)
  if (!isRecord(event) || typeof event.type !== 'string') throw new RangeError('a payload that is no event')
  return text(event.type, /[\r\n]/.test(data) ? JSON.stringify(event) : data)
}

function text(type: string, data: string): string {
  return `event: ${type.replace(/[\r\n]/g, '')}\ndata: ${data}\n\n`
}
