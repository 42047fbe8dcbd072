import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'

export interface SendInit {
  readonly method?: string
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  /** An object is sent as JSON. */
  readonly body?: Buffer | string | object
  readonly signal?: AbortSignal
  /** Gives up after so many milliseconds; default 15 s. */
  readonly timeout?: number
  /** Default: one without keep-alive, so that each request has a connection of its own. */
  readonly agent?: Agent
}

/** What a client saw, byte by byte. */
export interface Seen {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** Each read with the milliseconds since the request was sent. */
  readonly chunks: readonly { readonly at: number; readonly bytes: Buffer }[]
  /** Milliseconds to the response's headers and to its end. */
  readonly headersAt: number
  readonly endedAt: number
  /** `clean`: the body ended as HTTP wants it. `broken`: the connection went first. `timeout`: nothing ended it. */
  readonly end: 'clean' | 'broken' | 'timeout'
  /** The code of the error that broke it, e.g. ECONNRESET. */
  readonly error: string | undefined
  text(): string
  json<T = Record<string, unknown>>(): T
}

/** No answer came at all. */
export class NoAnswer extends Error {
  readonly code: string
  constructor(code: string) {
    super(`no answer: ${code}`)
    this.code = code
  }
}

/** One request; resolves with what was seen, however it ended. Rejects with `NoAnswer`. */
export function send(url: string, init: SendInit = {}): Promise<Seen> {
  const { method = 'POST', path = '/v1/messages', timeout = 15_000 } = init
  const body = encode(init.body)
  const headers: OutgoingHttpHeaders = { ...init.headers }
  if (body) {
    headers['content-type'] ??= 'application/json'
    headers['content-length'] ??= body.length
  }
  const started = performance.now()
  const since = () => performance.now() - started
  return new Promise((resolve, reject) => {
    const { agent = new Agent({ keepAlive: false }) } = init
    // Not as one URL, which would tidy the path up.
    const { hostname, port } = new URL(url)
    const req = request({ hostname, port, path, method, headers, agent, signal: init.signal })
    const timer = setTimeout(
      () => req.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })),
      timeout,
    )
    const code = (error: NodeJS.ErrnoException) => error.code ?? error.name
    let error: string | undefined
    let answered = false
    req.on('error', (e) => {
      // After the response's headers node reports a broken connection on the request too; the response then closes.
      error = code(e)
      if (answered) return
      clearTimeout(timer)
      reject(new NoAnswer(error))
    })
    req.on('response', (res) => {
      answered = true
      const headersAt = since()
      const chunks: { at: number; bytes: Buffer }[] = []
      res.on('data', (bytes: Buffer) => chunks.push({ at: since(), bytes }))
      res.on('error', (e) => {
        error ??= code(e)
      })
      res.on('close', () => {
        clearTimeout(timer)
        const body = Buffer.concat(chunks.map((chunk) => chunk.bytes))
        resolve({
          status: res.statusCode!,
          headers: res.headers,
          rawHeaders: res.rawHeaders,
          body,
          chunks,
          headersAt,
          endedAt: since(),
          end: res.complete ? 'clean' : error === 'TIMEOUT' ? 'timeout' : 'broken',
          error,
          text: () => body.toString('utf8'),
          json: () => JSON.parse(body.toString('utf8')),
        })
      })
    })
    req.end(body)
  })
}

function encode(body: SendInit['body']): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A small messages request, with what a test cares about. */
export function ask(fields: object = {}): object {
  return {
    model: 'claude-sonnet-5',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'hi' }],
    ...fields,
  }
}
