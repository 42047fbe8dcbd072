import { maskKey } from '../config/print.js'
import type { ResolvedConfig, ResolvedPlugin } from '../config/resolved.js'
import { maskSecrets } from '../config/zod-schema.js'
import type { EndpointTable } from './endpoints.js'

/** What `GET /_agproxy/api/chain` answers: the plugins and upstreams in force, in their order, with their options; no secret. */
export function describeChain(
  { chain, presets, off, file }: ResolvedConfig,
  endpoints: EndpointTable,
): object {
  return {
    config: file ?? null,
    presets,
    plugins: chain.map(plugin),
    off,
    endpoints: endpoints.list.map(({ plugin: from, endpoint, pattern }) => ({
      method: endpoint.method,
      path: pattern.shown,
      access: endpoint.access,
      plugin: from ?? null,
    })),
  }
}

function plugin({ definition, options, origins, from }: ResolvedPlugin): object {
  const shown = definition.options ? maskSecrets(definition.options, options, hide) : undefined
  return {
    name: definition.name,
    phase: definition.phase,
    from,
    routes: 'routes' in definition ? (definition.routes ?? ['messages']) : undefined,
    touches: 'touches' in definition ? definition.touches : undefined,
    options: shown,
    origins,
  }
}

function hide(secret: unknown): unknown {
  return typeof secret === 'string' ? maskKey(secret) : '••••'
}
