import { type HttpClient, UpstreamError } from '../../core/index.js'
import { optionalPackage } from '../../core/kit.js'

export interface TokensInit {
  readonly name: string
  /** A file of credentials: a service account's key, or a federation's configuration. Undefined: the machine's own. */
  readonly keyFile: string | undefined
  readonly http: HttpClient
}

/** Access tokens of Google, kept and renewed by its own library, over the gateway's connections. */
export class Tokens {
  #auth: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | undefined

  constructor(private readonly init: TokensInit) {}

  /** Rejects with an UpstreamError. */
  async get(): Promise<string> {
    const { name } = this.init
    try {
      this.#auth ??= this.#open()
      const token = await (await this.#auth).getAccessToken()
      if (token) return token
    } catch (cause) {
      this.#auth = undefined // the file may be another one by the next attempt
      const { message, code } = cause as Error & { code?: unknown }
      const detail = typeof code === 'string' ? `${code}: ${message}` : message
      throw new UpstreamError('connect', `no access token from Google for '${name}': ${short(detail)}`, {
        cause,
      })
    }
    throw new UpstreamError('connect', `no access token from Google for '${name}'`)
  }

  async #open() {
    const { name, keyFile, http } = this.init
    const load = () => import('./google.js')
    const { openAuth } = await optionalPackage('google-auth-library', `the upstream ${name}`, load)
    return openAuth(keyFile, http)
  }
}

/** Its first line: the library's errors quote what it read. */
function short(text: string): string {
  return text.split('\n')[0]!.slice(0, 200)
}
