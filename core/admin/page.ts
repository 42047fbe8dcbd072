import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Endpoint, EndpointRequest } from '../contract/endpoint.js'
import type { Reply as ReplyContract } from '../contract/reply.js'
import { GatewayError } from '../errors/gateway-errors.js'
import { header } from '../exchange/headers.js'
import { Reply } from '../exchange/reply.js'

/** Below `/_agproxy/`. */
const ASSETS = 'assets'
/** Vite names a file by its content: `index-Bx3_a9.js`. No name leads out of the folder. */
const NAME = /^[\w-][\w.-]*\.(js|css|svg|woff2)$/

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

/** Nothing but what this gateway serves: no other host, no script or style in the text of the page, no frame around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** The page, without a key: it holds none, and what it shows it asks for with the operator's. `folder` is the build's. */
export function pageEndpoints(folder = builtPage()): readonly Endpoint[] {
  const files = new Files()
  const get = (path: Endpoint['path'], handle: Endpoint['handle']): Endpoint => ({
    method: 'GET',
    path,
    access: 'public',
    handle,
  })
  return [
    get('/_agproxy', (request) => {
      // Its files are named relative to the page, so that a proxy may put the gateway under another path.
      if (!request.path.endsWith('/')) return moved(`_agproxy/${request.query}`)
      return folder ? files.reply(folder, 'index.html', request) : notBuilt()
    }),
    get(`/_agproxy/${ASSETS}/:file`, (request) => {
      const { file } = request.params
      if (!folder || !NAME.test(file!)) throw noFile(file!)
      return files.reply(folder, `${ASSETS}/${file}`, request)
    }),
  ]
}

const zipped = promisify(gzip)

/** Files of the build, as they were read and compressed once; an asset never changes under its name. */
class Files {
  readonly #kept = new Map<string, Promise<{ plain: Buffer; small: Buffer }>>()

  async reply(folder: URL, name: string, { headers }: EndpointRequest): Promise<ReplyContract> {
    const isAsset = name.startsWith(ASSETS)
    let reading = isAsset ? this.#kept.get(name) : undefined
    if (!reading) {
      reading = readFile(new URL(name, folder)).then(async (plain) => ({ plain, small: await zipped(plain) }))
      if (isAsset) this.#kept.set(name, reading)
    }
    let found: { plain: Buffer; small: Buffer }
    try {
      found = await reading
    } catch {
      this.#kept.delete(name)
      throw noFile(name)
    }
    const small = /\bgzip\b/.test(header(headers, 'accept-encoding') ?? '')
    return Reply.bytes(small ? found.small : found.plain, {
      headers: {
        ...HEADERS,
        'content-type': TYPES[name.slice(name.lastIndexOf('.') + 1)]!,
        'cache-control': isAsset ? 'public, max-age=31536000, immutable' : 'no-cache',
        vary: 'accept-encoding',
        ...(small && { 'content-encoding': 'gzip' }),
      },
    })
  }
}

function moved(location: string): ReplyContract {
  return Reply.bytes(Buffer.alloc(0), { status: 308, headers: { ...HEADERS, location } })
}

function notBuilt(): ReplyContract {
  const text = 'This agproxy was started without its page. In a checkout `npm run build` makes it.\n'
  return Reply.bytes(Buffer.from(text), {
    status: 503,
    headers: { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' },
  })
}

function noFile(name: string): GatewayError {
  const message = `the page has no file '${name.slice(0, 60)}'`
  return new GatewayError('not_found_error', message, { code: 'AGP_NO_ROUTE', retry: false })
}

/** The folder of the built page: `dist/page`, seen from a source, from a module of the library or from a chunk of the command. */
function builtPage(): URL | undefined {
  const above = ['../page/', '../../page/', '../../dist/page/']
  return above
    .map((path) => new URL(path, import.meta.url))
    .find((folder) => existsSync(fileURLToPath(new URL(`${ASSETS}/`, folder))))
}
