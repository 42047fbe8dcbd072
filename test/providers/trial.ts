import { aiSdk } from '../../plugins/index.js'
import { isAtOnce } from '../support/at-once.js'
import { ask, type Seen } from '../support/client.js'
import type { Script } from '../support/script.js'
import { type Stand, stand } from '../support/stand.js'
import type { Answer } from './answer.js'
import { streamOf, type TestedProvider } from './providers.js'

export const KEY = 'sk-key-of-the-account'

/** One provider behind a gateway, for one test. */
export interface Trial extends Stand {
  readonly provider: TestedProvider
  /** Asks without a stream; the provider says `answer`. */
  json(answer: Answer, body?: object): Promise<Message>
  /** What the provider was sent last. */
  readonly sent: Wire
  script(script: Script): void
}

export interface Message {
  readonly content: readonly { readonly type: string; readonly [field: string]: unknown }[]
  readonly stop_reason: string
  readonly usage: Readonly<Record<string, unknown>>
}

/** Whether the provider's connection is closed at once when its client leaves `after` milliseconds after it has asked. */
export async function closesAtOnce({ up, send }: Stand, after: number): Promise<boolean> {
  const gone = new AbortController()
  const asked = send({ body: ask({ stream: true }), signal: gone.signal }).catch(() => undefined)
  await up.received(1)
  await new Promise((done) => setTimeout(done, after))
  gone.abort()
  const closed = await isAtOnce(() => up.requests[0]!.aborted)
  await asked
  return closed
}

/** A request as the provider got it. */
export class Wire {
  readonly text: string
  readonly json: unknown

  constructor(body: Buffer) {
    this.text = body.toString('utf8')
    this.json = JSON.parse(this.text)
  }

  /** The values under this name, wherever they are. */
  all(name: string): unknown[] {
    const found: unknown[] = []
    const walk = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return
      for (const [key, inner] of Object.entries(value)) {
        if (key === name) found.push(inner)
        walk(inner)
      }
    }
    walk(this.json)
    return found
  }

  /** Whether some text is just this, a data URL of it, or the like, and no JSON that has it inside. */
  has(data: string): boolean {
    let found = false
    const walk = (value: unknown) => {
      if (typeof value === 'string') found ||= value.includes(data) && !value.includes(`"${data}`)
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
    }
    walk(this.json)
    return found
  }
}

export async function trial(provider: TestedProvider): Promise<Trial> {
  const { name, options, path, model } = provider
  const started = await stand(() => [], {
    config: (url) => ({
      preset: 'claude-code',
      accounts: [{ id: 'a', upstream: name, apiKey: KEY }],
      plugins: { 'retry-rotate': { maxAttempts: 1 } },
      use: [
        aiSdk({
          ...options,
          name,
          baseURL: url + path,
          models: { 'claude-*': model },
          contextWindows: { '*': 9000 },
        }),
      ],
    }),
  })
  const { up, send } = started
  return {
    ...started,
    provider,
    script: (script) => up.use(() => script),
    async json(answer, body = {}) {
      up.use(() => streamOf(provider, answer))
      const seen: Seen = await send({ body: ask(body) })
      if (seen.status !== 200) throw new Error(`${seen.status} ${seen.text()}`)
      return seen.json()
    },
    get sent() {
      return new Wire(up.requests.at(-1)!.body)
    },
  }
}
