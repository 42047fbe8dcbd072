import type { HttpClient } from '../contract/services.js'
import type { ModelInfo } from '../contract/upstream.js'
import { UpstreamError } from '../errors/gateway-errors.js'
import { isRecord, parseJson } from '../json/plain.js'
import { smallBody } from './http.js'

interface Listed {
  id?: unknown
  display_name?: unknown
  created_at?: unknown
  created?: unknown
}

/** `GET /v1/models` in either shape that is about: Anthropic's (`created_at`) and OpenAI's (`created`, in seconds). */
export async function fetchModels(
  http: HttpClient,
  url: string,
  headers: Record<string, string | string[]>,
  signal: AbortSignal,
): Promise<readonly ModelInfo[]> {
  const res = await http.raw(`${url}/v1/models?limit=1000`, {
    headers: headers as Record<string, string>,
    signal,
    responseType: 'stream',
  })
  const list = parseJson(await smallBody(res._data))
  if (!res.ok || !isRecord(list) || !Array.isArray(list.data))
    throw new UpstreamError('protocol', `no model list (status ${res.status})`)
  return list.data.flatMap((model: Listed) => {
    if (typeof model?.id !== 'string') return []
    const createdAt =
      typeof model.created_at === 'string'
        ? model.created_at
        : typeof model.created === 'number'
          ? new Date(model.created * 1000).toISOString()
          : undefined
    return [
      {
        id: model.id,
        ...(typeof model.display_name === 'string' && { displayName: model.display_name }),
        ...(createdAt && { createdAt }),
      },
    ]
  })
}
