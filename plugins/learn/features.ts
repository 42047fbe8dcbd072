import type { Accepts, Call } from '../../core/index.js'
import type { JsonNode, Lesson } from '../../core/kit.js'
import { has } from './request.js'

/** A capability that a request may make use of, and what an upstream that refuses it is taught with. */
export interface Feature {
  readonly off: Lesson
  readonly why: string
  used(call: Call): boolean
}

const top = (call: Call, ...path: readonly string[]) =>
  path.reduce<JsonNode | undefined>((node, key) => node?.get(key), call.tree as JsonNode)

const thinks = (call: Call, type: string) => top(call, 'thinking', 'type')?.is(type) ?? false

/** Features of the Messages API, those first that young clients send and old upstreams refuse. */
export const FEATURES: readonly Feature[] = [
  {
    off: { systemMessages: false },
    why: 'role system inside messages',
    used: (call) => call.roles.includes('system'),
  },
  {
    off: { adaptiveThinking: false },
    why: 'adaptive thinking',
    used: (call) => thinks(call, 'adaptive'),
  },
  {
    off: { contextManagement: false },
    why: 'context_management',
    used: (call) => top(call, 'context_management') !== undefined,
  },
  {
    off: { effort: false },
    why: 'output_config.effort',
    used: (call) => top(call, 'output_config', 'effort') !== undefined,
  },
  {
    off: { structuredOutput: false },
    why: 'output_config.format',
    used: (call) => top(call, 'output_config', 'format') !== undefined,
  },
  {
    off: { deferredTools: false },
    why: 'defer_loading',
    used: (call) => has(call, 'defer_loading'),
  },
  {
    off: { toolReferences: false },
    why: 'tool_reference',
    used: (call) => has(call, 'tool_reference'),
  },
  {
    off: { betas: false },
    why: 'anthropic-beta',
    used: (call) => call.header('anthropic-beta') !== undefined,
  },
  {
    off: { cacheControl: false },
    why: 'cache_control',
    used: (call) => has(call, 'cache_control'),
  },
  {
    off: { thinkingBlocks: false },
    why: 'thinking blocks',
    used: (call) => has(call, 'thinking') && call.roles.includes('assistant'),
  },
  {
    off: { imageURLs: false },
    why: 'images by URL',
    used: (call) => has(call, 'image') && has(call, 'url'),
  },
  {
    off: { documents: false, documentURLs: false },
    why: 'documents',
    used: (call) => has(call, 'document'),
  },
  {
    off: { refusedFields: ['metadata'] },
    why: 'metadata',
    used: (call) => top(call, 'metadata') !== undefined,
  },
]

/** Whether the upstream is not yet known to refuse it. */
export function isTaken({ off }: Pick<Feature, 'off'>, accepts: Accepts): boolean {
  return Object.entries(off).some(([name, value]) => {
    const now = accepts[name as keyof Accepts]
    if (Array.isArray(value)) return value.some((item) => !(now as readonly unknown[]).includes(item))
    if (typeof value !== 'object') return now !== value
    return Object.entries(value as object).some(([key, v]) => (now as Record<string, unknown>)[key] !== v)
  })
}
