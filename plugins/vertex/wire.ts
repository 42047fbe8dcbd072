import type { Call } from '../../core/index.js'
import { bodyWith, type Wire } from '../../core/kit.js'
import type { Tokens } from './tokens.js'

const VERSION = 'vertex-2023-10-16'

/** Calls of rawPredict and streamRawPredict. `tokens` for accounts without a token of their own. */
export function vertexWire(tokens: Tokens): Wire {
  return {
    async write(call, { key, headers }) {
      const token = key ?? (await tokens.get())
      return {
        path: pathOf(call),
        headers: headers.list(call.headers, token),
        body: bodyWith(call, call.route === 'count-tokens' ? [] : ['model'], { anthropic_version: VERSION }),
        secrets: [token],
      }
    },
  }
}

function pathOf({ route, model, stream }: Call): string {
  if (route === 'count-tokens') return '/publishers/anthropic/models/count-tokens:rawPredict'
  const id = encodeURIComponent(model).replaceAll('%40', '@')
  return `/publishers/anthropic/models/${id}:${stream ? 'streamRawPredict' : 'rawPredict'}`
}
