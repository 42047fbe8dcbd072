import { GatewayError } from '../../core/index.js'
import type { Entry } from './entry.js'
import type { Money } from './money.js'
import { rowOf } from './views.js'

const DEFAULT_LIMIT = 50
const MOST = 200

const FILTERS: Readonly<Record<string, (entry: Entry, wanted: string) => boolean>> = {
  session: ({ facts }, wanted) => facts.session === wanted,
  prompt: ({ facts }, wanted) => facts.prompt === wanted,
  agent: ({ facts }, wanted) => facts.agent === wanted,
  model: ({ facts }, wanted) => facts.model === wanted || facts.mappedModel === wanted,
  account: ({ attempts }, wanted) => attempts.some(({ account }) => account === wanted),
  /** `429`, or `4xx` for all of a hundred. */
  status: ({ status }, wanted) =>
    /^\dxx$/.test(wanted) ? Math.floor((status ?? 0) / 100) === Number(wanted[0]) : status === Number(wanted),
  error: ({ facts }, wanted) => facts.error?.toLowerCase().includes(wanted.toLowerCase()) ?? false,
}

/** `?limit=50&before=ID&session=…`: rows, newest first, and the `before` of the next page. */
export function listOf(entries: readonly Entry[], query: string, money: Money) {
  const params = new URLSearchParams(query)
  const limit = Number(params.get('limit') ?? DEFAULT_LIMIT)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw bad(`limit is a whole number from 1 to ${MOST}`)
  const filters: ((entry: Entry) => boolean)[] = []
  for (const [name, wanted] of params) {
    if (name === 'limit' || name === 'before') continue
    const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined
    if (!filter)
      throw bad(
        `unknown filter '${name.slice(0, 40)}'; there are ${Object.keys(FILTERS).join(', ')}, limit, before`,
      )
    filters.push((entry) => filter(entry, wanted))
  }
  const before = params.get('before')
  const end = before === null ? entries.length : entries.findIndex(({ id }) => id === before)
  const found: Entry[] = []
  let at = end - 1
  for (; at >= 0 && found.length < limit; at--) {
    const entry = entries[at]!
    if (filters.every((filter) => filter(entry))) found.push(entry)
  }
  return { requests: found.map((entry) => rowOf(entry, money)), next: at >= 0 ? found.at(-1)?.id : undefined }
}

function bad(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message, { code: 'AGP_INVALID_QUERY', retry: false })
}
