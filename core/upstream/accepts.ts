import { z } from 'zod'
import type { Accepts } from '../contract/accepts.js'

/** Nothing is known: all of it is passed on, and no fix acts. The defaults of every upstream. */
export const ACCEPTS: Accepts = {
  cacheControl: true,
  cacheControlOn: 'anywhere',
  maxCacheControls: undefined,
  billingLine: true,
  userIdPartsCache: false,

  consecutiveRoles: true,
  systemMessages: true,
  messageOutputConfig: true,
  prefill: true,
  emptyText: true,
  trailingSpace: true,
  loneSurrogates: true,
  unpairedTools: true,
  emptyResults: true,
  toolIdCharacters: undefined,

  adaptiveThinking: true,
  enabledThinking: true,
  disabledThinking: true,
  thinkingBlocks: true,
  redactedThinking: true,
  foreignSignatures: true,
  sealedThinking: false,
  needsThinkingOnToolCalls: false,

  contextManagement: true,
  effort: true,
  structuredOutput: true,
  safeguards: true,
  betas: true,
  betaNames: {},
  refusedFields: [],
  unknownFields: true,

  deferredTools: true,
  toolReferences: true,
  serverTools: true,
  mcpServers: true,
  toolChoice: true,
  toolNameCharacters: undefined,
  toolNameLength: undefined,
  schemaRefs: true,
  schemaWithoutProperties: true,
  refusedSchemaKeywords: [],

  images: true,
  imageURLs: true,
  documents: true,
  documentURLs: true,

  maxTokens: undefined,
  contextWindow: undefined,

  nonStreaming: true,
  countTokens: true,
}

export const ACCEPT_NAMES = Object.keys(ACCEPTS) as readonly (keyof Accepts)[]

const limit = z.int().positive()
const names = z.array(z.string().min(1))
const characters = z.string().min(1).refine(isCharacterClass, 'must be the inside of a character class')

/** Those that are more than a yes or a no. */
const SCHEMAS: Partial<Record<keyof Accepts, z.ZodType>> = {
  cacheControlOn: z.union([z.literal('anywhere'), names]),
  maxCacheControls: limit,
  systemMessages: z.union([z.boolean(), z.literal('not-first')]),
  effort: z.union([z.boolean(), names]),
  betaNames: z.record(z.string(), z.string().min(1).nullable()),
  refusedFields: names,
  toolReferences: z.union([z.boolean(), z.literal('listed')]),
  serverTools: z.union([z.boolean(), names]),
  toolIdCharacters: characters,
  toolNameCharacters: characters,
  toolNameLength: limit,
  refusedSchemaKeywords: names,
  maxTokens: limit,
  contextWindow: limit,
}

const shape = Object.fromEntries(
  ACCEPT_NAMES.map((name) => [name, (SCHEMAS[name] ?? z.boolean()).optional()]),
) as { [Name in keyof Accepts]: z.ZodOptional<z.ZodType<Accepts[Name]>> }
const part = z.strictObject(shape)

/** The option `accepts` of an upstream: what a config knows better, for all models and by patterns of models. */
export const acceptsOption = () =>
  z.strictObject({ ...shape, byModel: z.record(z.string(), part).optional() })

function isCharacterClass(text: string): boolean {
  try {
    new RegExp(`[${text}]`, 'u')
    return !text.includes(']')
  } catch {
    return false
  }
}
