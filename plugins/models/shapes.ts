import { GatewayError, type ModelInfo } from '../../core/index.js'

/** The list pages as https://docs.claude.com/en/api/models-list has them: 20 a page, at most 1,000. */
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 1000
/** Clients sort by it, so it must be a date; for models without a known date. */
const UNKNOWN_DATE = '1970-01-01T00:00:00Z'

export function anthropicModel(model: ModelInfo) {
  return {
    type: 'model',
    id: model.id,
    display_name: model.displayName ?? model.id,
    created_at: model.createdAt ?? UNKNOWN_DATE,
  }
}

/** One page of the Anthropic list; `limit`, `after_id` and `before_id` from the query. */
export function anthropicList(models: readonly ModelInfo[], query: URLSearchParams) {
  const limit = limitOf(query.get('limit'))
  const after = query.get('after_id')
  const before = query.get('before_id')
  if (after !== null && before !== null) throw bad('after_id and before_id exclude each other')
  let from = 0
  let to = models.length
  if (after !== null) {
    from = indexOf(models, 'after_id', after) + 1
  } else if (before !== null) {
    to = indexOf(models, 'before_id', before)
    from = Math.max(0, to - limit)
  }
  const page = models.slice(from, Math.min(to, from + limit))
  return {
    data: page.map(anthropicModel),
    has_more: before !== null ? from > 0 : from + page.length < models.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  }
}

/** The OpenAI-shaped list that `/v1/models/claude` answers with. */
export function openaiList(models: readonly ModelInfo[]) {
  return {
    object: 'list',
    data: models.map((model) => ({
      id: model.id,
      object: 'model',
      created: Math.floor(Date.parse(model.createdAt ?? UNKNOWN_DATE) / 1000),
      owned_by: 'agproxy',
    })),
  }
}

function limitOf(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw bad(`limit: found '${text.slice(0, 20)}', allowed 1 to ${MAX_LIMIT}`)
  return limit
}

function indexOf(models: readonly ModelInfo[], name: string, id: string): number {
  const index = models.findIndex((m) => m.id === id)
  if (index < 0) throw bad(`${name}: no model '${id.slice(0, 80)}' in this list`)
  return index
}

function bad(message: string): GatewayError {
  return new GatewayError('invalid_request_error', message, { code: 'AGP_INVALID_QUERY', retry: false })
}
